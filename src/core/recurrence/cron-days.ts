/** A set of the days of one month: bit 0 is the 1st, bit 30 the 31st. */
export type DayMask = number;

/**
 * Which days of a month an expression names, from its two day fields.
 * `combine` is `OR` when both fields are restricted and `AND` when either starts with a star: crontab(5), "The day of a
 * command's execution can be specified by two fields". Weekdays are 0 (Sunday) to 6.
 */
export interface DayRule {
  readonly daysOfMonth: DayMask;
  readonly isLastDay: boolean;
  readonly weekdays: readonly number[];
  readonly lastWeekdays: readonly number[];
  readonly combine: 'AND' | 'OR';
}

/** Every seventh day of a month, from the 1st. */
const EVERY_SEVENTH: DayMask = (1 << 0) | (1 << 7) | (1 << 14) | (1 << 21) | (1 << 28);

/** The {@link DayMask} of a list of days of month, 1 to 31. */
export function dayMaskOf(days: readonly number[]): DayMask {
  return days.reduce((mask, day) => mask | (1 << (day - 1)), 0);
}

/** The days of a month that a rule names; a month is given by its length and the weekday of its 1st, 0 (Sunday) to 6. */
export function matchingDays(rule: DayRule, monthLength: number, firstWeekday: number): DayMask {
  const lastIndex = monthLength - 1;
  const wholeMonth = 2 ** monthLength - 1;

  const byDate = (rule.daysOfMonth | (rule.isLastDay ? 1 << lastIndex : 0)) & wholeMonth;
  let byWeekday: DayMask = 0;
  for (const weekday of rule.weekdays) byWeekday |= EVERY_SEVENTH << ((weekday - firstWeekday + 7) % 7);
  for (const weekday of rule.lastWeekdays) {
    const firstIndex = (weekday - firstWeekday + 7) % 7;
    byWeekday |= 1 << (firstIndex + 7 * Math.floor((lastIndex - firstIndex) / 7));
  }
  byWeekday &= wholeMonth;

  return rule.combine === 'OR' ? byDate | byWeekday : byDate & byWeekday;
}

/** The first day of a mask that is not before `day`, or null; days are 1 to 31. */
export function firstDayFrom(mask: DayMask, day: number): number | null {
  const rest = mask & (-1 << (day - 1));
  return rest === 0 ? null : 32 - Math.clz32(rest & -rest);
}
