import { dateText, dayNumberAt, openingFrom, type OpeningHours } from '../openings/openings.js';
import { isAlwaysOpen } from '../openings/sending-hours.js';
import { startOfNextLocalDay } from '../recurrence/time-zone.js';
import type { EpochMicros } from '../values/time.js';

/** The channel's local calendar day at an instant, and whether it sends at that instant. */
export interface LaneDay {
  /** The local date, YYYY-MM-DD. */
  readonly dayKey: string;
  /** The first instant of the next local date. */
  readonly nextDayStartUs: EpochMicros;
  /** The instant itself while the channel sends, else the first instant at which it does again. */
  readonly opensAtUs: EpochMicros;
}

/**
 * The day of a lane at an instant, by the calendar of its zone: which date the daily cap counts, and when anything may
 * be sent. Hours that never open are looked at again with the next date.
 */
export function laneDay(hours: OpeningHours, nowUs: EpochMicros): LaneDay {
  const nowMs = Math.floor(nowUs / 1_000);
  const nextDayStartUs = startOfNextLocalDay(hours.zone, nowMs) * 1_000;
  const dayKey = dateText(dayNumberAt(hours.zone, nowMs));
  // Most channels are, and each claim asks for each of its lanes: they are spared the search.
  if (isAlwaysOpen(hours)) return { dayKey, nextDayStartUs, opensAtUs: nowUs };
  const opening = openingFrom(hours, nowMs);
  const opensAtUs = opening === null ? nextDayStartUs : Math.max(nowUs, opening.startMs * 1_000);
  return { dayKey, nextDayStartUs, opensAtUs };
}
