import { ANY_HOUR, aPolicy, BUSINESS, utcHours, type PolicyInput } from '../../../test/support/core/lanes.js';
import { callSlackUs } from './gcra.js';
import {
  decideLane,
  laneGates,
  type LanePolicy,
  type LaneState,
  makeLanePolicy,
  passLane,
  takeFromLane,
  UNUSED_LANE,
} from './lane.js';
import { laneDay } from './lane-day.js';

const SECOND = 1_000_000;
const DAY_US = 86_400 * SECOND;
const MIDNIGHT = 20_700 * DAY_US;

function decide(policy: LanePolicy, state: LaneState, nowUs: number, hours = ANY_HOUR) {
  return decideLane(policy, state, nowUs, hours);
}

function take(policy: LanePolicy, state: LaneState, nowUs: number, n: number, hours = ANY_HOUR) {
  return takeFromLane(policy, state, nowUs, n, laneDay(hours, nowUs));
}

describe('decideLane', () => {
  const noon = MIDNIGHT + 12 * 3600 * SECOND;

  it('gives the burst to an unused lane', () => {
    expect(decide(aPolicy(), UNUSED_LANE, noon)).toEqual({ permits: 5, closedUntilUs: null, reason: null });
  });

  it('is closed by the rate until the next token', () => {
    const state = take(aPolicy(), UNUSED_LANE, noon, 5);
    expect(decide(aPolicy(), state, noon)).toEqual({
      permits: 0,
      closedUntilUs: noon + SECOND + callSlackUs(aPolicy().quota),
      reason: 'rate',
    });
  });

  it('gives one permit at a time when messages need a distance', () => {
    const policy = aPolicy({ minSpacingSeconds: 30 });
    expect(decide(policy, UNUSED_LANE, noon).permits).toBe(1);
    const state = take(policy, UNUSED_LANE, noon, 1);
    expect(decide(policy, state, noon + 30 * SECOND - 1)).toEqual({
      permits: 0,
      closedUntilUs: noon + 30 * SECOND,
      reason: 'spacing',
    });
    expect(decide(policy, state, noon + 30 * SECOND).permits).toBe(1);
  });

  it('gives no more than is left of the day, and opens again at the next local day', () => {
    const policy = aPolicy({ perDay: 7 });
    const state = take(policy, UNUSED_LANE, noon, 5);
    expect(decide(policy, state, noon + 60 * SECOND).permits).toBe(2);
    const full = take(policy, state, noon + 60 * SECOND, 2);
    expect(decide(policy, full, noon + 120 * SECOND)).toEqual({
      permits: 0,
      closedUntilUs: MIDNIGHT + DAY_US,
      reason: 'dailyCap',
    });
    expect(decide(policy, full, MIDNIGHT + DAY_US).permits).toBe(5);
  });

  it('names the gate that opens last, with its instant', () => {
    const policy = aPolicy({ perMinute: 1, burst: 1, minSpacingSeconds: 90 });
    const state = take(policy, UNUSED_LANE, noon, 1);
    expect(decide(policy, state, noon)).toEqual({ permits: 0, closedUntilUs: noon + 90 * SECOND, reason: 'spacing' });
    const slower = aPolicy({ perMinute: 1, burst: 1, minSpacingSeconds: 30 });
    expect(decide(slower, state, noon)).toEqual({
      permits: 0,
      closedUntilUs: noon + 60 * SECOND + callSlackUs(slower.quota),
      reason: 'rate',
    });
  });

  it('names the first in the order of the gates when several open at one instant', () => {
    const policy = aPolicy({ perMinute: 1, burst: 1, minSpacingSeconds: 60 });
    const state = { ...UNUSED_LANE, lastTakenUs: noon, tatUs: noon + 60 * SECOND };
    expect(decide(policy, state, noon)).toEqual({ permits: 0, closedUntilUs: noon + 60 * SECOND, reason: 'spacing' });
  });

  it('goes on counting when the clock goes back over midnight', () => {
    const policy = aPolicy({ perDay: 3 });
    const state = take(policy, UNUSED_LANE, MIDNIGHT, 3);
    expect(decide(policy, state, MIDNIGHT - 3600 * SECOND).permits).toBe(0);
    expect(take(aPolicy(), state, MIDNIGHT - 1, 1)).toMatchObject({
      day: state.day,
      sentToday: 4,
    });
  });

  it('is closed outside its hours, for everything and until their first instant', () => {
    const evening = MIDNIGHT + 20 * 3600 * SECOND + SECOND;
    const morning = MIDNIGHT + DAY_US + 8 * 3600 * SECOND;
    expect(decide(aPolicy(), UNUSED_LANE, evening - 1, BUSINESS).permits).toBe(5);
    expect(decide(aPolicy(), UNUSED_LANE, evening, BUSINESS)).toEqual({
      permits: 0,
      closedUntilUs: morning,
      reason: 'window',
    });
    expect(decide(aPolicy(), UNUSED_LANE, morning - 1, BUSINESS).permits).toBe(0);
    expect(decide(aPolicy(), UNUSED_LANE, morning, BUSINESS).permits).toBe(5);
  });

  it('opens with its hours when another gate opens outside of them', () => {
    const evening = MIDNIGHT + 20 * 3600 * SECOND;
    const policy = aPolicy({ perMinute: 1, burst: 1, perDay: 1 });
    const state = take(policy, UNUSED_LANE, evening, 1, BUSINESS);
    // The rate opens at 20:01, the daily cap at midnight, the hours at 08:00.
    expect(decide(policy, state, evening, BUSINESS)).toEqual({
      permits: 0,
      closedUntilUs: MIDNIGHT + DAY_US + 8 * 3600 * SECOND,
      reason: 'window',
    });
  });

  it('shows each gate as it is at the instant', () => {
    const policy = aPolicy({ perDay: 7, minSpacingSeconds: 30 });
    const state = take(policy, UNUSED_LANE, noon, 1);
    expect(laneGates(policy, state, noon + SECOND, laneDay(BUSINESS, noon + SECOND))).toEqual([
      { reason: 'window', permits: Infinity, opensAtUs: noon + SECOND },
      { reason: 'dailyCap', permits: 6, opensAtUs: noon + SECOND },
      { reason: 'spacing', permits: 0, opensAtUs: noon + 30 * SECOND },
      { reason: 'rate', permits: 4, opensAtUs: noon + SECOND },
    ]);
  });

  it('gives an instant to ask again when the count is of a far day or the hours never open', () => {
    const far = { ...UNUSED_LANE, day: '9999-12-31', sentToday: 1 };
    expect(decide(aPolicy({ perDay: 1 }), far, noon).closedUntilUs).toBeGreaterThan(noon + 300 * DAY_US);
    const never = utcHours({ sendingWeekdays: [] });
    expect(decide(aPolicy(), UNUSED_LANE, noon, never)).toMatchObject({ permits: 0, reason: 'window' });
  });
});

describe('takeFromLane', () => {
  it('counts on within a local date and from one again on the next', () => {
    const policy = aPolicy({ perMinute: 600 });
    const first = take(policy, UNUSED_LANE, MIDNIGHT, 2);
    const dayKey = laneDay(ANY_HOUR, MIDNIGHT).dayKey;
    expect(first).toMatchObject({ day: dayKey, sentToday: 2 });
    expect(take(policy, first, MIDNIGHT + SECOND, 1)).toMatchObject({ day: dayKey, sentToday: 3 });
    const next = laneDay(ANY_HOUR, MIDNIGHT + DAY_US).dayKey;
    expect(take(policy, first, MIDNIGHT + DAY_US, 1)).toMatchObject({ day: next, sentToday: 1 });
  });

  it('leaves the lane as it is when nothing is taken', () => {
    expect(take(aPolicy(), UNUSED_LANE, MIDNIGHT, 0)).toBe(UNUSED_LANE);
  });

  it.each([
    ['the burst', {}, 6],
    ['one while messages need a distance', { minSpacingSeconds: 1 }, 2],
    ['the daily cap', { perDay: 2 }, 3],
    ['nothing', {}, -1],
  ])('throws when more is taken than %s', (_name, input: PolicyInput, n) => {
    expect(() => take(aPolicy(input), UNUSED_LANE, MIDNIGHT, n)).toThrow('taken');
  });

  it('books what goes a little later from the instant at which the last of it goes', () => {
    const noon = MIDNIGHT + 12 * 3600 * SECOND;
    const lastUs = noon + 50_000;
    const policy = aPolicy();
    const state = takeFromLane(policy, UNUSED_LANE, noon, 2, laneDay(ANY_HOUR, noon), lastUs);
    expect(state).toEqual({ ...take(policy, UNUSED_LANE, lastUs, 2), lastTakenUs: lastUs });
  });

  it('throws when anything is taken outside the hours', () => {
    expect(() => take(aPolicy(), UNUSED_LANE, MIDNIGHT, 1, BUSINESS)).toThrow('taken');
  });
});

describe('passLane', () => {
  it('moves only what distances are counted from, and never back', () => {
    const state = take(aPolicy(), UNUSED_LANE, MIDNIGHT, 2);
    expect(passLane(state, MIDNIGHT + SECOND)).toEqual({ ...state, lastTakenUs: MIDNIGHT + SECOND });
    expect(passLane(state, MIDNIGHT - SECOND)).toEqual(state);
  });
});

describe('makeLanePolicy', () => {
  it('names every bound that is broken, under the path of the input', () => {
    const policy = makeLanePolicy(
      { perMinute: 0, burst: 0, minSpacingSeconds: -1, perDay: 0, perContactPerMinute: 0 },
      'input.rateLimit',
    );
    expect(policy.ok ? [] : policy.error.map((violation) => violation.field)).toEqual([
      'input.rateLimit.perMinute',
      'input.rateLimit.burst',
      'input.rateLimit.minSpacingSeconds',
      'input.rateLimit.perDay',
      'input.rateLimit.perContactPerMinute',
    ]);
  });

  it('refuses a wrong cap or distance also beside a sound rate', () => {
    const sound = { perMinute: 60, burst: 5, minSpacingSeconds: 0, perDay: null, perContactPerMinute: null };
    const fieldsOf = (wrong: object): string[] => {
      const policy = makeLanePolicy({ ...sound, ...wrong });
      return policy.ok ? [] : policy.error.map((violation) => violation.field);
    };
    expect(fieldsOf({ perDay: 0 })).toEqual(['perDay']);
    expect(fieldsOf({ minSpacingSeconds: 86_401 })).toEqual(['minSpacingSeconds']);
    expect(fieldsOf({ perContactPerMinute: 60_001 })).toEqual(['perContactPerMinute']);
    expect(fieldsOf({ minSpacingSeconds: 86_400, perDay: 10_000_000 })).toEqual([]);
  });

  it('keeps a channel without cap and distance as it is', () => {
    expect(aPolicy()).toEqual({
      quota: { perMinute: 60, burst: 5, emissionIntervalUs: 1_000_000 },
      minSpacingSeconds: 0,
      perDay: null,
    });
  });
});
