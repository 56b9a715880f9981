import { err, ok, type Result } from '../values/result.js';
import type { Violation } from '../values/violation.js';

/** Local hours of a day, in minutes after midnight: 0 <= fromMinute < toMinute <= 1440. Made by {@link makeDailyWindow}. */
export interface DailyWindow {
  readonly fromMinute: number;
  /** 1440 is the end of the day, 24:00. */
  readonly toMinute: number;
}

/** Two local times as a client writes them, HH:MM, 00:00 to 24:00. */
export interface DailyWindowText {
  readonly from: string;
  readonly to: string;
}

/** Every hour of the day. */
export const WHOLE_DAY: DailyWindow = { fromMinute: 0, toMinute: 1440 };

/** ISO weekdays: 1 is Monday, 7 is Sunday. */
export const ALL_WEEKDAYS: readonly number[] = [1, 2, 3, 4, 5, 6, 7];

/**
 * The window between two local times, or why there is none. It lies within one day: one that ends before it begins
 * would belong to two dates, with a weekday and a daily cap each.
 */
export function makeDailyWindow(text: DailyWindowText, field: string): Result<DailyWindow, readonly Violation[]> {
  const [fromMinute, toMinute] = [minuteOf(text.from), minuteOf(text.to)];
  if (fromMinute === toMinute) {
    return err([
      { field: `${field}.to`, rule: 'window.empty', message: 'must differ from from: the window has no length' },
    ]);
  }
  if (fromMinute > toMinute) {
    const message = 'must be later than from: a window lies within one day';
    return err([{ field: `${field}.to`, rule: 'window.order', message }]);
  }
  return ok({ fromMinute, toMinute });
}

/** The window as a person reads it. */
export function windowText({ fromMinute, toMinute }: DailyWindow): DailyWindowText {
  return { from: timeText(fromMinute), to: timeText(toMinute) };
}

/** The weekdays in their order, each once, or why they are none. */
export function makeWeekdays(days: readonly number[], field: string): Result<readonly number[], readonly Violation[]> {
  if (days.length === 0) {
    return err([
      { field, rule: 'weekdays.required', message: 'must name at least one weekday, 1 (Monday) to 7 (Sunday)' },
    ]);
  }
  if (days.some((day) => !Number.isInteger(day) || day < 1 || day > 7)) {
    return err([{ field, rule: 'weekdays.range', message: 'must be ISO weekdays, 1 (Monday) to 7 (Sunday)' }]);
  }
  return ok([...new Set(days)].sort((a, b) => a - b));
}

/** The hours that lie in both windows; null when there are none. */
export function windowsTogether(one: DailyWindow, other: DailyWindow): DailyWindow | null {
  const fromMinute = Math.max(one.fromMinute, other.fromMinute);
  const toMinute = Math.min(one.toMinute, other.toMinute);
  return fromMinute < toMinute ? { fromMinute, toMinute } : null;
}

/** Minutes after midnight of HH:MM, which was checked when it was read. */
export function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number) as [number, number];
  return hours * 60 + minutes;
}

/** HH:MM of minutes after midnight, 00:00 to 24:00. */
export function timeText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}
