import type { CronExpression } from '../recurrence/cron-expression.js';
import type { TimeZone } from '../recurrence/time-zone.js';
import type { EpochMs } from '../values/time.js';
import { firstOccurrence, type OccurrenceBounds } from './schedule-timing.js';
import { isFinal, type RunState, type ScheduleStatus } from './schedule-words.js';

/** Which kinds of outcome the deliveries of a run have. */
export interface RunOutcomes {
  /** Some failed or expired. */
  readonly hasFailed: boolean;
  /** Some are uncertain. */
  readonly hasUncertain: boolean;
  /** Some were sent, delivered or read. */
  readonly hasReached: boolean;
}

/** The state in which a run ends when nothing of it is left in the queue. */
export function endOfRun(outcomes: RunOutcomes): Extract<RunState, 'COMPLETED' | 'COMPLETED_WITH_FAILURES'> {
  return outcomes.hasFailed || outcomes.hasUncertain ? 'COMPLETED_WITH_FAILURES' : 'COMPLETED';
}

/**
 * The status of a schedule that nobody paused or ended. `lastRun` is null when no run of it ever ended.
 * A run whose deliveries all failed makes the schedule FAILED; one uncertain delivery may have arrived, so it does not.
 */
export function statusOfActive(facts: {
  readonly hasUnfinishedRun: boolean;
  readonly hasNextRun: boolean;
  readonly lastRun: RunOutcomes | null;
}): ScheduleStatus {
  if (facts.hasUnfinishedRun) return 'PROCESSING';
  if (facts.hasNextRun) return 'PENDING';
  const { lastRun } = facts;
  const hasReachedNobody = lastRun !== null && lastRun.hasFailed && !lastRun.hasReached && !lastRun.hasUncertain;
  return hasReachedNobody ? 'FAILED' : 'COMPLETED';
}

/** The stored schedule, as far as its next run depends on it. `expression` is null unless it recurs. */
export interface RunFacts extends OccurrenceBounds {
  readonly expression: CronExpression | null;
  readonly zone: TimeZone;
  readonly scheduledAt: EpochMs | null;
  readonly maxRuns: number | null;
  readonly runCount: number;
}

/**
 * When a schedule runs next if nothing of the past is caught up, null when it never does. A single instant that has
 * passed is gone.
 */
export function nextRunFrom(facts: RunFacts, now: EpochMs): EpochMs | null {
  if (facts.expression === null) {
    const { scheduledAt } = facts;
    return scheduledAt !== null && scheduledAt > now && facts.runCount === 0 ? scheduledAt : null;
  }
  if (facts.maxRuns !== null && facts.runCount >= facts.maxRuns) return null;
  return firstOccurrence(facts.expression, facts.zone, facts, now);
}

/** What a wish to change a schedule's status comes to: change it, it is so already, or it cannot be any more. */
export type StatusDecision = 'change' | 'already' | 'tooLate';

/** Pausing: anything that is not final. */
export function decidePause(status: ScheduleStatus): StatusDecision {
  if (status === 'PAUSED') return 'already';
  return isFinal(status) ? 'tooLate' : 'change';
}

/** Resuming: only what is paused changes. */
export function decideResume(status: ScheduleStatus): StatusDecision {
  if (status === 'PAUSED') return 'change';
  return isFinal(status) ? 'tooLate' : 'already';
}

/**
 * Cancelling: anything that has not ended by itself, and what has ended while deliveries of it that a person reopened
 * are still under way: somebody must be able to stop them.
 */
export function decideCancel(status: ScheduleStatus, hasUnfinishedRun: boolean): StatusDecision {
  if (status === 'CANCELLED') return 'already';
  return isFinal(status) && !hasUnfinishedRun ? 'tooLate' : 'change';
}
