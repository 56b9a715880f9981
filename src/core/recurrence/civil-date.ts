/** A calendar date of the proleptic Gregorian calendar; `month` and `day` count from 1. */
export interface LocalDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** What a wall clock and a calendar show, to the second, with no zone. */
export interface LocalDateTime extends LocalDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/**
 * A {@link LocalDateTime} as one number: the milliseconds from 1970-01-01 00:00:00 to it on a wall clock that is
 * never changed. It orders and subtracts like the labels it stands for, and it is not an instant.
 */
export type LocalMs = number;

/** A day as the count of days from 1970-01-01, which is day 0. */
export type DayNumber = number;

export const MS_PER_SECOND = 1_000;
export const MS_PER_MINUTE = 60_000;
export const MS_PER_HOUR = 3_600_000;
export const MS_PER_DAY = 86_400_000;

const MONTH_LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] as const;
const EPOCH_WEEKDAY = 4; // 1970-01-01 was a Thursday.

/** The number of days of a month, 28 to 31; `month` must be 1 to 12. */
export function daysInMonth(year: number, month: number): number {
  const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 && isLeapYear ? 29 : MONTH_LENGTHS[month - 1]!;
}

/**
 * The day number of a date. Source: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", days_from_civil;
 * used because `Date.UTC` maps the years 0 to 99 to 1900 to 1999.
 */
export function dayNumberOf(date: LocalDate): DayNumber {
  const year = date.month <= 2 ? date.year - 1 : date.year;
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5) + date.day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date of a day number; the inverse of {@link dayNumberOf} (Hinnant's civil_from_days). */
export function dateOfDayNumber(dayNumber: DayNumber): LocalDate {
  const shifted = dayNumber + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}

/** The weekday of a day as cron counts it: 0 is Sunday, 6 is Saturday. */
export function weekdayOf(dayNumber: DayNumber): number {
  return (((dayNumber + EPOCH_WEEKDAY) % 7) + 7) % 7;
}

/** The label as one number. The fields must form a real date and time; nothing here carries over. */
export function localMsOf(label: LocalDateTime): LocalMs {
  return (
    dayNumberOf(label) * MS_PER_DAY +
    label.hour * MS_PER_HOUR +
    label.minute * MS_PER_MINUTE +
    label.second * MS_PER_SECOND
  );
}

/** The fields of a label; a fraction of a second is dropped. */
export function labelOf(localMs: LocalMs): LocalDateTime {
  const dayNumber = Math.floor(localMs / MS_PER_DAY);
  const msOfDay = localMs - dayNumber * MS_PER_DAY;
  const { year, month, day } = dateOfDayNumber(dayNumber);
  return {
    year,
    month,
    day,
    hour: Math.floor(msOfDay / MS_PER_HOUR),
    minute: Math.floor(msOfDay / MS_PER_MINUTE) % 60,
    second: Math.floor(msOfDay / MS_PER_SECOND) % 60,
  };
}

/** Whether the fields name a date and time that the calendar and a 24-hour clock without leap seconds have. */
export function isRealLabel(label: LocalDateTime): boolean {
  const within = (value: number, min: number, max: number): boolean =>
    Number.isInteger(value) && value >= min && value <= max;
  return (
    Number.isInteger(label.year) &&
    within(label.month, 1, 12) &&
    within(label.day, 1, daysInMonth(label.year, label.month)) &&
    within(label.hour, 0, 23) &&
    within(label.minute, 0, 59) &&
    within(label.second, 0, 59)
  );
}
