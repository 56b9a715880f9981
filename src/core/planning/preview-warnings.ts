import { dateText, dayNumberAt } from '../openings/openings.js';
import { toLocal, type TimeZone } from '../recurrence/time-zone.js';
import type { DurationMs, EpochMs } from '../values/time.js';

/** What is known of a plan that somebody is about to confirm. */
export interface PlanInSight {
  readonly zone: TimeZone;
  /** The planned instants, rising. */
  readonly instants: readonly EpochMs[];
  /** When the last message will have gone, limits and other plans counted in; null when nothing is sent. */
  readonly lastSendMs: EpochMs | null;
  /** Recipients for whom the channel has no room within a year. */
  readonly unplaced: number;
  /** Recipients who get a minute of the day that they had in the last 31 days. */
  readonly sameMinute: number;
  /** Recipients left out because it was too late in their own zone. */
  readonly localTimePassed: number;
  readonly texts: TextsInSight;
  /** Of a campaign, the distance asked for and the one that the channel can keep; null for any other schedule. */
  readonly spacing: { readonly askedMs: DurationMs; readonly plannedMs: DurationMs } | null;
  /** Of a campaign, schedules of the channel that fire so often that its distance is kept between no two of their runs. */
  readonly densest: number;
  /** Of a recurring schedule, the time between its next two runs; null when there are none. */
  readonly periodMs: DurationMs | null;
}

/** What rendering a plan's texts showed. */
export interface TextsInSight {
  /** Texts that were looked at: all of them, or the first of very many. */
  readonly rendered: number;
  /** How many of them are equal to the most frequent one. */
  readonly mostFrequent: number;
  /** How many contacts lack a placeholder, by its name; a malformed piece stands as it was written. */
  readonly missing: ReadonlyMap<string, number>;
}

/** Local hours in which people sleep: from the first to before the second. */
const NIGHT = { fromHour: 22, toHour: 7 } as const;

/** From this many equal texts on their share is worth a word. */
const FEW_TEXTS = 20;
const IDENTICAL_SHARE = 0.8;

/**
 * How many people a new WhatsApp business portfolio may write to in 24 hours, and the further tiers (source:
 * developers.facebook.com, WhatsApp messaging limits, 2026).
 */
const PROVIDER_TIERS = [250, 2_000, 10_000, 100_000] as const;
const DAY_MS: DurationMs = 86_400_000;
const MINUTE_MS: DurationMs = 60_000;

/** What a person should know before confirming, each in a sentence, the gravest first. */
export function previewWarnings(plan: PlanInSight): string[] {
  return [
    ...unplacedWarning(plan.unplaced),
    ...missingWarnings(plan.texts),
    ...localTimeWarning(plan.localTimePassed),
    ...overflowWarning(plan),
    ...limitWarning(plan),
    ...overlapWarning(plan),
    ...nightWarning(plan),
    ...tierWarning(plan.instants),
    ...identicalWarning(plan.texts),
    ...spacingWarning(plan),
    ...densityWarning(plan.densest),
    ...minuteWarning(plan.sameMinute),
  ];
}

function unplacedWarning(count: number): string[] {
  return count === 0 ? [] : [`${people(count)} would get nothing: the channel has no room for them within a year.`];
}

function missingWarnings({ missing }: TextsInSight): string[] {
  return [...missing].map(([name, count]) => {
    const written = name.startsWith('{') ? name : `{${name}}`;
    return `${people(count)} ${count === 1 ? 'lacks' : 'lack'} ${written}: the message cannot be sent to them.`;
  });
}

function localTimeWarning(count: number): string[] {
  return count === 0 ? [] : [`For ${people(count)} the local time has passed already: they get nothing.`];
}

/** A campaign that needs more days than one. */
function overflowWarning({ instants, zone, spacing }: PlanInSight): string[] {
  const [first, last] = [instants[0], instants.at(-1)];
  if (spacing === null || first === undefined || last === undefined) return [];
  const [firstDay, lastDay] = [dayNumberAt(zone, first), dayNumberAt(zone, last)];
  if (firstDay === lastDay) return [];
  const onFirst = instants.filter((at) => dayNumberAt(zone, at) === firstDay).length;
  return [
    `${instants.length} messages do not fit into ${dateText(firstDay)}: ${onFirst} go on that day, the last on ${dateText(lastDay)}.`,
  ];
}

/** Limits that make messages of one instant go much later. */
function limitWarning({ instants, lastSendMs, spacing, zone }: PlanInSight): string[] {
  const last = instants.at(-1);
  if (spacing !== null || last === undefined || lastSendMs === null || lastSendMs - last <= MINUTE_MS) return [];
  const minutes = Math.round((lastSendMs - last) / MINUTE_MS);
  return [
    `The limits of the channel and its other plans let the last message go at ${localText(zone, lastSendMs)}, ${minutes} minutes after its time.`,
  ];
}

function overlapWarning({ instants, lastSendMs, periodMs }: PlanInSight): string[] {
  const first = instants[0];
  if (periodMs === null || first === undefined || lastSendMs === null || lastSendMs - first <= periodMs) return [];
  return ['A run takes longer than the time to the next one: the next one would be skipped.'];
}

function nightWarning({ instants, zone }: PlanInSight): string[] {
  const atNight = instants.filter((at) => {
    const { hour } = toLocal(zone, at);
    return hour >= NIGHT.fromHour || hour < NIGHT.toHour;
  }).length;
  if (atNight === 0) return [];
  return [`${messages(atNight)} at night, between ${NIGHT.fromHour}:00 and 07:00 (${zone}).`];
}

/** The largest number of messages within any 24 hours against the provider's tiers. */
function tierWarning(instants: readonly EpochMs[]): string[] {
  let [most, from] = [0, 0];
  for (let to = 0; to < instants.length; to++) {
    while ((instants[to] as EpochMs) - (instants[from] as EpochMs) >= DAY_MS) from++;
    most = Math.max(most, to - from + 1);
  }
  if (most <= PROVIDER_TIERS[0]) return [];
  const needed = PROVIDER_TIERS.find((tier) => tier >= most);
  const tier = needed === undefined ? 'no limit' : `a limit of ${needed}`;
  return [
    `Up to ${most} people within 24 hours: a new WhatsApp business account may write to ${PROVIDER_TIERS[0]}; it needs ${tier}.`,
  ];
}

function identicalWarning({ rendered, mostFrequent }: TextsInSight): string[] {
  if (rendered < FEW_TEXTS || mostFrequent / rendered < IDENTICAL_SHARE) return [];
  const percent = Math.floor((mostFrequent / rendered) * 100);
  return [`${percent} % of the texts are identical, which providers take for spam: use variations or placeholders.`];
}

function spacingWarning({ spacing }: PlanInSight): string[] {
  if (spacing === null || spacing.plannedMs <= spacing.askedMs) return [];
  const seconds = Math.ceil(spacing.plannedMs / 1_000);
  return [`The limits of the channel set messages ${seconds} seconds apart, more than was asked for.`];
}

function densityWarning(count: number): string[] {
  if (count === 0) return [];
  const [others, their] =
    count === 1
      ? ['Another schedule of the channel fires', 'its']
      : [`${count} other schedules of the channel fire`, 'their'];
  return [`${others} so often that messages of this campaign find no moment between ${their} messages, and may wait.`];
}

function minuteWarning(count: number): string[] {
  if (count === 0) return [];
  return [
    `${people(count)} would get a minute of the day that they had in the last 31 days: the window leaves no other.`,
  ];
}

function people(count: number): string {
  return count === 1 ? '1 contact' : `${count} contacts`;
}

function messages(count: number): string {
  return count === 1 ? '1 message would go' : `${count} messages would go`;
}

function localText(zone: TimeZone, at: EpochMs): string {
  const { hour, minute } = toLocal(zone, at);
  const clock = `${String(hour).padStart(2, '0')}:${String(minute).padStart(2, '0')}`;
  return `${dateText(dayNumberAt(zone, at))} ${clock} (${zone})`;
}
