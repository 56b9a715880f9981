import fc from 'fast-check';
import { openingsTogether } from '../openings/openings-together.js';
import type { OpeningHours } from '../openings/openings.js';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE, type DayNumber } from '../recurrence/civil-date.js';
import { offsetAt, parseTimeZone, type TimeZone } from '../recurrence/time-zone.js';
import type { CampaignPlan, CampaignPlanInput, PlannedSlot } from './campaign-plan.js';
import type { Reservation } from './free-time.js';
import { planCampaign } from './plan-campaign.js';

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

/** A zone and a day near which its clocks change, for those that do. */
const PLACES: readonly (readonly [string, string])[] = [
  ['America/Cuiaba', '2026-05-04'],
  ['America/New_York', '2026-03-07'],
  ['America/New_York', '2026-10-31'],
  ['Europe/Lisbon', '2026-10-24'],
  ['Australia/Lord_Howe', '2026-04-04'],
  ['Africa/Cairo', '2026-04-23'],
  ['Africa/Cairo', '2026-10-29'],
  ['America/Santiago', '2026-09-05'],
  ['Pacific/Apia', '2011-12-29'],
  ['America/Sao_Paulo', '2018-02-17'],
  ['Asia/Tokyo', '2026-01-01'],
];

const weekdays = fc.oneof(
  fc.constant([1, 2, 3, 4, 5, 6, 7]),
  fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
);
const windows = fc.oneof(
  fc.constantFrom({ fromMinute: 480, toMinute: 1200 }, { fromMinute: 0, toMinute: 1440 }),
  fc
    .tuple(fc.nat(1439), fc.integer({ min: 1, max: 400 }))
    .map(([fromMinute, length]) => ({ fromMinute, toMinute: Math.min(1440, fromMinute + length) })),
);
const zones = fc.constantFrom(...PLACES.map(([name]) => zone(name)));
const counts = (first: DayNumber) =>
  fc
    .array(fc.tuple(fc.integer({ min: -1, max: 6 }), fc.nat(20)), { maxLength: 3 })
    .map((used) => new Map(used.map(([shift, count]) => [first + shift, count])));

/** Small campaigns in which everything may be in the way. Spacings are whole seconds, or odd milliseconds. */
const campaigns = fc.constantFrom(...PLACES).chain(([name, date]) => {
  const first = Date.parse(`${date}T00:00Z`) / MS_PER_DAY;
  const near = fc.integer({ min: -30 * MS_PER_HOUR, max: 100 * MS_PER_HOUR }).map((ms) => first * MS_PER_DAY + ms);
  return fc.record<CampaignPlanInput>({
    hours: fc.record({ zone: fc.constant(zone(name)), window: windows, weekdays }),
    channelHours: fc.option(fc.record({ zone: zones, window: windows, weekdays }), { freq: 2 }),
    fromMs: fc.oneof(fc.constant((first - 2) * MS_PER_DAY), near),
    startsOn: fc.integer({ min: first - 1, max: first + 1 }),
    lastDay: fc.integer({ min: first, max: first + 6 }),
    maxPerDay: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.constant(1_000)),
    usedPerDay: counts(first),
    dailyCap: fc.option(fc.record({ zone: zones, perDay: fc.integer({ min: 1, max: 15 }), used: counts(first) }), { freq: 2 }), // prettier-ignore
    spacingMs: fc.oneof(
      fc.constantFrom(0, 1, MS_PER_MINUTE, MS_PER_HOUR),
      fc.integer({ min: 1, max: 7_200 }).map((seconds) => seconds * 1_000),
      fc.nat(30 * MS_PER_HOUR),
    ),
    reservations: fc.array(
      fc
        .record({
          atMs: near,
          blockMs: fc.oneof(fc.constant(0), fc.nat(2 * MS_PER_HOUR)),
          spacingMs: fc.constantFrom(0, 0, 30_000, 20 * MS_PER_MINUTE),
        })
        .map(({ atMs, blockMs, spacingMs }): Reservation => ({ atMs, untilMs: atMs + blockMs, spacingMs })),
      { maxLength: 8 },
    ),
    recipients: fc.nat(25).map((count) => Array.from({ length: count }, (_, i) => `c${i}`)),
    minutes: fc.record({
      zone: fc.oneof(fc.constant(zone(name)), zones),
      taken: fc
        .array(fc.tuple(fc.nat(25), fc.uniqueArray(fc.nat(1439), { maxLength: 40 })), { maxLength: 10 })
        .map((rows) => new Map(rows.map(([i, minutes]) => [`c${i}`, new Set(minutes)]))),
    }),
    seed: fc.string({ maxLength: 8 }),
  });
});

interface LocalInstant {
  readonly day: DayNumber;
  readonly msOfDay: number;
}

function localAt(of: TimeZone, at: number): LocalInstant {
  const localMs = at + offsetAt(of, at);
  const day = Math.floor(localMs / MS_PER_DAY);
  return { day, msOfDay: localMs - day * MS_PER_DAY };
}

/** Whether wall clocks and calendar of the hours' zone show an open time; the closing time itself is one. */
function isOpen({ zone: of, window, weekdays: allowed }: OpeningHours, at: number): boolean {
  const { day, msOfDay } = localAt(of, at);
  const weekday = ((((day + 3) % 7) + 7) % 7) + 1;
  const isInWindow = msOfDay >= window.fromMinute * MS_PER_MINUTE && msOfDay <= window.toMinute * MS_PER_MINUTE;
  return isInWindow && allowed.includes(weekday);
}

const farFrom = (reservations: readonly Reservation[], spacingMs: number, at: number): boolean =>
  reservations.every((other) => {
    const distance = Math.max(spacingMs, other.spacingMs);
    return at <= other.atMs - distance || at >= other.untilMs + distance;
  });

function tally<K>(keys: readonly K[]): Map<K, number> {
  const sums = new Map<K, number>();
  for (const key of keys) sums.set(key, (sums.get(key) ?? 0) + 1);
  return sums;
}

/**
 * Whether one more slot could be put on a day that is not full, beside those that are there. If so, it could be at the
 * beginning of an opening or exactly a distance after something else.
 */
function hasRoomLeft(input: CampaignPlanInput, slots: readonly PlannedSlot[]): boolean {
  const { spacingMs, reservations, hours } = input;
  const windowMs = (hours.window.toMinute - hours.window.fromMinute) * MS_PER_MINUTE;
  const stepMs = Math.min(300_000, Math.max(1_000, Math.floor(windowMs / 100)));
  const after = [
    ...slots.map((slot) => slot.atMs + spacingMs),
    ...reservations.map((other) => other.untilMs + Math.max(spacingMs, other.spacingMs)),
  ];
  const used = tally(slots.map((slot) => slot.day));
  for (let day = input.startsOn; day <= input.lastDay; day++) {
    if ((used.get(day) ?? 0) >= input.maxPerDay - (input.usedPerDay.get(day) ?? 0)) continue;
    for (const { startMs, lastMs } of openingsTogether(hours, input.channelHours, day)) {
      let first = startMs;
      while (first < input.fromMs) first += stepMs;
      const isFree = (at: number): boolean =>
        at >= first &&
        at <= lastMs &&
        farFrom(reservations, spacingMs, at) &&
        slots.every((slot) => Math.abs(slot.atMs - at) >= spacingMs);
      if ([first, ...after].some(isFree)) return true;
    }
  }
  return false;
}

/** What a plan breaks of the rules, straight from their words; empty for a good one. */
function broken(input: CampaignPlanInput, { slots, unplaced, sameMinute }: CampaignPlan): string[] {
  const found: string[] = [];
  const check = (rule: string, holds: boolean): void => void (holds || found.push(rule));
  const all = [...slots.map((slot) => slot.contactId), ...unplaced];
  check('everybody once', all.length === input.recipients.length && new Set(all).size === all.length && all.every((id) => input.recipients.includes(id))); // prettier-ignore
  const kept = new Set(sameMinute);
  slots.forEach((slot, i) => {
    const { day } = localAt(input.hours.zone, slot.atMs);
    check('whole ms', Number.isInteger(slot.atMs));
    check('spacing', slot.atMs - (slots[i - 1]?.atMs ?? -Infinity) >= input.spacingMs);
    check('reservations', farFrom(input.reservations, input.spacingMs, slot.atMs));
    check('window', isOpen(input.hours, slot.atMs));
    check('channel hours', input.channelHours === null || isOpen(input.channelHours, slot.atMs));
    check('day', slot.day === day && day >= input.startsOn && day <= input.lastDay);
    check('past', slot.atMs >= input.fromMs);
    const opening = openingsTogether(input.hours, input.channelHours, slot.day).find(
      (part) => slot.atMs <= part.lastMs,
    );
    check('closing', opening?.closedFromMs === slot.closesAtMs);
    const minute = Math.floor(localAt(input.minutes.zone, slot.atMs).msOfDay / MS_PER_MINUTE);
    check('minute', kept.has(slot.contactId) === (input.minutes.taken.get(slot.contactId)?.has(minute) ?? false));
  });
  check('kept minutes have slots', sameMinute.length === kept.size && sameMinute.every((id) => all.includes(id)));
  for (const [day, count] of tally(slots.map((slot) => slot.day))) {
    check('per day', count <= input.maxPerDay - (input.usedPerDay.get(day) ?? 0));
  }
  const { dailyCap } = input;
  if (dailyCap !== null) {
    for (const [day, count] of tally(slots.map((slot) => localAt(dailyCap.zone, slot.atMs).day))) {
      check('cap', count <= dailyCap.perDay - (dailyCap.used.get(day) ?? 0));
    }
  }
  if (unplaced.length > 0 && dailyCap === null) check('nobody left out', !hasRoomLeft(input, slots));
  return found;
}

/** The same campaign with everything that has no order in another order. */
function rearranged(input: CampaignPlanInput): CampaignPlanInput {
  const backwards = <K, V>(map: ReadonlyMap<K, V>): Map<K, V> => new Map([...map].reverse());
  return {
    ...input,
    reservations: [...input.reservations].reverse(),
    usedPerDay: backwards(input.usedPerDay),
    dailyCap: input.dailyCap && { ...input.dailyCap, used: backwards(input.dailyCap.used) },
    minutes: {
      ...input.minutes,
      taken: new Map([...backwards(input.minutes.taken)].map(([id, minutes]) => [id, new Set([...minutes].reverse())])),
    },
  };
}

describe('any campaign', () => {
  it('is planned by all rules, and the same again', () => {
    let planned = 0;
    let runs = 0;
    fc.assert(
      fc.property(campaigns, (input) => {
        runs += 1;
        const plan = planCampaign(input);
        planned += plan.slots.length;
        expect(broken(input, plan)).toEqual([]);
        expect(planCampaign(rearranged(input))).toEqual(plan);
      }),
      { numRuns: 10_000, seed: 20_260_504 },
    );
    // The campaigns are not so odd that hardly anything is planned.
    expect(planned / runs).toBeGreaterThan(2.5);
  });

  it('of some size gets other instants and another order from another seed', () => {
    fc.assert(
      fc.property(campaigns, fc.string(), fc.string(), (campaign, one, other) => {
        fc.pre(one !== other);
        const input = { ...campaign, spacingMs: 1_000, recipients: Array.from({ length: 12 }, (_, i) => `c${i}`) };
        const plans = [one, other].map((seed) => planCampaign({ ...input, seed }));
        fc.pre(plans[0]!.slots.length === 12 && new Set(plans[0]!.slots.map((slot) => slot.day)).size === 1);
        const lengthMs = plans[0]!.slots.at(-1)!.atMs - plans[0]!.slots[0]!.atMs;
        fc.pre(lengthMs > 5 * MS_PER_MINUTE);
        expect(plans[1]!.slots.map((slot) => slot.atMs)).not.toEqual(plans[0]!.slots.map((slot) => slot.atMs));
        expect(plans[1]!.slots.map((slot) => slot.contactId)).not.toEqual(
          plans[0]!.slots.map((slot) => slot.contactId),
        );
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});
