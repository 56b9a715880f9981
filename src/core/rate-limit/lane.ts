import type { OpeningHours } from '../openings/openings.js';
import { err, ok, type Result } from '../values/result.js';
import type { EpochMicros } from '../values/time.js';
import type { Violation } from '../values/violation.js';
import { callSlackUs, nextPermitAt, permitsAt, takePermits } from './gcra.js';
import { laneDay, type LaneDay } from './lane-day.js';
import { at, checkWholeNumber, makeQuota, type Quota, QUOTA_LIMITS } from './quota.js';

const MICROS_PER_SECOND = 1_000_000;

/**
 * Instants at which a closed lane is asked when it opens. Two or three do, unless the clock was far ahead when the day's
 * count was written, or the hours never open; then the last instant is too early, and the lane is asked again there.
 */
const MOST_LOOKS = 400;

/** Bounds of the gates that a lane has besides its quota, both inclusive. */
export const LANE_LIMITS = { minSpacingSeconds: { min: 0, max: 86_400 }, perDay: { min: 1, max: 10_000_000 } } as const;

/** What a channel's lane allows besides its hours: all gates have to be open for a message to go. */
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

/** What may keep a lane closed: its hours, its daily cap, the distance between two messages, its rate. */
export type LaneGate = 'window' | 'dailyCap' | 'spacing' | 'rate';

/** One gate of a lane at an instant. */
export interface LaneGateState {
  readonly reason: LaneGate;
  /** Messages that this gate lets through now, Infinity when it counts none; 0 while it is closed. */
  readonly permits: number;
  /** The instant itself while it is open, else when it opens if nothing is taken before. */
  readonly opensAtUs: EpochMicros;
}

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

/** All gates of a lane at `nowUs`, whose day is `day`, in a fixed order. */
export function laneGates(
  policy: LanePolicy,
  state: LaneState,
  nowUs: EpochMicros,
  day: LaneDay,
): readonly LaneGateState[] {
  const left = policy.perDay === null ? Infinity : policy.perDay - takenOn(state, day.dayKey);
  return [
    { reason: 'window', permits: day.opensAtUs > nowUs ? 0 : Infinity, opensAtUs: day.opensAtUs },
    { reason: 'dailyCap', permits: Math.max(0, left), opensAtUs: left > 0 ? nowUs : day.nextDayStartUs },
    { reason: 'spacing', ...spacingGate(policy, state, nowUs) },
    {
      reason: 'rate',
      permits: permitsAt(policy.quota, state.tatUs, nowUs),
      opensAtUs: nextPermitAt(policy.quota, state.tatUs, nowUs),
    },
  ];
}

/**
 * How many messages of a channel may go at `nowUs`, or when the next one may and which gate says so. `day` is the lane's
 * day at `nowUs`, for a caller that has it already.
 *
 * The calls that the permits allow follow a little later; {@link takeFromLane} books them so that no window of calls
 * holds too many either, as long as a call follows its permit within the quota's slack.
 */
export function decideLane(
  policy: LanePolicy,
  state: LaneState,
  nowUs: EpochMicros,
  hours: OpeningHours,
  day: LaneDay = laneDay(hours, nowUs),
): LaneDecision {
  let gates = laneGates(policy, state, nowUs, day);
  const permits = permitsOf(gates);
  if (permits > 0) return { permits, closedUntilUs: null, reason: null };
  // When one gate opens, the hours may be over or the next day's cap in force: so it is asked again from there on.
  for (let looks = 1; ; looks += 1) {
    const last = lastToOpen(gates);
    gates = laneGates(policy, state, last.opensAtUs, laneDay(hours, last.opensAtUs));
    if (permitsOf(gates) > 0 || looks === MOST_LOOKS) {
      return { permits: 0, closedUntilUs: last.opensAtUs, reason: last.reason };
    }
  }
}

/**
 * The lane's state after `n` messages were taken at `nowUs`, whose day is `day`; the last of them goes at `lastUs`, which
 * is later when it is not due yet.
 *
 * `n` is at most what {@link decideLane} permitted for the same state and instant; more throws, because then the
 * program is wrong. 0 leaves the state as it is.
 */
export function takeFromLane(
  policy: LanePolicy,
  state: LaneState,
  nowUs: EpochMicros,
  n: number,
  day: LaneDay,
  lastUs: EpochMicros = nowUs,
): LaneState {
  if (n === 0) return state;
  if (n > permitsOf(laneGates(policy, state, nowUs, day))) {
    throw new Error(`${n} permits taken from a lane that is closed for them`);
  }
  return {
    tatUs: takePermits(policy.quota, state.tatUs, lastUs + callSlackUs(policy.quota), n),
    lastTakenUs: Math.max(state.lastTakenUs, lastUs),
    day: state.day !== null && state.day > day.dayKey ? state.day : day.dayKey,
    sentToday: takenOn(state, day.dayKey) + n,
  };
}

/** The lane's state after messages went at `nowUs` that need no permit: only the next distance counts from them. */
export function passLane(state: LaneState, nowUs: EpochMicros): LaneState {
  return { ...state, lastTakenUs: Math.max(state.lastTakenUs, nowUs) };
}

/**
 * Permits that count against the cap of a local date. Only a later date starts at 0: if the clock or the channel's zone
 * goes back over midnight, the count goes on, or the same day would be given out twice.
 */
export function takenOn(state: LaneState, dayKey: string): number {
  return state.day !== null && dayKey <= state.day ? state.sentToday : 0;
}

function permitsOf(gates: readonly LaneGateState[]): number {
  return Math.min(...gates.map((gate) => gate.permits));
}

/** The closed gate that opens last; of several at the same instant the first in the order of the gates. */
function lastToOpen(gates: readonly LaneGateState[]): LaneGateState {
  return gates
    .filter((gate) => gate.permits === 0)
    .reduce((latest, gate) => (gate.opensAtUs > latest.opensAtUs ? gate : latest));
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
