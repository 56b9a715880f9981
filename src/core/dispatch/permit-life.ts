import type { DurationMs } from '../values/time.js';

/**
 * A call that has not begun so long after its permit does not begin any more: its permit is forfeited, the delivery
 * waits for another. So in any window of t a channel is called at most burst + rate × (t + this) times, however long a
 * process was stopped or a gateway made its queue wait; and no lease is over before its calls have begun. What remains,
 * the moment between this check and the first byte, cannot be closed by any sender.
 */
export const PERMIT_LIFE_MS = 2_000;

/** Whether a call may still begin on a permit; both instants are of one process's monotonic clock. */
export function isPermitAlive(claimedAtMs: DurationMs, nowMs: DurationMs): boolean {
  return nowMs - claimedAtMs <= PERMIT_LIFE_MS;
}
