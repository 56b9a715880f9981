import {
  MS_PER_DAY,
  MS_PER_HOUR,
  MS_PER_MINUTE,
  MS_PER_SECOND,
  dateOfDayNumber,
  dayNumberOf,
  daysInMonth,
  weekdayOf,
  type DayNumber,
  type LocalMs,
} from './civil-date.js';
import { firstDayFrom, matchingDays } from './cron-days.js';
import type { CronExpression } from './cron-expression.js';

/**
 * The first label, not before `from`, that an expression names on a calendar whose clocks never change, or null when
 * there is none up to the month of `end`. Whole seconds; `from` may lie between two.
 */
export function nextLabel(expression: CronExpression, from: LocalMs, end: LocalMs): LocalMs | null {
  const startDay = Math.floor(from / MS_PER_DAY);
  const endDay = Math.floor(end / MS_PER_DAY);
  let day = nextDay(expression, startDay, endDay);
  if (day === startDay) {
    const timeOfDay = nextTimeOfDay(expression, Math.ceil((from - startDay * MS_PER_DAY) / MS_PER_SECOND));
    if (timeOfDay !== null) return startDay * MS_PER_DAY + timeOfDay;
    day = nextDay(expression, startDay + 1, endDay);
  }
  return day === null ? null : day * MS_PER_DAY + firstTimeOfDay(expression);
}

function nextDay(expression: CronExpression, from: DayNumber, endDay: DayNumber): DayNumber | null {
  let { year, month, day } = dateOfDayNumber(from);
  for (;;) {
    const laterMonth = atOrAfter(expression.months, month);
    if (laterMonth === undefined) year += 1;
    const nextMonth = laterMonth ?? expression.months[0]!;
    if (nextMonth !== month) day = 1;
    month = nextMonth;

    const first = dayNumberOf({ year, month, day: 1 });
    if (first > endDay) return null;
    const found = firstDayFrom(matchingDays(expression.days, daysInMonth(year, month), weekdayOf(first)), day);
    if (found !== null) return first + found - 1;
    month += 1;
    day = 1;
  }
}

function firstTimeOfDay(expression: CronExpression): number {
  return timeOfDay(expression.hours[0]!, expression.minutes[0]!, expression.seconds[0]!);
}

/** The first time of day, in milliseconds, that is not before a second of the day (0 to 86,400), or null. */
function nextTimeOfDay(expression: CronExpression, fromSecond: number): number | null {
  const { hours, minutes, seconds } = expression;
  const fromHour = Math.floor(fromSecond / 3_600);
  const fromMinute = Math.floor(fromSecond / 60) % 60;
  const hour = atOrAfter(hours, fromHour);
  if (hour === undefined) return null;
  if (hour > fromHour) return timeOfDay(hour, minutes[0]!, seconds[0]!);

  const minute = atOrAfter(minutes, fromMinute);
  if (minute === fromMinute) {
    const second = atOrAfter(seconds, fromSecond % 60);
    if (second !== undefined) return timeOfDay(hour, minute, second);
  }
  const laterMinute = minute === fromMinute ? atOrAfter(minutes, fromMinute + 1) : minute;
  if (laterMinute !== undefined) return timeOfDay(hour, laterMinute, seconds[0]!);

  const laterHour = atOrAfter(hours, fromHour + 1);
  return laterHour === undefined ? null : timeOfDay(laterHour, minutes[0]!, seconds[0]!);
}

function atOrAfter(sortedValues: readonly number[], from: number): number | undefined {
  for (const value of sortedValues) if (value >= from) return value;
  return undefined;
}

function timeOfDay(hour: number, minute: number, second: number): number {
  return hour * MS_PER_HOUR + minute * MS_PER_MINUTE + second * MS_PER_SECOND;
}
