import { localDateOf, offsetAt, startOfLocalDay, startOfNextLocalDay, type TimeZone } from '../recurrence/time-zone.js';
import { offsetChanges } from '../recurrence/zone-offsets.js';
import { err, ok, type Result } from '../values/result.js';
import type { DurationMs, EpochMs } from '../values/time.js';

/** The lengths that statistics are cut into, on the clocks and the calendar of a time zone. */
export const StatisticsInterval = { MINUTE: 'MINUTE', HOUR: 'HOUR', DAY: 'DAY' } as const;

/** One of {@link StatisticsInterval}. */
export type StatisticsInterval = (typeof StatisticsInterval)[keyof typeof StatisticsInterval];

/** Buckets that one question may have at most. */
export const MAX_BUCKETS = 2_000;

/** Why a span cannot be cut: it has no length, or into more than {@link MAX_BUCKETS}. */
export type BucketProblem = 'empty' | 'tooMany';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/**
 * Where the buckets of `[from, to)` start, in order: the first start is at or before `from`, the last one before `to`,
 * and each bucket ends where the next one starts.
 *
 * A day is a day of the zone's calendar, 23 or 25 hours long when clocks change. Minutes and hours follow real time: an
 * hour that clocks repeat is two buckets, an hour that they jump over is none. Where clocks change by a part of an hour
 * (Lord Howe Island), the hour of the change is cut there.
 */
export function bucketStarts(
  from: EpochMs,
  to: EpochMs,
  interval: StatisticsInterval,
  zone: TimeZone,
): Result<readonly EpochMs[], BucketProblem> {
  if (to <= from) return err('empty');
  const shortest = interval === 'DAY' ? 23 * HOUR_MS : interval === 'HOUR' ? HOUR_MS : MINUTE_MS;
  // Not exact, but it keeps the loop below from running through years of minutes.
  if ((to - from) / shortest > 2 * MAX_BUCKETS) return err('tooMany');
  const starts: EpochMs[] = [];
  for (let start = startOf(from, interval, zone); start < to; start = startAfter(start, interval, zone)) {
    starts.push(start);
    if (starts.length > MAX_BUCKETS) return err('tooMany');
  }
  return ok(starts);
}

function startOf(at: EpochMs, interval: StatisticsInterval, zone: TimeZone): EpochMs {
  switch (interval) {
    case 'DAY':
      return startOfLocalDay(zone, localDateOf(zone, at));
    case 'HOUR':
      return floorLocal(at, HOUR_MS, zone);
    case 'MINUTE':
      return floorLocal(at, MINUTE_MS, zone);
  }
}

function startAfter(start: EpochMs, interval: StatisticsInterval, zone: TimeZone): EpochMs {
  switch (interval) {
    case 'DAY':
      return startOfNextLocalDay(zone, start);
    case 'HOUR':
      return nextLocal(start, HOUR_MS, zone);
    case 'MINUTE':
      return nextLocal(start, MINUTE_MS, zone);
  }
}

function floorLocal(at: EpochMs, unit: DurationMs, zone: TimeZone): EpochMs {
  const start = at - mod(at + offsetAt(zone, at), unit);
  return cutWithin(start, at, unit, zone) ?? start;
}

function nextLocal(start: EpochMs, unit: DurationMs, zone: TimeZone): EpochMs {
  const next = start + unit - mod(start + offsetAt(zone, start), unit);
  return cutWithin(start, next, unit, zone) ?? next;
}

/** Where clocks change by a part of the unit, with `after < at <= until`. */
function cutWithin(after: EpochMs, until: EpochMs, unit: DurationMs, zone: TimeZone): EpochMs | undefined {
  return offsetChanges(zone, after, until).find((change) => mod(change.after - change.before, unit) !== 0)?.at;
}

function mod(value: number, unit: number): number {
  return ((value % unit) + unit) % unit;
}
