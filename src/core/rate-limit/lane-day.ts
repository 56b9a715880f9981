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

/** What is known of a lane's day at an instant, and of the instants after it for as long as it lasts. */
interface KnownDay {
  readonly sinceUs: EpochMicros;
  readonly untilUs: EpochMicros;
  readonly dayKey: string;
  readonly nextDayStartUs: EpochMicros;
  /** When the hours that the instant lies in or before begin. */
  readonly openingStartUs: EpochMicros;
}

/** A forecast asks for the same hours a hundred thousand times; the days of a zone are dear to compute. */
const KNOWN = new WeakMap<OpeningHours, KnownDay>();

/**
 * The day of a lane at an instant, by the calendar of its zone: which date the daily cap counts, and when anything may
 * be sent. Hours that never open are looked at again with the next date.
 */
export function laneDay(hours: OpeningHours, nowUs: EpochMicros): LaneDay {
  let known = KNOWN.get(hours);
  if (known === undefined || nowUs < known.sinceUs || nowUs >= known.untilUs) {
    known = dayFrom(hours, nowUs);
    KNOWN.set(hours, known);
  }
  const { dayKey, nextDayStartUs, openingStartUs } = known;
  return { dayKey, nextDayStartUs, opensAtUs: Math.max(nowUs, openingStartUs) };
}

function dayFrom(hours: OpeningHours, nowUs: EpochMicros): KnownDay {
  const nowMs = Math.floor(nowUs / 1_000);
  const nextDayStartUs = startOfNextLocalDay(hours.zone, nowMs) * 1_000;
  const dayKey = dateText(dayNumberAt(hours.zone, nowMs));
  const day = { sinceUs: nowUs, dayKey, nextDayStartUs };
  // Most channels are, and each claim asks for each of its lanes: they are spared the search.
  if (isAlwaysOpen(hours)) return { ...day, untilUs: nextDayStartUs, openingStartUs: nowUs };
  const opening = openingFrom(hours, nowMs);
  if (opening === null) return { ...day, untilUs: nextDayStartUs, openingStartUs: nextDayStartUs };
  const untilUs = Math.min(nextDayStartUs, opening.closedFromMs * 1_000);
  return { ...day, untilUs, openingStartUs: opening.startMs * 1_000 };
}
