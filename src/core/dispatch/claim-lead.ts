import type { LaneDay } from '../rate-limit/lane-day.js';
import type { LanePolicy } from '../rate-limit/lane.js';
import type { DurationMs, EpochMicros } from '../values/time.js';

/**
 * A delivery is claimed, and its text written, up to this long before it is due; at its instant only the intent is left,
 * and what is decided then (a pause, a cancel, an opt-out, the channel's hours) is decided as late as ever.
 *
 * Long enough for a claim on a database that is busy; short beside the life of a permit. A delivery that needs a distance
 * to the message before it is claimed when it is due and no sooner: another could be called while it waits.
 */
export const CLAIM_LEAD_MS: DurationMs = 50;

/**
 * The lead of a lane at `nowUs`, whose day is `day`: none where what waits could be judged by the wrong state, because
 * another message may be called before it (a distance between any two) or another day's count holds (a daily cap).
 */
export function claimLeadMs(policy: LanePolicy, day: LaneDay, nowUs: EpochMicros): DurationMs {
  if (policy.minSpacingSeconds > 0) return 0;
  const dayEndsSoon = day.nextDayStartUs - nowUs <= CLAIM_LEAD_MS * 1_000;
  return policy.perDay !== null && dayEndsSoon ? 0 : CLAIM_LEAD_MS;
}
