import { decideFire, type FireFacts, type MissedRange, type PlannedRun } from '../recurrence/misfire.js';
import type { EpochMs } from '../values/time.js';
import type { ScheduleStatus } from './schedule-words.js';

/** A schedule that may be due, with what else is known of it. */
export interface FiringFacts extends FireFacts {
  /** A run of the schedule is not finished yet. */
  readonly hasUnfinishedRun: boolean;
}

/**
 * What to write when a schedule is fired.
 * - `created`: runs to make. `skipped`: runs that come due while an earlier one is not finished. `missed`: see decideFire.
 * - `nextRunAt`: null when nothing is left.
 * - `status` and `statusReason`: of the schedule from now on.
 */
export interface FiringPlan {
  readonly created: readonly PlannedRun[];
  readonly skipped: readonly PlannedRun[];
  readonly missed: readonly MissedRange[];
  readonly nextRunAt: EpochMs | null;
  readonly status: ScheduleStatus;
  readonly statusReason: string | null;
}

/** Stored as a run's reason when an earlier run was not finished. */
export const OVERLAP = 'OVERLAP';

/**
 * Decides what a due schedule does; the recurrence part is decideFire's.
 *
 * Runs of one schedule do not overlap: what comes due while an earlier run is not finished is skipped, and recorded. The
 * runs that ALL catches up at once are one group in this sense: they are made together. A skipped or missed occurrence
 * does not count towards maxRuns.
 *
 * A poller may look a moment ahead, so that a run is prepared when its time comes: an occurrence that is still ahead is
 * decided as at its own instant, which is neither late nor early.
 */
export function decideFiring(facts: FiringFacts): FiringPlan {
  const now = Math.max(facts.now, facts.dueAt);
  const isOver = facts.maxRuns !== null && facts.maxRuns !== undefined && facts.runCount >= facts.maxRuns;
  // What is skipped is not counted, so the limit must not end the schedule here.
  const maxRuns = facts.hasUnfinishedRun && !isOver ? null : facts.maxRuns;
  const { runs, missed, next } = decideFire({ ...facts, now, maxRuns });
  const created = facts.hasUnfinishedRun ? [] : runs;
  const skipped = facts.hasUnfinishedRun ? runs : [];
  return { created, skipped, missed, nextRunAt: next, ...statusAfter(facts, created.length, next) };
}

function statusAfter(
  facts: FiringFacts,
  createdCount: number,
  next: EpochMs | null,
): Pick<FiringPlan, 'status' | 'statusReason'> {
  if (createdCount > 0 || facts.hasUnfinishedRun) return { status: 'PROCESSING', statusReason: null };
  if (next !== null) return { status: 'PENDING', statusReason: null };
  if (facts.runCount > 0) return { status: 'COMPLETED', statusReason: null };
  const statusReason =
    facts.expression === null
      ? 'Nothing was there to start it in time.'
      : 'Nothing was there to start any of its runs in time.';
  return { status: 'FAILED', statusReason };
}
