import { assertNever } from '../values/result.js';
import type { EpochMs } from '../values/time.js';
import { explainVersion } from '../values/version-conflict.js';
import { decideCancel, decidePause, decideResume, type StatusDecision } from './schedule-lifecycle.js';
import type { ScheduleStatus } from './schedule-words.js';

/** What a person wants of a schedule besides an edit. */
export type ScheduleWish = 'pause' | 'resume' | 'cancel' | 'retry';

/** What the row of a schedule knows at the moment at which a wish is refused. */
export interface ScheduleConflictFacts {
  readonly status: ScheduleStatus;
  readonly statusReason: string | null;
  readonly version: number;
  readonly runCount: number;
  readonly hasUnfinishedRun: boolean;
  readonly scheduledAt: EpochMs | null;
  readonly nextRunAt: EpochMs | null;
  readonly lastRunAt: EpochMs | null;
  readonly updatedAt: EpochMs;
}

/** What a wish comes to: change the schedule, it is so already, or a sentence that says why not. */
export type WishDecision =
  { readonly kind: 'change' } | { readonly kind: 'already' } | { readonly kind: 'refused'; readonly reason: string };

const CONSEQUENCE = {
  pause: 'It cannot be paused any more.',
  resume: 'It cannot be resumed any more.',
  cancel: 'It cannot be cancelled any more.',
  retry: 'Nothing of it is sent any more.',
} as const satisfies Record<ScheduleWish, string>;

/**
 * Whether a wish changes the schedule. What happened to it comes before what its version says, because it says more; and
 * a wish that is fulfilled already is refused all the same when it is for another version.
 */
export function decideWish(
  wish: ScheduleWish,
  facts: ScheduleConflictFacts,
  expectedVersion: number | null,
): WishDecision {
  const decision = decideStatus(wish, facts);
  if (decision === 'tooLate') return { kind: 'refused', reason: `${howItEnded(facts)} ${CONSEQUENCE[wish]}` };
  const reason = explainVersion(facts, expectedVersion);
  return reason === null ? { kind: decision } : { kind: 'refused', reason };
}

/** How a schedule came to its final status, in a sentence. */
export function howItEnded({ status, statusReason }: Pick<ScheduleConflictFacts, 'status' | 'statusReason'>): string {
  switch (status) {
    case 'CANCELLED':
      return 'The schedule was cancelled.';
    case 'COMPLETED':
      return 'The schedule is completed: all its runs have ended.';
    case 'FAILED':
      return `The schedule has failed. ${statusReason ?? ''}`.trim();
    case 'PENDING':
    case 'PROCESSING':
    case 'PAUSED':
      return `The schedule is ${status}.`;
    default:
      return assertNever(status);
  }
}

/** The `current` of a conflict: status, version, number of runs, and the instants that the schedule has. */
export function currentOfSchedule(facts: ScheduleConflictFacts): Readonly<Record<string, unknown>> {
  const { status, version, runCount, scheduledAt, nextRunAt, lastRunAt, updatedAt } = facts;
  const instants = { scheduledAt, nextRunAt, lastRunAt, updatedAt };
  const known = Object.entries(instants).flatMap(([name, at]) =>
    at === null ? [] : [[name, new Date(at).toISOString()] as const],
  );
  return { status, version, runCount, ...Object.fromEntries(known) };
}

function decideStatus(wish: ScheduleWish, { status, hasUnfinishedRun }: ScheduleConflictFacts): StatusDecision {
  switch (wish) {
    case 'pause':
      return decidePause(status);
    case 'resume':
      return decideResume(status);
    case 'cancel':
      return decideCancel(status, hasUnfinishedRun);
    case 'retry':
      return status === 'CANCELLED' ? 'tooLate' : 'change';
    default:
      return assertNever(wish);
  }
}
