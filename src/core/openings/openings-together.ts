import type { DayNumber } from '../recurrence/civil-date.js';
import type { EpochMs } from '../values/time.js';
import { openingFrom, openingOn, type OpeningHours } from './openings.js';

/** A stretch in which two sets of hours are open together. */
export interface SharedOpening {
  readonly startMs: EpochMs;
  /** The last instant for which something may be planned. */
  readonly lastMs: EpochMs;
  /** From here on one of them is closed. */
  readonly closedFromMs: EpochMs;
}

/**
 * The parts of one local date of `hours` in which `others` are open too, in their order; one part when there are no
 * others. Two parts come of hours in zones so far apart that one date of the first meets two of the second.
 */
export function openingsTogether(hours: OpeningHours, others: OpeningHours | null, day: DayNumber): SharedOpening[] {
  const own = openingOn(hours, day);
  if (own === null) return [];
  if (others === null) return [own];
  const parts: SharedOpening[] = [];
  for (let at = own.startMs; at <= own.lastMs;) {
    const other = openingFrom(others, at);
    if (other === null || other.startMs > own.lastMs) break;
    const startMs = Math.max(own.startMs, other.startMs);
    const lastMs = Math.min(own.lastMs, other.lastMs);
    if (startMs <= lastMs)
      parts.push({ startMs, lastMs, closedFromMs: Math.min(own.closedFromMs, other.closedFromMs) });
    at = other.closedFromMs;
  }
  return parts;
}

/** The first local date of `hours` from `first` to `last` on which both are open; null when there is none. */
export function firstDayTogether(
  hours: OpeningHours,
  others: OpeningHours | null,
  first: DayNumber,
  last: DayNumber,
): DayNumber | null {
  for (let day = first; day <= last; day++) if (openingsTogether(hours, others, day).length > 0) return day;
  return null;
}
