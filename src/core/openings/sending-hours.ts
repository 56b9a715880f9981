import { parseTimeZone } from '../recurrence/time-zone.js';
import { ALL_WEEKDAYS, WHOLE_DAY, type DailyWindow } from './daily-window.js';
import type { OpeningHours } from './openings.js';

/** The hours of a channel as they are stored. */
export interface StoredSendingHours {
  readonly timeZone: string;
  /** Minutes after local midnight; null with `sendingToMinute`: any hour. */
  readonly sendingFromMinute: number | null;
  readonly sendingToMinute: number | null;
  /** ISO weekdays, at least one. */
  readonly sendingWeekdays: readonly number[];
}

/** When a channel may send. Throws when the program knows its zone no more. */
export function openingHoursOf(channel: StoredSendingHours): OpeningHours {
  const zone = parseTimeZone(channel.timeZone);
  if (!zone.ok) throw new Error(`a stored time zone is not known to this runtime: ${channel.timeZone}`);
  return { zone: zone.value, window: sendingWindowOf(channel) ?? WHOLE_DAY, weekdays: channel.sendingWeekdays };
}

/** {@link openingHoursOf}; null when the channel may send at any time. */
export function sendingHoursOf(channel: StoredSendingHours): OpeningHours | null {
  const hours = openingHoursOf(channel);
  return isAlwaysOpen(hours) ? null : hours;
}

/** The local hours that were stored; null for any hour. */
export function sendingWindowOf(channel: Omit<StoredSendingHours, 'timeZone' | 'sendingWeekdays'>): DailyWindow | null {
  const { sendingFromMinute: fromMinute, sendingToMinute: toMinute } = channel;
  return fromMinute === null || toMinute === null ? null : { fromMinute, toMinute };
}

/** Whether hours restrict nothing. */
export function isAlwaysOpen({ window, weekdays }: OpeningHours): boolean {
  const isWholeDay = window.fromMinute === WHOLE_DAY.fromMinute && window.toMinute === WHOLE_DAY.toMinute;
  return isWholeDay && weekdays.length === ALL_WEEKDAYS.length;
}
