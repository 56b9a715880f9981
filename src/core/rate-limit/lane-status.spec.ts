import { hours, lanePolicy, NOW, SECOND, us } from '../../../test/support/core/explanation-facts.js';
import { laneStatus, type LaneInQuestion } from './lane-status.js';
import { UNUSED_LANE } from './lane.js';

const MINUTE = 60 * SECOND;

/** A lane of 60 a minute, five at once, that was never used; 10:00 in Cuiabá. */
function aLane(facts: Partial<LaneInQuestion> = {}): LaneInQuestion {
  return { policy: lanePolicy(), hours: hours(), state: UNUSED_LANE, heldUntilUs: 0, ...facts };
}

describe('the status of a lane', () => {
  it('gives all of the burst when nothing was sent', () => {
    expect(laneStatus(aLane(), NOW)).toEqual({ availableTokens: 5, capacity: 5, waitSeconds: 0, sentToday: 0 });
  });

  it('gives nothing while the provider wants a pause, and everything when that is over', () => {
    const held = aLane({ heldUntilUs: NOW + 90 * SECOND });
    expect(laneStatus(held, NOW)).toMatchObject({ availableTokens: 0, waitSeconds: 90 });
    expect(laneStatus(held, NOW + 90 * SECOND)).toMatchObject({ availableTokens: 5, waitSeconds: 0 });
  });

  it('waits for the hours when they are over by the end of the pause', () => {
    const stored = { sendingFromMinute: 8 * 60, sendingToMinute: 18 * 60 };
    const held = aLane({ hours: hours(stored), heldUntilUs: us('2026-11-23T23:00:00Z') });
    const opensUs = us('2026-11-24T12:00:00Z');
    expect(laneStatus(held, NOW)).toMatchObject({ availableTokens: 0, waitSeconds: (opensUs - NOW) / SECOND });
  });

  it('waits for whichever is later, the pause or the distance', () => {
    const spaced = { policy: lanePolicy({ minSpacingSeconds: 60 }), state: { ...UNUSED_LANE, lastTakenUs: NOW } };
    expect(laneStatus(aLane({ ...spaced, heldUntilUs: NOW + 5 * SECOND }), NOW).waitSeconds).toBe(60);
    expect(laneStatus(aLane({ ...spaced, heldUntilUs: NOW + 5 * MINUTE }), NOW).waitSeconds).toBe(300);
  });

  it('has one token at most behind a distance, and what is left of the cap', () => {
    const policy = lanePolicy({ minSpacingSeconds: 60, perDay: 3 });
    const state = { ...UNUSED_LANE, day: '2026-11-23', sentToday: 2 };
    expect(laneStatus(aLane({ policy, state }), NOW)).toMatchObject({ availableTokens: 1, sentToday: 2 });
    const capped = laneStatus(aLane({ policy: lanePolicy({ perDay: 3 }), state }), NOW);
    expect(capped).toMatchObject({ availableTokens: 1, waitSeconds: 0 });
  });

  it('counts what the cap counts: nothing of an earlier date, all of a later one after a clock went back', () => {
    const policy = lanePolicy({ perDay: 3 });
    const earlier = { ...UNUSED_LANE, day: '2026-11-22', sentToday: 3 };
    expect(laneStatus(aLane({ policy, state: earlier }), NOW)).toMatchObject({ sentToday: 0, availableTokens: 3 });
    const later = { ...UNUSED_LANE, day: '2026-11-24', sentToday: 3 };
    expect(laneStatus(aLane({ policy, state: later }), NOW)).toMatchObject({ sentToday: 3, availableTokens: 0 });
  });
});
