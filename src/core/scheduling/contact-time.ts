import { MS_PER_HOUR, MS_PER_MINUTE, type LocalMs } from '../recurrence/civil-date.js';
import { offsetAt, resolveLocalMs, type TimeZone } from '../recurrence/time-zone.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import type { ScheduleType } from './schedule-words.js';

/** No clock on earth is ahead of this one (the Line Islands, all year). */
const FOREMOST_OFFSET_MS: DurationMs = 14 * MS_PER_HOUR;

/** Nor is any further behind than Baker Island: from the first place that shows a time to the last it takes 26 hours. */
export const LONGEST_LEAD_MS: DurationMs = 26 * MS_PER_HOUR;

/** What {@link lastToPrepare} may look ahead at most; a clock may repeat an hour or two on the way. */
export const LONGEST_LOOK_AHEAD_MS: DurationMs = 29 * MS_PER_HOUR;

/**
 * A run for the zones of its contacts is made this long before the first of them can be due: who makes runs looks every
 * few seconds, and writing down an audience takes its time.
 */
export const PREPARATION_MS: DurationMs = MS_PER_MINUTE;

/**
 * When a contact's clock shows what the schedule's clock shows at `nominalMs`: date, hour, minute, second and the
 * fraction. In a gap of the contact's clock the end of the gap, of two such instants the first.
 */
export function localInstant(nominalMs: EpochMs, scheduleZone: TimeZone, contactZone: TimeZone): EpochMs {
  if (scheduleZone === contactZone) return nominalMs;
  const resolved = resolveLocalMs(contactZone, labelOf(nominalMs, scheduleZone));
  switch (resolved.kind) {
    case 'unique':
      return resolved.at;
    case 'gap':
      return resolved.gapEndAt;
    case 'overlap':
      return resolved.first;
  }
}

/** When the first clock on earth shows what the schedule's clock shows at `nominalMs`; no contact's instant is before it. */
export function foremostInstant(nominalMs: EpochMs, scheduleZone: TimeZone): EpochMs {
  return labelOf(nominalMs, scheduleZone) - FOREMOST_OFFSET_MS;
}

/**
 * The last nominal instant of a schedule in this zone whose run is to be made by `now`, because somewhere on earth the
 * time has come or is about to. It is never before `now`.
 */
export function lastToPrepare(now: EpochMs, scheduleZone: TimeZone): EpochMs {
  const resolved = resolveLocalMs(scheduleZone, now + PREPARATION_MS + FOREMOST_OFFSET_MS);
  switch (resolved.kind) {
    case 'unique':
      return resolved.at;
    case 'gap':
      return resolved.gapEndAt;
    case 'overlap':
      return resolved.second;
  }
}

/** Each contact's own time is for schedules that name a time of the day, which it is their only or repeated wish to meet. */
export function checkPerContactTimeZone(type: ScheduleType, isWanted: boolean): Violation[] {
  if (!isWanted || type === 'FUTURE' || type === 'RECURRING') return [];
  const message = `does not apply to a schedule of type ${type}`;
  return [{ field: 'input.perContactTimeZone', message, rule: 'notApplicable' }];
}

function labelOf(at: EpochMs, zone: TimeZone): LocalMs {
  return at + offsetAt(zone, at);
}
