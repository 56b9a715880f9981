import fc from 'fast-check';
import { hours, lanePolicy, NOW, SECOND } from '../../../test/support/core/explanation-facts.js';
import { decideLane, takeFromLane, UNUSED_LANE, type LanePolicy, type LaneState } from '../rate-limit/lane.js';
import { laneDay } from '../rate-limit/lane-day.js';
import { permitsToCome } from './permits-to-come.js';

const ANY_HOUR = hours();
const MORNINGS = hours({ sendingFromMinute: 8 * 60, sendingToMinute: 10 * 60 + 1 });

/** As claims go: in rounds, each at the first instant with a permit and of as many as are permitted then. */
function inRounds(policy: LanePolicy, open: typeof ANY_HOUR, count: number) {
  const rounds: { atUs: number; taken: number; state: LaneState }[] = [];
  let [state, atUs, left] = [UNUSED_LANE, NOW, count];
  while (left > 0) {
    atUs = decideLane(policy, state, atUs, open).closedUntilUs ?? atUs;
    const taken = Math.min(left, decideLane(policy, state, atUs, open).permits);
    state = takeFromLane(policy, state, atUs, taken, laneDay(open, atUs));
    left -= taken;
    rounds.push({ atUs, taken, state });
  }
  return rounds;
}

const policies = fc
  .record({
    perMinute: fc.constantFrom(1, 5, 60, 600),
    burst: fc.integer({ min: 1, max: 8 }),
    minSpacingSeconds: fc.constantFrom(0, 0, 30),
    perDay: fc.constantFrom(null, 7, 30),
  })
  .map(lanePolicy);

describe('a forecast of a lane', () => {
  it('gives each delivery the instant at which a claim would take it', () => {
    fc.assert(
      fc.property(policies, fc.constantFrom(ANY_HOUR, MORNINGS), (policy, open) => {
        const forecast = permitsToCome({ policy, hours: open, state: UNUSED_LANE, fromUs: NOW });
        for (const n of [1, 2, 7, 30]) expect(forecast.instantOf(n)).toBe(inRounds(policy, open, n).at(-1)?.atUs);
      }),
    );
  });

  it('knows who is left at an instant, and the lane that the others leave behind', () => {
    const wanted = fc.integer({ min: 0, max: 30 });
    const waitUs = fc.integer({ min: 0, max: 120 * SECOND });
    fc.assert(
      fc.property(policies, wanted, waitUs, (policy, n, wait) => {
        const forecast = permitsToCome({ policy, hours: ANY_HOUR, state: UNUSED_LANE, fromUs: NOW });
        const gone = inRounds(policy, ANY_HOUR, n).filter(({ atUs }) => atUs < NOW + wait);
        expect(forecast.leaveAt(NOW + wait, n)).toEqual({
          left: n - gone.reduce((sum, { taken }) => sum + taken, 0),
          state: gone.at(-1)?.state ?? UNUSED_LANE,
        });
      }),
    );
  });

  it('gives its last instant, too early, for a lane whose opening is too far away to be found', () => {
    const never = { policy: lanePolicy(), hours: hours({ sendingWeekdays: [] }), state: UNUSED_LANE, fromUs: NOW };
    const forecast = permitsToCome(never);
    expect(forecast.instantOf(3)).toBeGreaterThan(NOW + 300 * 86_400 * SECOND);
    expect(forecast.leaveAt(Infinity, 3)).toEqual({ left: 3, state: UNUSED_LANE });
  });
});
