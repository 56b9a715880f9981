import { toLocal, type TimeZone } from '../recurrence/time-zone.js';
import type { EpochMicros } from '../values/time.js';

const MICROS_PER_SECOND = 1_000_000;

/** The wall clock of a zone at an instant to come, "2026-11-23 09:00 (America/Cuiaba)"; a part of a second counts as one. */
export function untilText(zone: TimeZone, atUs: EpochMicros): string {
  return wallClock(zone, Math.ceil(atUs / MICROS_PER_SECOND));
}

/** The wall clock of a zone at an instant that has passed; a part of a second is dropped. */
export function sinceText(zone: TimeZone, atUs: EpochMicros): string {
  return wallClock(zone, Math.floor(atUs / MICROS_PER_SECOND));
}

function wallClock(zone: TimeZone, seconds: number): string {
  const { year, month, day, hour, minute, second } = toLocal(zone, seconds * 1_000);
  const date = [String(year).padStart(4, '0'), two(month), two(day)].join('-');
  const time = second === 0 ? [hour, minute] : [hour, minute, second];
  return `${date} ${time.map(two).join(':')} (${zone})`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
