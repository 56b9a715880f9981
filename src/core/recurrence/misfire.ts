import type { DurationMs, EpochMs } from '../values/time.js';
import { MS_PER_DAY, MS_PER_HOUR, MS_PER_MINUTE } from './civil-date.js';
import type { CronExpression } from './cron-expression.js';
import {
  DEFAULT_DST_POLICY,
  nextOccurrence,
  occurrencesBetween,
  periodAfter,
  type DstPolicy,
} from './next-occurrence.js';
import type { TimeZone } from './time-zone.js';

/**
 * What happens to occurrences that came due while nobody fired them.
 *
 * - `LATEST`: the newest one runs when it is within the grace; it stands for the older ones.
 * - `NONE`: nothing is caught up. The newest one runs only when it is merely late, by no more than the default grace
 *   of its period; a longer grace that was configured does not count.
 * - `ALL`: those of the last 24 hours run, at most 100 and then the newest 100, in their order. The newest one also
 *   runs when it is older than that and within the grace, so that ALL never does less than LATEST.
 */
export const MisfirePolicy = { LATEST: 'LATEST', NONE: 'NONE', ALL: 'ALL' } as const;
export type MisfirePolicy = (typeof MisfirePolicy)[keyof typeof MisfirePolicy];

/**
 * Why an occurrence did not run. `TOO_LATE`: it was noticed after its grace, or under ALL after 24 hours.
 * `SUPERSEDED`: under LATEST a newer one runs for it. `NO_CATCH_UP`: under NONE only the newest one may run.
 * `OVER_LIMIT`: under ALL there were more than may run at once.
 */
export const MissedReason = {
  TOO_LATE: 'TOO_LATE',
  SUPERSEDED: 'SUPERSEDED',
  NO_CATCH_UP: 'NO_CATCH_UP',
  OVER_LIMIT: 'OVER_LIMIT',
} as const;
export type MissedReason = (typeof MissedReason)[keyof typeof MissedReason];

/**
 * A schedule that may be due, as stored, and the instant at which that is decided.
 * `dueAt` is the stored next occurrence; `expression` is null for a one-shot. `graceMs` null means {@link defaultGraceMs}.
 * `startsAt` (inclusive) and `endsAt` (exclusive) bound nominal instants. `runCount` is the number of runs created so
 * far; occurrences that were missed do not count towards `maxRuns`.
 */
export interface FireFacts {
  readonly dueAt: EpochMs;
  readonly expression: CronExpression | null;
  readonly zone: TimeZone;
  readonly now: EpochMs;
  readonly policy: MisfirePolicy;
  readonly graceMs: DurationMs | null;
  readonly startsAt?: EpochMs | null | undefined;
  readonly endsAt?: EpochMs | null | undefined;
  readonly maxRuns?: number | null | undefined;
  readonly runCount: number;
  readonly dst?: DstPolicy;
}

/** A run to create: its identity is the nominal `dueAt`, `lateByMs` is how long ago that was. */
export interface PlannedRun {
  readonly dueAt: EpochMs;
  readonly lateByMs: DurationMs;
}

/**
 * Neighbouring occurrences that do not run, for one reason: `from` is the first of them and `to` the last, both
 * included. `count` is exact unless `countIsAtLeast`: then there are more than {@link MAX_COUNTED}.
 */
export interface MissedRange {
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly count: number;
  readonly countIsAtLeast: boolean;
  readonly reason: MissedReason;
}

/**
 * What to write when a schedule is fired. `runs` and `missed` are in order and hold every due occurrence exactly once.
 * `next` is later than all of them and than now. `completed` (then `next` is null): the schedule has nothing left.
 */
export interface FirePlan {
  readonly runs: readonly PlannedRun[];
  readonly missed: readonly MissedRange[];
  readonly next: EpochMs | null;
  readonly completed: boolean;
}

const MIN_GRACE_MS: DurationMs = MS_PER_MINUTE;
const MAX_RECURRING_GRACE_MS: DurationMs = MS_PER_HOUR;
const ONE_SHOT_GRACE_MS: DurationMs = MS_PER_DAY;

/** How far back ALL reaches, and how many runs it creates at most at one time. */
export const CATCH_UP_WINDOW_MS: DurationMs = MS_PER_DAY;
export const MAX_CATCH_UP_RUNS = 100;

/** Missed occurrences are counted one by one up to here: a schedule of every second that lay down for a year has 31 million. */
export const MAX_COUNTED = 3_000;

/**
 * How late an occurrence may be noticed and still run, in milliseconds: half the period, at most an hour and at least
 * 60 s (a poll and a restart fit in); a one-shot, which no later occurrence replaces, 24 hours. design.md section 5.
 */
export function defaultGraceMs(period: DurationMs | 'oneShot'): DurationMs {
  if (period === 'oneShot') return ONE_SHOT_GRACE_MS;
  return Math.max(MIN_GRACE_MS, Math.min(Math.floor(period / 2), MAX_RECURRING_GRACE_MS));
}

/**
 * Decides what a due schedule does: which occurrences up to now run, which are missed and why, and what is next.
 *
 * Edges: not due yet (`dueAt > now`) plans nothing and keeps `dueAt`. An occurrence exactly as late as the grace runs.
 * `dueAt` counts as an occurrence even when the expression no longer names it (a new tz database). When `runCount` has
 * reached `maxRuns` nothing is due: the schedule was over before. When fewer runs are left than ALL would create, the
 * newest run. The work is bounded however long the schedule lay down: nothing walks through all occurrences.
 */
export function decideFire(facts: FireFacts): FirePlan {
  const remaining = (facts.maxRuns ?? Number.POSITIVE_INFINITY) - facts.runCount;
  if (remaining <= 0) return planOf([], [], null);

  const first = firstDue(facts);
  if (first === null) return planOf([], [], nextDue(facts));

  const until = Math.min(facts.now, lastNominal(facts));
  const limit = facts.policy === 'ALL' ? Math.min(MAX_CATCH_UP_RUNS, remaining) : 1;
  const newest = newestOccurrences(facts, first, until, 1)[0]!;
  const graceMs = graceOf(facts, newest);
  const runs = (limit === 1 ? [newest] : newestOccurrences(facts, first, until, limit))
    .map((dueAt) => ({ dueAt, lateByMs: facts.now - dueAt }))
    .filter(
      ({ dueAt, lateByMs }) =>
        (dueAt === newest && lateByMs <= graceMs) || (facts.policy === 'ALL' && lateByMs <= CATCH_UP_WINDOW_MS),
    );

  const missedUntil = runs[0] === undefined ? until : runs[0].dueAt - 1;
  const missed = missedUntil < first ? [] : missedRanges(facts, first, missedUntil, runs.length > 0);
  return planOf(runs, missed, runs.length === remaining ? null : nextDue(facts));
}

function planOf(runs: readonly PlannedRun[], missed: readonly MissedRange[], next: EpochMs | null): FirePlan {
  return { runs, missed, next, completed: next === null };
}

function lastNominal({ endsAt }: FireFacts): EpochMs {
  return endsAt === null || endsAt === undefined ? Number.POSITIVE_INFINITY : endsAt - 1;
}

/** The oldest occurrence within the schedule's bounds that is due by now, or null. */
function firstDue(facts: FireFacts): EpochMs | null {
  const startsAt = facts.startsAt ?? Number.NEGATIVE_INFINITY;
  const first = facts.dueAt >= startsAt ? facts.dueAt : occurrenceAfter(facts, startsAt - 1);
  return first !== null && first <= facts.now && first <= lastNominal(facts) ? first : null;
}

/** The first occurrence within the bounds that is not due by now, or null. */
function nextDue(facts: FireFacts): EpochMs | null {
  const startsAt = facts.startsAt ?? Number.NEGATIVE_INFINITY;
  const isStillAhead = facts.dueAt > facts.now && facts.dueAt >= startsAt;
  const next = isStillAhead ? facts.dueAt : occurrenceAfter(facts, Math.max(facts.now, startsAt - 1));
  return next !== null && next <= lastNominal(facts) ? next : null;
}

function occurrenceAfter({ expression, zone, dst = DEFAULT_DST_POLICY }: FireFacts, after: EpochMs): EpochMs | null {
  return expression === null ? null : nextOccurrence(expression, zone, after, dst);
}

function graceOf(facts: FireFacts, newest: EpochMs): DurationMs {
  const { expression, zone, dst = DEFAULT_DST_POLICY, graceMs, policy } = facts;
  const period =
    expression === null
      ? ('oneShot' as const)
      : (periodAfter(expression, zone, newest, dst) ?? Number.POSITIVE_INFINITY);
  const byDefault = defaultGraceMs(period);
  if (graceMs === null) return byDefault;
  return policy === 'NONE' ? Math.min(graceMs, byDefault) : graceMs;
}

/** The newest occurrences from `first`, which is one, to `until`: at most `limit`, oldest first. */
function newestOccurrences(facts: FireFacts, first: EpochMs, until: EpochMs, limit: number): EpochMs[] {
  const { expression, zone, dst = DEFAULT_DST_POLICY } = facts;
  if (expression === null) return [first];
  const laterThan = (instant: EpochMs): EpochMs[] =>
    occurrencesBetween(expression, zone, instant, until, limit + 1, dst);

  const all = laterThan(first);
  if (all.length <= limit) return [first, ...all].slice(-limit);
  // There is no search backwards; the number of occurrences after an instant falls as it moves on, so bisect for the instant.
  let tooMany = first;
  let few = until;
  while (few - tooMany > 1) {
    const middle = Math.floor((tooMany + few) / 2);
    if (laterThan(middle).length > limit) tooMany = middle;
    else few = middle;
  }
  return laterThan(few);
}

function missedRanges(facts: FireFacts, first: EpochMs, until: EpochMs, someRun: boolean): MissedRange[] {
  if (!someRun) return [rangeOf(facts, first, until, 'TOO_LATE')];
  if (facts.policy === 'LATEST') return [rangeOf(facts, first, until, 'SUPERSEDED')];
  if (facts.policy === 'NONE') return [rangeOf(facts, first, until, 'NO_CATCH_UP')];

  const windowStart = facts.now - CATCH_UP_WINDOW_MS;
  const firstInWindow = first >= windowStart ? first : occurrenceAfter(facts, windowStart - 1);
  if (firstInWindow === null || firstInWindow > until) return [rangeOf(facts, first, until, 'TOO_LATE')];
  const overLimit = rangeOf(facts, firstInWindow, until, 'OVER_LIMIT');
  return firstInWindow === first ? [overLimit] : [rangeOf(facts, first, firstInWindow - 1, 'TOO_LATE'), overLimit];
}

/** The range of all occurrences from `from`, which is one, to `until`, which need not be. */
function rangeOf(facts: FireFacts, from: EpochMs, until: EpochMs, reason: MissedReason): MissedRange {
  const { expression, zone, dst = DEFAULT_DST_POLICY } = facts;
  const counted = expression === null ? [] : occurrencesBetween(expression, zone, from, until, MAX_COUNTED, dst);
  const to = newestOccurrences(facts, from, until, 1)[0]!;
  const countIsAtLeast = counted.length === MAX_COUNTED;
  return { from, to, count: countIsAtLeast ? MAX_COUNTED : counted.length + 1, countIsAtLeast, reason };
}
