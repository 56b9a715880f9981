import { parseCron, type CronExpression } from '../recurrence/cron-expression.js';
import { nextOccurrence } from '../recurrence/next-occurrence.js';
import type { TimeZone } from '../recurrence/time-zone.js';
import { assertNever } from '../values/result.js';
import type { EpochMs } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import type { ScheduleType } from './schedule-words.js';

/** The fields of a schedule that say when. null and absent are the same: not given. */
export interface TimingDraft {
  readonly type: ScheduleType;
  readonly scheduledAt?: EpochMs | null | undefined;
  readonly cronExpression?: string | null | undefined;
  readonly startsAt?: EpochMs | null | undefined;
  readonly endsAt?: EpochMs | null | undefined;
  readonly maxRuns?: number | null | undefined;
  readonly misfireGraceSeconds?: number | null | undefined;
  /** Whether and how is checked apart: see core/planning. */
  readonly campaign?: object | null | undefined;
}

/** A recurring schedule's bounds: `startsAt` is inside, `endsAt` is not. */
export interface OccurrenceBounds {
  readonly startsAt?: EpochMs | null | undefined;
  readonly endsAt?: EpochMs | null | undefined;
}

/** The first run of a schedule, null when it has none of its own accord (IMMEDIATE) or the draft is wrong. */
export interface CheckedTiming {
  readonly violations: readonly Violation[];
  readonly nextRunAt: EpochMs | null;
}

/** How far ahead a single instant may lie, in days. */
export const MAX_DAYS_AHEAD = 366;
const MS_PER_DAY = 86_400_000;

const NOT_APPLICABLE = {
  IMMEDIATE: ['scheduledAt', 'cronExpression', 'startsAt', 'endsAt', 'maxRuns', 'misfireGraceSeconds', 'campaign'],
  FUTURE: ['cronExpression', 'startsAt', 'endsAt', 'maxRuns', 'campaign'],
  RECURRING: ['scheduledAt', 'campaign'],
  CAMPAIGN: ['scheduledAt', 'cronExpression', 'startsAt', 'endsAt', 'maxRuns', 'misfireGraceSeconds'],
} as const satisfies Record<ScheduleType, readonly (keyof TimingDraft)[]>;

/** The fields among `given` that a schedule of this type does not have. */
export function notApplicable(type: ScheduleType, given: Readonly<Record<string, unknown>>): Violation[] {
  return NOT_APPLICABLE[type]
    .filter((field) => isGiven(given[field]))
    .map((field) => ({
      field: `input.${field}`,
      message: `does not apply to a schedule of type ${type}`,
      rule: 'notApplicable',
    }));
}

/**
 * Everything that is wrong with when a schedule is to run, and when it would run first after `now`.
 *
 * `zone` null: the zone itself was refused, so that nothing can be said about occurrences. A field that does not apply
 * to the type is a violation and never silently ignored, because whoever wrote it expects it to do something.
 */
export function checkTiming(draft: TimingDraft, zone: TimeZone | null, now: EpochMs): CheckedTiming {
  const foreign = notApplicable(draft.type, { ...draft });
  const own = checkOwnFields(draft, zone, now);
  return { violations: [...foreign, ...own.violations], nextRunAt: foreign.length > 0 ? null : own.nextRunAt };
}

/** The first occurrence strictly after `now` within the bounds, or null. */
export function firstOccurrence(
  expression: CronExpression,
  zone: TimeZone,
  bounds: OccurrenceBounds,
  now: EpochMs,
): EpochMs | null {
  const after = Math.max(now, (bounds.startsAt ?? Number.NEGATIVE_INFINITY) - 1);
  const next = nextOccurrence(expression, zone, after);
  return next !== null && next < (bounds.endsAt ?? Number.POSITIVE_INFINITY) ? next : null;
}

/** Why an expression was refused, in the words of the API. */
export function readCron(text: string, field: string): { expression: CronExpression | null; violations: Violation[] } {
  const parsed = parseCron(text);
  if (parsed.ok) return { expression: parsed.value, violations: [] };
  const rule = parsed.error.kind === 'neverMatches' ? 'cron.neverMatches' : 'cron.invalid';
  return { expression: null, violations: [{ field, message: parsed.error.message, rule }] };
}

function checkOwnFields(draft: TimingDraft, zone: TimeZone | null, now: EpochMs): CheckedTiming {
  switch (draft.type) {
    case 'IMMEDIATE':
      return { violations: [], nextRunAt: null };
    case 'FUTURE':
      return checkInstant(draft.scheduledAt ?? null, now);
    case 'RECURRING':
      return checkRecurring(draft, zone, now);
    case 'CAMPAIGN':
      return isGiven(draft.campaign)
        ? { violations: [], nextRunAt: null }
        : refused('input.campaign', 'is needed for a schedule of type CAMPAIGN', 'required');
    default:
      return assertNever(draft.type);
  }
}

function checkInstant(at: EpochMs | null, now: EpochMs): CheckedTiming {
  const field = 'input.scheduledAt';
  if (at === null) return refused(field, 'is needed for a schedule of type FUTURE', 'required');
  if (at <= now) return refused(field, 'must be ahead of now', 'future');
  if (at > now + MAX_DAYS_AHEAD * MS_PER_DAY) {
    return refused(field, `must be at most ${MAX_DAYS_AHEAD} days ahead`, 'maxDaysAhead');
  }
  return { violations: [], nextRunAt: at };
}

function checkRecurring(draft: TimingDraft, zone: TimeZone | null, now: EpochMs): CheckedTiming {
  const { startsAt, endsAt, cronExpression } = draft;
  const bounds = checkBounds(startsAt ?? null, endsAt ?? null, now);
  if (cronExpression === null || cronExpression === undefined) {
    const message = 'is needed for a schedule of type RECURRING';
    return {
      violations: [{ field: 'input.cronExpression', message, rule: 'required' }, ...bounds],
      nextRunAt: null,
    };
  }
  const { expression, violations } = readCron(cronExpression, 'input.cronExpression');
  if (expression === null || bounds.length > 0 || zone === null) {
    return { violations: [...violations, ...bounds], nextRunAt: null };
  }
  const nextRunAt = firstOccurrence(expression, zone, { startsAt, endsAt }, now);
  if (nextRunAt !== null) return { violations: [], nextRunAt };
  const field = endsAt === null || endsAt === undefined ? 'input.cronExpression' : 'input.endsAt';
  return refused(field, 'leaves no occurrence of the expression', 'noOccurrence');
}

function checkBounds(startsAt: EpochMs | null, endsAt: EpochMs | null, now: EpochMs): Violation[] {
  if (endsAt === null) return [];
  const field = 'input.endsAt';
  const violations: Violation[] = [];
  if (endsAt <= now) violations.push({ field, message: 'must be ahead of now', rule: 'future' });
  if (startsAt !== null && startsAt >= endsAt) {
    violations.push({ field, message: 'must be later than startsAt', rule: 'afterStart' });
  }
  return violations;
}

function refused(field: string, message: string, rule: string): CheckedTiming {
  return { violations: [{ field, message, rule }], nextRunAt: null };
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined;
}
