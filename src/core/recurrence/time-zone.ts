import type { EpochMs } from '../values/time.js';
import {
  MS_PER_DAY,
  MS_PER_HOUR,
  dateOfDayNumber,
  isRealLabel,
  labelOf,
  localMsOf,
  weekdayOf,
  type LocalDate,
  type LocalDateTime,
  type LocalMs,
} from './civil-date.js';
import type { TimeZone } from './time-zone-name.js';
import { offsetChanges, zoneOffsetAt } from './zone-offsets.js';

export { parseTimeZone, type TimeZone, type TimeZoneError } from './time-zone-name.js';
export type { LocalDate, LocalDateTime } from './civil-date.js';

/** A local label with its weekday as ISO 8601 counts it: 1 is Monday, 7 is Sunday. */
export interface LocalMoment extends LocalDateTime {
  readonly weekday: number;
}

/**
 * Which instants bear a local label in a zone.
 *
 * - `unique`: exactly one, `at`.
 * - `gap`: none, because clocks jump over the label. `gapEndAt` is the first instant after the jump. `before` and
 *   `after` are the instants that the label would have by the offset in force after and before the jump, so that
 *   `before < gapEndAt <= after`.
 * - `overlap`: two, because clocks are set back over the label: `first < second`.
 */
export type LocalResolution =
  | { readonly kind: 'unique'; readonly at: EpochMs }
  | { readonly kind: 'gap'; readonly before: EpochMs; readonly after: EpochMs; readonly gapEndAt: EpochMs }
  | { readonly kind: 'overlap'; readonly first: EpochMs; readonly second: EpochMs };

/**
 * No zone was ever further from UTC than this (Manila and Alaska, before 1868, were within 15 h 14 min), so that every
 * instant with a given label lies within it of the label read as UTC.
 */
const MAX_OFFSET_MS = 16 * MS_PER_HOUR;

/** The offset of a zone at an instant, in milliseconds to add to the instant to get the local label (negative in the Americas). */
export function offsetAt(zone: TimeZone, at: EpochMs): number {
  return zoneOffsetAt(zone, at);
}

/** What the wall clocks of a zone show at an instant; a fraction of a second is dropped. */
export function toLocal(zone: TimeZone, at: EpochMs): LocalMoment {
  const localMs = at + zoneOffsetAt(zone, at);
  const weekday = weekdayOf(Math.floor(localMs / MS_PER_DAY));
  return { ...labelOf(localMs), weekday: weekday === 0 ? 7 : weekday };
}

/** Finds the instants that bear a label. Throws a RangeError when the fields form no real date and time (30 February, 24:00). */
export function resolveLocal(zone: TimeZone, label: LocalDateTime): LocalResolution {
  if (!isRealLabel(label)) throw new RangeError(`not a date and time: ${JSON.stringify(label)}`);
  return resolveLocalMs(zone, localMsOf(label));
}

/** {@link resolveLocal} for a label that is already one number. */
export function resolveLocalMs(zone: TimeZone, localMs: LocalMs): LocalResolution {
  const from = localMs - MAX_OFFSET_MS;
  const changes = offsetChanges(zone, from, localMs + MAX_OFFSET_MS);
  let offset = zoneOffsetAt(zone, from);
  if (changes.length === 0) return { kind: 'unique', at: localMs - offset };

  let first: EpochMs | undefined;
  let second: EpochMs | undefined;
  const note = (at: EpochMs): void => {
    if (first === undefined) first = at;
    else second = at;
  };
  let spanStart = from;
  for (const change of changes) {
    const at = localMs - offset;
    if (at >= spanStart && at < change.at) note(at);
    spanStart = change.at;
    offset = change.after;
  }
  if (localMs - offset >= spanStart) note(localMs - offset);

  if (first === undefined) {
    const jump = changes.find(({ at, before, after }) => at + before <= localMs && localMs < at + after);
    if (jump === undefined) throw new Error(`the label ${localMs} is neither in nor outside of a gap of ${zone}`);
    return { kind: 'gap', before: localMs - jump.after, after: localMs - jump.before, gapEndAt: jump.at };
  }
  return second === undefined ? { kind: 'unique', at: first } : { kind: 'overlap', first, second };
}

/** The local date of a zone at an instant. */
export function localDateOf(zone: TimeZone, at: EpochMs): LocalDate {
  return dateOfDayNumber(localDayNumber(zone, at));
}

/**
 * The first instant of a local date: of two midnights the first, and the end of the gap where clocks jump over midnight
 * (01:00 in Cairo on the last Friday of April). For a date that a zone skipped as a whole (Apia, 30 December 2011) it
 * is the first instant after the skip, whose local date is the next one.
 */
export function startOfLocalDay(zone: TimeZone, date: LocalDate): EpochMs {
  const midnight = resolveLocal(zone, { ...date, hour: 0, minute: 0, second: 0 });
  switch (midnight.kind) {
    case 'unique':
      return midnight.at;
    case 'gap':
      return midnight.gapEndAt;
    case 'overlap':
      return midnight.first;
  }
}

/**
 * When the local date at `at` is over: the first instant after `at` at which the next local date begins. Always later
 * than `at`, also in the last hour of a date whose end is repeated because clocks are set back across midnight.
 */
export function startOfNextLocalDay(zone: TimeZone, at: EpochMs): EpochMs {
  const nextDay = localDayNumber(zone, at) + 1;
  const midnight = resolveLocalMs(zone, nextDay * MS_PER_DAY);
  switch (midnight.kind) {
    case 'unique':
      return midnight.at;
    case 'gap':
      return midnight.gapEndAt;
    case 'overlap':
      return midnight.first > at ? midnight.first : midnight.second;
  }
}

function localDayNumber(zone: TimeZone, at: EpochMs): number {
  return Math.floor((at + zoneOffsetAt(zone, at)) / MS_PER_DAY);
}
