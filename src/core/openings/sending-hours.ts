import { parseTimeZone } from '../recurrence/time-zone.js';
import { ALL_WEEKDAYS, WHOLE_DAY } from './daily-window.js';
import type { OpeningHours } from './openings.js';

/** The hours of a channel as they are stored. */
export interface StoredSendingHours {
  readonly timeZone: string;
  readonly sendingFromMinute: number | null;
  readonly sendingToMinute: number | null;
  readonly sendingWeekdays: readonly number[];
}

/** When a channel may send; null when it may at any time. Throws when the program knows its zone no more. */
export function sendingHoursOf(channel: StoredSendingHours): OpeningHours | null {
  const { sendingFromMinute, sendingToMinute, sendingWeekdays } = channel;
  const isAnyHour = sendingFromMinute === null || sendingToMinute === null;
  if (isAnyHour && sendingWeekdays.length === ALL_WEEKDAYS.length) return null;
  const zone = parseTimeZone(channel.timeZone);
  if (!zone.ok) throw new Error(`a stored time zone is not known to this runtime: ${channel.timeZone}`);
  const window = isAnyHour ? WHOLE_DAY : { fromMinute: sendingFromMinute, toMinute: sendingToMinute };
  return { zone: zone.value, window, weekdays: sendingWeekdays };
}
