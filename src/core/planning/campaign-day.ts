import { openingsTogether, type SharedOpening } from '../openings/openings-together.js';
import type { OpeningHours } from '../openings/openings.js';
import { MS_PER_MINUTE, MS_PER_SECOND, type DayNumber } from '../recurrence/civil-date.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import { capacityOf, joined, type Stretch } from './free-time.js';

/** The hours in which campaign and channel are open together on one of the campaign's dates. */
export interface CampaignDay {
  readonly day: DayNumber;
  /** Rising; two of them may touch. */
  readonly openings: readonly SharedOpening[];
}

/** A local date of a campaign; null when it is closed all day. */
export function campaignDay(
  hours: OpeningHours,
  channelHours: OpeningHours | null,
  day: DayNumber,
): CampaignDay | null {
  const openings = openingsTogether(hours, channelHours, day);
  return openings.length === 0 ? null : { day, openings };
}

/**
 * The instants of a day that are not past yet. An opening that has begun goes on at the first of its beginning plus
 * whole steps of a hundredth of the window's length, a second to five minutes: so a plan that is shown and the plan that
 * is made a few seconds later are the same, but for the few who see the step between them.
 */
export function openTime({ openings }: CampaignDay, window: OpeningHours['window'], fromMs: EpochMs): Stretch[] {
  const stepMs = stepOfWindow(window);
  const left = openings.map(({ startMs, lastMs }) => {
    const steps = Math.max(0, Math.ceil((fromMs - startMs) / stepMs));
    return { fromMs: startMs + steps * stepMs, toMs: lastMs };
  });
  return joined(left.filter((stretch) => stretch.fromMs <= stretch.toMs));
}

/** How many slots a local date holds when nothing else is on the channel: Infinity without a spacing, 0 when closed. */
export function capacityOfDay(
  hours: OpeningHours,
  channelHours: OpeningHours | null,
  day: DayNumber,
  spacingMs: DurationMs,
): number {
  const open = campaignDay(hours, channelHours, day);
  return open === null ? 0 : capacityOf(openTime(open, hours.window, -Infinity), spacingMs);
}

/** From when on it is too late for a slot of the day. */
export function closingOf({ openings }: CampaignDay, slot: EpochMs): EpochMs {
  return openings.find((opening) => slot <= opening.lastMs)!.closedFromMs;
}

const STEPS_OF_A_WINDOW = 100;
const SHORTEST_STEP_MS = MS_PER_SECOND;
const LONGEST_STEP_MS = 5 * MS_PER_MINUTE;

/** The steps at which what is left of a day begins; see {@link openTime}. */
export function stepOfWindow({ fromMinute, toMinute }: OpeningHours['window']): DurationMs {
  const hundredthMs = Math.floor(((toMinute - fromMinute) * MS_PER_MINUTE) / STEPS_OF_A_WINDOW);
  return Math.min(LONGEST_STEP_MS, Math.max(SHORTEST_STEP_MS, hundredthMs));
}
