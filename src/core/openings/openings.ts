import {
  dateOfDayNumber,
  dayNumberOf,
  MS_PER_DAY,
  weekdayOf,
  type DayNumber,
  type LocalDate,
} from '../recurrence/civil-date.js';
import {
  offsetAt,
  resolveLocal,
  startOfLocalDay,
  type LocalResolution,
  type TimeZone,
} from '../recurrence/time-zone.js';
import type { EpochMs } from '../values/time.js';
import type { DailyWindow } from './daily-window.js';

/** When something may be sent: local hours on some weekdays of a zone. */
export interface OpeningHours {
  readonly zone: TimeZone;
  readonly window: DailyWindow;
  /** ISO weekdays, 1 (Monday) to 7 (Sunday); at least one. */
  readonly weekdays: readonly number[];
}

/** One day's hours as instants. */
export interface Opening {
  /** The local date. */
  readonly day: DayNumber;
  /** The first instant. */
  readonly startMs: EpochMs;
  /** The last instant for which something may be planned: the closing time itself, 20:00:00.000 of a window to 20:00. */
  readonly lastMs: EpochMs;
  /** From here on it is closed: a second after the closing time, so that what was planned for it still goes. */
  readonly closedFromMs: EpochMs;
}

/** A week and the days of which a change of the clocks may leave nothing. */
const DAYS_TO_SEARCH = 16;
const CLOSING_SECOND_MS = 1_000;

/**
 * The hours of a local date as instants, null when it is closed all day. Every instant of an opening bears a local time
 * of the window, also where clocks change: a day of 23 or 25 hours is shorter or longer, a window that clocks jump over
 * is closed, and of an hour that comes twice only the part that is connected with the window counts.
 */
export function openingOn(hours: OpeningHours, day: DayNumber): Opening | null {
  if (!hours.weekdays.includes(isoWeekdayOf(day))) return null;
  const { zone, window } = hours;
  const [date, next] = [dateOfDayNumber(day), dateOfDayNumber(day + 1)];
  const from = window.fromMinute === 0 ? null : resolveMinute(zone, date, window.fromMinute);
  const to = window.toMinute === 1440 ? null : resolveMinute(zone, date, window.toMinute);
  const startMs = from === null ? startOfLocalDay(zone, date) : firstInstant(from, to?.kind === 'overlap');
  const end = to === null ? exclusiveEnd(startOfLocalDay(zone, next)) : endOf(to);
  return startMs <= end.lastMs ? { day, startMs, ...end } : null;
}

/** The opening that holds an instant, else the first one after it; null when the hours never open. */
export function openingFrom(hours: OpeningHours, at: EpochMs): Opening | null {
  // The local date before may still be open in the second after its end.
  const today = dayNumberAt(hours.zone, at);
  for (let day = today - 1; day < today + DAYS_TO_SEARCH; day++) {
    const opening = openingOn(hours, day);
    if (opening !== null && at < opening.closedFromMs) return opening;
  }
  return null;
}

/** The local date of an instant as a day number. */
export function dayNumberAt(zone: TimeZone, at: EpochMs): DayNumber {
  return Math.floor((at + offsetAt(zone, at)) / MS_PER_DAY);
}

/** 1 (Monday) to 7 (Sunday). */
export function isoWeekdayOf(day: DayNumber): number {
  const weekday = weekdayOf(day);
  return weekday === 0 ? 7 : weekday;
}

/** YYYY-MM-DD of a day number. */
export function dateText(day: DayNumber): string {
  const { year, month, day: dayOfMonth } = dateOfDayNumber(day);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(dayOfMonth).padStart(2, '0')}`;
}

/** The day number of YYYY-MM-DD, which was checked when it was read. */
export function dayNumberOfText(text: string): DayNumber {
  const [year, month, day] = text.split('-').map(Number) as [number, number, number];
  return dayNumberOf({ year, month, day });
}

function resolveMinute(zone: TimeZone, date: LocalDate, minute: number): LocalResolution {
  return resolveLocal(zone, { ...date, hour: Math.floor(minute / 60), minute: minute % 60, second: 0 });
}

/**
 * Where an opening begins. After the first of two equal local times the clocks are set back before the window, unless it
 * closes in the repeated hour too and is over by then.
 */
function firstInstant(from: LocalResolution, closesInOverlap: boolean): EpochMs {
  switch (from.kind) {
    case 'unique':
      return from.at;
    case 'gap':
      return from.gapEndAt;
    case 'overlap':
      return closesInOverlap ? from.first : from.second;
  }
}

function endOf(to: LocalResolution): Pick<Opening, 'lastMs' | 'closedFromMs'> {
  switch (to.kind) {
    case 'unique':
      return { lastMs: to.at, closedFromMs: to.at + CLOSING_SECOND_MS };
    case 'gap':
      return exclusiveEnd(to.gapEndAt);
    case 'overlap':
      return { lastMs: to.first, closedFromMs: to.first + CLOSING_SECOND_MS };
  }
}

/** At 24:00 the next date begins, with a cap of its own, and at the end of a gap it is later than the closing time. */
function exclusiveEnd(at: EpochMs): Pick<Opening, 'lastMs' | 'closedFromMs'> {
  return { lastMs: at - 1, closedFromMs: at };
}
