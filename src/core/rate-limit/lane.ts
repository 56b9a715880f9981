import { err, ok, type Result } from '../values/result.js';
import type { EpochMicros } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import { callSlackUs, nextPermitAt, permitsAt, takePermits } from './gcra.js';
import { at, checkWholeNumber, makeQuota, type Quota, QUOTA_LIMITS } from './quota.js';

const MICROS_PER_SECOND = 1_000_000;

/** Bounds of the gates that a lane has besides its quota, both inclusive. */
export const LANE_LIMITS = { minSpacingSeconds: { min: 0, max: 86_400 }, perDay: { min: 1, max: 10_000_000 } } as const;

/** What a channel's lane allows: all three gates have to be open for a message to go. */
export interface LanePolicy {
  /** Sustained rate and burst. */
  readonly quota: Quota;
  /** At least this many seconds between two messages; 0 for none. Above 0 a lane gives one permit at a time. */
  readonly minSpacingSeconds: number;
  /** At most this many messages a local calendar day of the channel; null for no cap. */
  readonly perDay: number | null;
}

/** The stored state of a lane. */
export interface LaneState {
  /** Theoretical arrival time of the quota (see gcra.ts); 0 when never used. */
  readonly tatUs: EpochMicros;
  /** When the last permit was taken; 0 when never. */
  readonly lastTakenUs: EpochMicros;
  /** The local date, YYYY-MM-DD, that `sentToday` counts; null when nothing was ever sent. */
  readonly day: string | null;
  /** Permits taken on `day`. */
  readonly sentToday: number;
}

/** The channel's local calendar day at the instant of the decision; the core knows no time zones. */
export interface LaneDay {
  /** The local date, YYYY-MM-DD. */
  readonly dayKey: string;
  /** The first instant of the next local date. */
  readonly nextDayStartUs: EpochMicros;
}

/** The gate that keeps a lane closed the longest. */
export type LaneGate = 'rate' | 'spacing' | 'dailyCap';

/** What a lane allows now: some permits, or none until an instant, because of a gate. */
export interface LaneDecision {
  /** Messages that may go now; 0 when the lane is closed. */
  readonly permits: number;
  /** When the lane opens if nothing is taken before; null when it is open. */
  readonly closedUntilUs: EpochMicros | null;
  /** The gate that opens last; null when the lane is open. */
  readonly reason: LaneGate | null;
}

/** A lane on which nothing was sent yet. */
export const UNUSED_LANE: LaneState = { tatUs: 0, lastTakenUs: 0, day: null, sentToday: 0 };

/** The validated lane policy of a channel, or every bound that its numbers break. `path` is as in {@link makeQuota}. */
export function makeLanePolicy(
  input: {
    readonly perMinute: number;
    readonly burst: number;
    readonly minSpacingSeconds: number;
    readonly perDay: number | null;
    readonly perContactPerMinute: number | null;
  },
  path = '',
): Result<LanePolicy, readonly Violation[]> {
  const quota = makeQuota(input, path);
  const violations = [
    ...(quota.ok ? [] : quota.error),
    ...checkWholeNumber(input.minSpacingSeconds, LANE_LIMITS.minSpacingSeconds, at(path, 'minSpacingSeconds')),
    ...(input.perDay === null ? [] : checkWholeNumber(input.perDay, LANE_LIMITS.perDay, at(path, 'perDay'))),
    ...(input.perContactPerMinute === null
      ? []
      : checkWholeNumber(input.perContactPerMinute, QUOTA_LIMITS.perMinute, at(path, 'perContactPerMinute'))),
  ];
  if (!quota.ok || violations.length > 0) return err(violations);
  return ok({ quota: quota.value, minSpacingSeconds: input.minSpacingSeconds, perDay: input.perDay });
}

/**
 * How many messages of a channel may go at `nowUs`, or when the next one may and which gate says so.
 *
 * The calls that the permits allow follow a little later; {@link takeFromLane} books them so that no window of calls
 * holds too many either, as long as a call follows its permit within the quota's slack.
 */
export function decideLane(policy: LanePolicy, state: LaneState, nowUs: EpochMicros, day: LaneDay): LaneDecision {
  const left = policy.perDay === null ? Infinity : policy.perDay - takenOn(state, day.dayKey);
  const gates: readonly { readonly reason: LaneGate; readonly permits: number; readonly opensAtUs: EpochMicros }[] = [
    { reason: 'dailyCap', permits: Math.max(0, left), opensAtUs: left > 0 ? nowUs : day.nextDayStartUs },
    { reason: 'spacing', ...spacingGate(policy, state, nowUs) },
    {
      reason: 'rate',
      permits: permitsAt(policy.quota, state.tatUs, nowUs),
      opensAtUs: nextPermitAt(policy.quota, state.tatUs, nowUs),
    },
  ];
  const permits = Math.min(...gates.map((gate) => gate.permits));
  if (permits > 0) return { permits, closedUntilUs: null, reason: null };
  const closed = gates.filter((gate) => gate.permits === 0);
  const last = closed.reduce((latest, gate) => (gate.opensAtUs > latest.opensAtUs ? gate : latest));
  return { permits: 0, closedUntilUs: last.opensAtUs, reason: last.reason };
}

/**
 * The lane's state after `n` messages were taken at `nowUs` on the local date `dayKey`.
 *
 * `n` is at most what {@link decideLane} permitted for the same state and instant; more throws, because then the
 * program is wrong. 0 leaves the state as it is.
 */
export function takeFromLane(
  policy: LanePolicy,
  state: LaneState,
  nowUs: EpochMicros,
  n: number,
  dayKey: string,
): LaneState {
  if (n === 0) return state;
  const taken = takenOn(state, dayKey);
  const spaced = spacingGate(policy, state, nowUs).permits;
  const permitted = Math.min(spaced, permitsAt(policy.quota, state.tatUs, nowUs));
  if (n > permitted || (policy.perDay !== null && taken + n > policy.perDay)) {
    throw new Error(`${n} permits taken from a lane that is closed for them`);
  }
  return {
    tatUs: takePermits(policy.quota, state.tatUs, nowUs + callSlackUs(policy.quota), n),
    lastTakenUs: Math.max(state.lastTakenUs, nowUs),
    day: state.day !== null && state.day > dayKey ? state.day : dayKey,
    sentToday: taken + n,
  };
}

/**
 * Permits that count against the cap of a local date. Only a later date starts at 0: if the clock or the channel's zone
 * goes back over midnight, the count goes on, or the same day would be given out twice.
 */
function takenOn(state: LaneState, dayKey: string): number {
  return state.day !== null && dayKey <= state.day ? state.sentToday : 0;
}

function spacingGate(
  policy: LanePolicy,
  state: LaneState,
  nowUs: EpochMicros,
): { permits: number; opensAtUs: EpochMicros } {
  if (policy.minSpacingSeconds === 0) return { permits: Infinity, opensAtUs: nowUs };
  const opensAtUs =
    state.lastTakenUs === 0 ? nowUs : Math.max(nowUs, state.lastTakenUs + policy.minSpacingSeconds * MICROS_PER_SECOND);
  return { permits: opensAtUs > nowUs ? 0 : 1, opensAtUs };
}
