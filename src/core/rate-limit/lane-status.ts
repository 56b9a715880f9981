import type { OpeningHours } from '../openings/openings.js';
import type { EpochMicros } from '../values/time.js';
import { bucketStatus } from './gcra.js';
import { laneDay } from './lane-day.js';
import { decideLane, laneGates, takenOn, type LanePolicy, type LaneState } from './lane.js';

/** A lane with everything that keeps it from giving permits. */
export interface LaneInQuestion {
  readonly policy: LanePolicy;
  readonly hours: OpeningHours;
  readonly state: LaneState;
  /** The provider asked for a pause until then; 0 when it did not. */
  readonly heldUntilUs: EpochMicros;
}

/** A lane in the words of people. */
export interface LaneStatus {
  /** Messages that could go right now, with fractions; 0 while anything holds the lane. */
  readonly availableTokens: number;
  readonly capacity: number;
  /** Seconds until the next message may go if nothing goes before; 0 when one may go now. */
  readonly waitSeconds: number;
  /** Messages that count against the cap of the present local date. */
  readonly sentToday: number;
}

/** What a lane allows at `nowUs`, by the functions that dispatch by it. */
export function laneStatus({ policy, hours, state, heldUntilUs }: LaneInQuestion, nowUs: EpochMicros): LaneStatus {
  const day = laneDay(hours, nowUs);
  const fromUs = Math.max(nowUs, heldUntilUs);
  const { closedUntilUs } = decideLane(policy, state, fromUs, hours);
  const bucket = bucketStatus(policy.quota, state.tatUs, nowUs);
  // The bucket may hold tokens while the hours, the daily cap or the spacing allow fewer.
  const others = laneGates(policy, state, nowUs, day).filter((gate) => gate.reason !== 'rate');
  const mostAtOnce = heldUntilUs > nowUs ? 0 : Math.min(...others.map((gate) => gate.permits));
  return {
    availableTokens: Math.min(bucket.availableTokens, mostAtOnce),
    capacity: bucket.capacity,
    waitSeconds: ((closedUntilUs ?? fromUs) - nowUs) / 1_000_000,
    sentToday: takenOn(state, day.dayKey),
  };
}
