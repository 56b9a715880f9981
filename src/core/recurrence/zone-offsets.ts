import { IANAZone } from 'luxon';
import type { EpochMs } from '../values/time.js';
import { MS_PER_DAY, MS_PER_MINUTE, type DayNumber } from './civil-date.js';
import type { TimeZone } from './time-zone-name.js';

/**
 * A change of a zone's offset. `at` is the first instant of the new offset; the offsets are milliseconds to add to
 * an instant to get the local label. `after > before` makes a gap in the labels, `after < before` an overlap.
 */
export interface OffsetChange {
  readonly at: EpochMs;
  readonly before: number;
  readonly after: number;
}

/**
 * What is remembered of one zone: the offset at UTC midnights, and where the offset changes within a day.
 * Both are facts of the tz database, so remembering them changes no answer; the bound keeps memory flat
 * (at most about 600 zones of 1,500 numbers).
 */
interface ZoneFacts {
  readonly zone: IANAZone;
  readonly midnightOffsets: Map<DayNumber, number>;
  readonly changes: Map<DayNumber, OffsetChange>;
}

const MAX_REMEMBERED_DAYS = 1_500;
const factsByZone = new Map<TimeZone, ZoneFacts>();
const NO_CHANGES: readonly OffsetChange[] = [];

/**
 * The offset of a zone at an instant, in milliseconds to add to the instant to get the local label.
 * Exact to the second, also for historical offsets that are not whole minutes.
 *
 * It relies on no zone changing its offset twice within one UTC day. The shortest distance between two changes of any
 * zone from 1970 to 2100 is 6.9 days (tzdata 2025b; Asia/Gaza, October 2040).
 */
export function zoneOffsetAt(zone: TimeZone, at: EpochMs): number {
  const facts = factsOf(zone);
  const day = Math.floor(at / MS_PER_DAY);
  const start = midnightOffset(facts, day);
  if (start === midnightOffset(facts, day + 1)) return start;
  const change = changeWithin(facts, day);
  return at < change.at ? change.before : change.after;
}

/** The changes of offset with `fromExclusive < at <= toInclusive`, in order; asks about each UTC day in between. */
export function offsetChanges(zone: TimeZone, fromExclusive: EpochMs, toInclusive: EpochMs): readonly OffsetChange[] {
  const facts = factsOf(zone);
  const lastDay = Math.floor(toInclusive / MS_PER_DAY);
  let found: OffsetChange[] | undefined;
  let day = Math.floor(fromExclusive / MS_PER_DAY);
  let start = midnightOffset(facts, day);
  for (; day <= lastDay; day += 1) {
    const end = midnightOffset(facts, day + 1);
    if (start !== end) {
      const change = changeWithin(facts, day);
      if (change.at > fromExclusive && change.at <= toInclusive) (found ??= []).push(change);
    }
    start = end;
  }
  return found ?? NO_CHANGES;
}

function factsOf(zone: TimeZone): ZoneFacts {
  let facts = factsByZone.get(zone);
  if (facts === undefined) {
    facts = { zone: IANAZone.create(zone), midnightOffsets: new Map(), changes: new Map() };
    factsByZone.set(zone, facts);
  }
  return facts;
}

function midnightOffset(facts: ZoneFacts, day: DayNumber): number {
  const known = facts.midnightOffsets.get(day);
  if (known !== undefined) return known;
  if (facts.midnightOffsets.size >= MAX_REMEMBERED_DAYS) {
    facts.midnightOffsets.clear();
    facts.changes.clear();
  }
  const offset = readOffset(facts, day * MS_PER_DAY);
  facts.midnightOffsets.set(day, offset);
  return offset;
}

/** The change within a UTC day whose two midnights differ: `at` lies in (start of the day, start of the next]. */
function changeWithin(facts: ZoneFacts, day: DayNumber): OffsetChange {
  const known = facts.changes.get(day);
  if (known !== undefined) return known;
  const before = readOffset(facts, day * MS_PER_DAY);
  let unchangedAt = day * MS_PER_DAY;
  let at = unchangedAt + MS_PER_DAY;
  while (at - unchangedAt > 1) {
    const middle = Math.floor((at + unchangedAt) / 2);
    if (readOffset(facts, middle) === before) unchangedAt = middle;
    else at = middle;
  }
  const change = { at, before, after: readOffset(facts, at) };
  facts.changes.set(day, change);
  return change;
}

function readOffset(facts: ZoneFacts, at: EpochMs): number {
  const minutes = facts.zone.offset(at);
  // NaN means an instant outside of the runtime's calendar; a search with it would never end.
  if (Number.isNaN(minutes)) throw new RangeError(`no offset of ${facts.zone.name} at ${at}`);
  return Math.round(minutes * MS_PER_MINUTE);
}
