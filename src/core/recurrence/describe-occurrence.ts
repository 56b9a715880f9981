import type { EpochMs } from '../values/time.js';
import { labelOf, MS_PER_SECOND, type LocalMs } from './civil-date.js';
import { nextLabel } from './cron-calendar.js';
import type { CronExpression } from './cron-expression.js';
import { offsetAt, resolveLocalMs, type TimeZone } from './time-zone.js';
import { offsetChanges } from './zone-offsets.js';

/** What a change of the clock made of an occurrence. */
export const OccurrenceDecision = {
  /** Nothing: its local time exists once. */
  NONE: 'NONE',
  /** Its local time does not exist on that date: it was moved to the end of the gap. */
  GAP: 'GAP',
  /** Its local time exists twice on that date. */
  OVERLAP: 'OVERLAP',
} as const;

/** One of {@link OccurrenceDecision}. */
export type OccurrenceDecision = (typeof OccurrenceDecision)[keyof typeof OccurrenceDecision];

/** An occurrence as a person would want to see it. */
export interface DescribedOccurrence {
  readonly at: EpochMs;
  /** What the clocks of the zone show then: YYYY-MM-DD HH:MM. */
  readonly localTime: string;
  readonly decision: OccurrenceDecision;
  /** The decision in a sentence; null for NONE. */
  readonly note: string | null;
}

/**
 * Says of an occurrence of `nextOccurrence` whether a change of the clock decided about it, and how. With `expression`
 * null it is a single instant, about which nothing was decided.
 *
 * An occurrence at the end of a gap that the expression names itself as well stands for both; it is told as moved.
 */
export function describeOccurrence(
  expression: CronExpression | null,
  zone: TimeZone,
  at: EpochMs,
): DescribedOccurrence {
  const label = at + offsetAt(zone, at);
  const localTime = `${dateText(label)} ${clockText(label).slice(0, 5)}`;
  if (expression === null) return { at, localTime, decision: 'NONE', note: null };
  const moved = expression.isFixedTime ? movedLabels(expression, zone, at) : [];
  if (moved.length > 0) return { at, localTime, decision: 'GAP', note: gapNote(moved, label, zone) };
  const resolved = resolveLocalMs(zone, label);
  if (resolved.kind !== 'overlap') return { at, localTime, decision: 'NONE', note: null };
  const pass = at === resolved.first ? 'first' : 'second';
  return { at, localTime, decision: 'OVERLAP', note: overlapNote(expression, label, zone, pass) };
}

/** The named labels, at most three, that clocks jumped over by a change at exactly this instant. */
function movedLabels(expression: CronExpression, zone: TimeZone, at: EpochMs): LocalMs[] {
  const change = offsetChanges(zone, at - 1, at).find(({ before, after }) => after > before);
  if (change === undefined) return [];
  const end = at + change.after;
  const found: LocalMs[] = [];
  let label = nextLabel(expression, at + change.before, end);
  while (label !== null && label < end && found.length < 3) {
    found.push(label);
    label = nextLabel(expression, label + MS_PER_SECOND, end);
  }
  return found;
}

function gapNote(moved: readonly LocalMs[], end: LocalMs, zone: TimeZone): string {
  const [first = end, second] = moved;
  const date = dateText(first);
  const to = dateText(end) === date ? clockText(end) : `${dateText(end)} ${clockText(end)}`;
  if (second === undefined) return `${clockText(first)} does not exist on ${date} in ${zone}: runs at ${to}.`;
  const times =
    moved.length === 2 ? `${clockText(first)} and ${clockText(second)} do` : `${clockText(first)} and later times do`;
  return `${times} not exist on ${date} in ${zone}: runs once, at ${to}.`;
}

function overlapNote(
  { isFixedTime }: CronExpression,
  label: LocalMs,
  zone: TimeZone,
  pass: 'first' | 'second',
): string {
  const twice = `${clockText(label)} comes twice on ${dateText(label)} in ${zone}`;
  return isFixedTime ? `${twice}: runs the ${pass} time only.` : `${twice}: runs both times, this is the ${pass}.`;
}

function dateText(label: LocalMs): string {
  const { year, month, day } = labelOf(label);
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
}

/** HH:MM, with the seconds when there are any. */
function clockText(label: LocalMs): string {
  const { hour, minute, second } = labelOf(label);
  return `${two(hour)}:${two(minute)}${second === 0 ? '' : `:${two(second)}`}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
