import type { OpeningHours } from '../openings/openings.js';
import { decideLane, takeFromLane, type LanePolicy, type LaneState } from '../rate-limit/lane.js';
import { laneDay } from '../rate-limit/lane-day.js';
import type { EpochMicros } from '../values/time.js';

/** A lane from an instant on. */
export interface LaneStart {
  readonly policy: LanePolicy;
  readonly hours: OpeningHours;
  readonly state: LaneState;
  readonly fromUs: EpochMicros;
}

/** Some permits that a lane gives at one instant, with its state when all of them are taken. */
interface Step {
  readonly atUs: EpochMicros;
  /** 0 when the lane's opening is so far away that it was not found: then the instant is too early. */
  readonly permits: number;
  readonly before: LaneState;
  readonly after: LaneState;
  /** Permits given up to and with this step. */
  readonly count: number;
}

/** The permits of a lane to come, if each is taken at once and nothing else is. */
export interface PermitsToCome {
  /** When the n-th permit is given, n from 1. */
  instantOf(n: number): EpochMicros;
  /** What is left of `n` deliveries, and the lane's state, when those have gone that got a permit before `untilUs`. */
  leaveAt(untilUs: EpochMicros, n: number): { readonly left: number; readonly state: LaneState };
}

/** Works out only as many steps as are asked for, and each once: the deliveries of a page share their lane's. */
export function permitsToCome({ policy, hours, state, fromUs }: LaneStart): PermitsToCome {
  const steps: Step[] = [];
  const take = (before: LaneState, atUs: EpochMicros, n: number): LaneState =>
    takeFromLane(policy, before, atUs, n, laneDay(hours, atUs));
  const follow = (before: LaneState, fromUsOn: EpochMicros, count: number): Step => {
    const now = decideLane(policy, before, fromUsOn, hours);
    if (now.closedUntilUs === null) return step(before, fromUsOn, count, now.permits);
    return step(before, now.closedUntilUs, count, decideLane(policy, before, now.closedUntilUs, hours).permits);
  };
  const step = (before: LaneState, atUs: EpochMicros, count: number, permits: number): Step => ({
    atUs,
    permits,
    before,
    after: take(before, atUs, permits),
    count: count + permits,
  });
  const stepAt = (index: number): Step => {
    for (let next = steps.length; next <= index; next += 1) {
      const last = steps[next - 1];
      steps.push(last ? follow(last.after, last.atUs, last.count) : follow(state, fromUs, 0));
    }
    return steps[index] as Step;
  };
  return {
    instantOf: (n) => {
      for (let index = 0; ; index += 1) {
        const { atUs, count, permits } = stepAt(index);
        if (count >= n || permits === 0) return atUs;
      }
    },
    leaveAt: (untilUs, n) => {
      for (let index = 0, left = n, reached = state; ; index += 1) {
        const { atUs, before, after, permits } = stepAt(index);
        if (left === 0 || atUs >= untilUs || permits === 0) return { left, state: reached };
        reached = left < permits ? take(before, atUs, left) : after;
        left -= Math.min(left, permits);
      }
    },
  };
}
