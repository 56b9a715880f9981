import type { DurationMs, EpochMs } from '../values/time.js';
import { MS_PER_DAY, MS_PER_SECOND, type LocalMs } from './civil-date.js';
import { nextLabel } from './cron-calendar.js';
import type { CronExpression } from './cron-expression.js';
import { resolveLocalMs, type TimeZone } from './time-zone.js';
import { offsetChanges, zoneOffsetAt } from './zone-offsets.js';

/** What a fixed time does on the date on which clocks jump over it. */
export const DstGap = { RUN_AT_GAP_END: 'RUN_AT_GAP_END', SKIP: 'SKIP' } as const;
export type DstGap = (typeof DstGap)[keyof typeof DstGap];

/** Which of its two instants a fixed time means on the date on which clocks show it twice. */
export const DstOverlap = { FIRST: 'FIRST', SECOND: 'SECOND' } as const;
export type DstOverlap = (typeof DstOverlap)[keyof typeof DstOverlap];

/** How fixed times meet changes of the clock. Expressions whose hour field is a star do not ask it. */
export interface DstPolicy {
  readonly dstGap: DstGap;
  readonly dstOverlap: DstOverlap;
}

/** A 02:30 reminder goes out at 03:00 on the night without 02:30, and once on the night with two. */
export const DEFAULT_DST_POLICY: DstPolicy = { dstGap: 'RUN_AT_GAP_END', dstOverlap: 'FIRST' };

/**
 * How far ahead a search looks, in years of 366 days. 29 February comes after at most 8 years, on a given weekday after
 * at most 40 (across a year like 2100), so that every expression that {@link CronExpression} admits is found.
 */
export const SEARCH_YEARS = 50;

/** No change of a zone ever set clocks back or forward by more than a day (Manila, Alaska, Samoa, Kwajalein: one day). */
const LARGEST_SHIFT_MS = 2 * MS_PER_DAY;

/**
 * The first instant strictly after `afterMs` at which an expression fires in a zone; always a whole second of the
 * zone's wall clock. null: it never fires within {@link SEARCH_YEARS}, because each of its labels lies in a gap and
 * nothing takes its place (02:30 on the last Sunday of March in Berlin, with `dstGap: 'SKIP'` or with a star for the hour).
 *
 * A fixed-time expression (`isFixedTime`) is a set of labels, a local date and time each. A label that exists once
 * fires then. A label in a gap fires at the gap's end, or not at all, by `dstGap`. A label that exists twice fires at
 * one of the two instants, by `dstOverlap`. The occurrences are the *instants* of all labels: labels that come to the
 * same instant are one occurrence, be it several in one gap (`0,30 2 * * *`), or one in a gap and the regular one at
 * the gap's end (`0 2-3 * * *` where 02:00 jumps to 03:00). A label keeps its own date: where a zone skipped a whole
 * day, that day's times fire at the end of the skip, once.
 *
 * Any other expression (hours `*` or `*`/n) follows real time: it fires at every instant whose label it names, which is
 * in both passes of a repeated hour and never within a gap, and nothing takes the place of what the gap left out.
 *
 * Pure: the answer depends on the arguments and the tz database only, not on the current date or the process's zone.
 * It is monotone in `afterMs`, and iterating it walks every occurrence once. Why no library computes this:
 * docs/adr/0001-own-recurrence.md. Throws a RangeError when `afterMs` is no instant of the runtime's calendar.
 */
export function nextOccurrence(
  expression: CronExpression,
  zone: TimeZone,
  afterMs: EpochMs,
  policy: DstPolicy = DEFAULT_DST_POLICY,
): EpochMs | null {
  return expression.isFixedTime
    ? nextFixedTime(expression, zone, afterMs, policy)
    : nextInRealTime(expression, zone, afterMs);
}

/** Occurrences with `afterMs < at <= untilMs` in order, at most `limit` of them. */
export function occurrencesBetween(
  expression: CronExpression,
  zone: TimeZone,
  afterMs: EpochMs,
  untilMs: EpochMs,
  limit: number,
  policy: DstPolicy = DEFAULT_DST_POLICY,
): EpochMs[] {
  const found: EpochMs[] = [];
  let at: EpochMs | null = afterMs;
  while (found.length < limit) {
    at = nextOccurrence(expression, zone, at, policy);
    if (at === null || at > untilMs) break;
    found.push(at);
  }
  return found;
}

/** The next `count` occurrences strictly after `afterMs`, in order; fewer only where {@link nextOccurrence} finds none. */
export function nextRuns(
  expression: CronExpression,
  zone: TimeZone,
  afterMs: EpochMs,
  count: number,
  policy: DstPolicy = DEFAULT_DST_POLICY,
): EpochMs[] {
  return occurrencesBetween(expression, zone, afterMs, Number.POSITIVE_INFINITY, count, policy);
}

/** The time from an occurrence at `at` to the following one, or null when there is none: the local period of an expression. */
export function periodAfter(
  expression: CronExpression,
  zone: TimeZone,
  at: EpochMs,
  policy: DstPolicy = DEFAULT_DST_POLICY,
): DurationMs | null {
  const following = nextOccurrence(expression, zone, at, policy);
  return following === null ? null : following - at;
}

function nextFixedTime(
  expression: CronExpression,
  zone: TimeZone,
  afterMs: EpochMs,
  policy: DstPolicy,
): EpochMs | null {
  const end = searchEnd(zone, afterMs);
  // Instants follow the order of their labels under either overlap policy, so the first label that fires late enough wins.
  let label = nextLabel(expression, firstLabelToTry(zone, afterMs, policy.dstOverlap), end);
  while (label !== null) {
    const resolved = resolveLocalMs(zone, label);
    let from: LocalMs = label + MS_PER_SECOND;
    switch (resolved.kind) {
      case 'unique':
        if (resolved.at > afterMs) return resolved.at;
        break;
      case 'overlap': {
        const at = policy.dstOverlap === 'FIRST' ? resolved.first : resolved.second;
        if (at > afterMs) return at;
        break;
      }
      case 'gap':
        if (policy.dstGap === 'RUN_AT_GAP_END' && resolved.gapEndAt > afterMs) return resolved.gapEndAt;
        from = labelAt(zone, resolved.gapEndAt);
        break;
    }
    label = nextLabel(expression, from, end);
  }
  return null;
}

/**
 * A label with nothing to find before it: every smaller label fires at or before `afterMs`.
 * FIRST: clocks set back shortly before `afterMs` have shown larger labels than now; those have fired.
 * SECOND: clocks set back shortly after `afterMs` will show labels again that are smaller than now's; those have not.
 */
function firstLabelToTry(zone: TimeZone, afterMs: EpochMs, overlap: DstOverlap): LocalMs {
  let label = labelAt(zone, afterMs);
  if (overlap === 'FIRST') {
    for (const change of offsetChanges(zone, afterMs - LARGEST_SHIFT_MS, afterMs)) {
      label = Math.max(label, change.at + change.before);
    }
  } else {
    for (const change of offsetChanges(zone, afterMs, afterMs + LARGEST_SHIFT_MS)) {
      label = Math.min(label, change.at + change.after);
    }
  }
  return label;
}

function nextInRealTime(expression: CronExpression, zone: TimeZone, afterMs: EpochMs): EpochMs | null {
  const end = searchEnd(zone, afterMs);
  let reached = afterMs;
  for (;;) {
    // Only a change of the clock within the next days can show a label again that is not larger than the present one.
    const horizon = reached + LARGEST_SHIFT_MS;
    const changes = offsetChanges(zone, reached, horizon);
    if (changes.length === 0) return firstExisting(expression, zone, reached, end);

    let spanStart = reached + 1;
    let offset = zoneOffsetAt(zone, reached);
    for (const change of changes) {
      const label = nextLabel(expression, spanStart + offset, end);
      if (label !== null && label - offset < change.at) return label - offset;
      spanStart = change.at;
      offset = change.after;
    }
    const label = nextLabel(expression, spanStart + offset, end);
    if (label !== null && label - offset <= horizon) return label - offset;
    reached = horizon;
  }
}

/** The next instant with a named label when no change of the clock is near: labels beyond `afterMs` come in their order. */
function firstExisting(expression: CronExpression, zone: TimeZone, afterMs: EpochMs, end: LocalMs): EpochMs | null {
  let label = nextLabel(expression, labelAt(zone, afterMs) + 1, end);
  while (label !== null) {
    const resolved = resolveLocalMs(zone, label);
    switch (resolved.kind) {
      case 'unique':
        return resolved.at;
      case 'overlap':
        // The first pass may be over: clocks were set back just before `afterMs`.
        return resolved.first > afterMs ? resolved.first : resolved.second;
      case 'gap':
        label = nextLabel(expression, labelAt(zone, resolved.gapEndAt), end);
        break;
    }
  }
  return null;
}

function labelAt(zone: TimeZone, at: EpochMs): LocalMs {
  return at + zoneOffsetAt(zone, at);
}

function searchEnd(zone: TimeZone, afterMs: EpochMs): LocalMs {
  return labelAt(zone, afterMs) + SEARCH_YEARS * 366 * MS_PER_DAY;
}
