import type { WaitReason } from '../delivery/delivery-state.js';
import type { DurationMs, EpochMicros } from '../values/time.js';

/**
 * A delivery of a campaign has missed its instant when it is this late: within it a campaign keeps its promise, and what
 * is on its way to the gateway is left alone.
 */
export const LATE_AFTER_MS: DurationMs = 60_000;

/** What waits for this reason has had its instant: it goes when its next attempt is due. */
export const NEVER_LATE = 'retry' satisfies WaitReason;

/** The last instant at which a delivery keeps the instant that it has; a microsecond later it gets another one. */
export function keepsInstantUntil(slotAtUs: EpochMicros, waitReason: WaitReason): EpochMicros {
  return waitReason === NEVER_LATE ? Infinity : slotAtUs + LATE_AFTER_MS * 1_000;
}
