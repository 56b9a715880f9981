import fc from 'fast-check';
import { callSlackUs } from './gcra.js';
import {
  decideLane,
  type LaneDay,
  type LanePolicy,
  type LaneState,
  makeLanePolicy,
  takeFromLane,
  UNUSED_LANE,
} from './lane.js';

const SECOND = 1_000_000;
const DAY_US = 86_400 * SECOND;
const MIDNIGHT = 20_700 * DAY_US;

interface PolicyInput {
  perMinute?: number;
  burst?: number;
  minSpacingSeconds?: number;
  perDay?: number | null;
}

function aPolicy(input: PolicyInput = {}): LanePolicy {
  const policy = makeLanePolicy({
    perMinute: 60,
    burst: 5,
    minSpacingSeconds: 0,
    perDay: null,
    perContactPerMinute: null,
    ...input,
  });
  if (!policy.ok) throw new Error('the test asks for an impossible policy');
  return policy.value;
}

/** Days of a channel in UTC, with keys that sort as dates do. */
function dayOf(nowUs: number): LaneDay {
  const day = Math.floor(nowUs / DAY_US);
  return { dayKey: new Date(day * 86_400_000).toISOString().slice(0, 10), nextDayStartUs: (day + 1) * DAY_US };
}

function decide(policy: LanePolicy, state: LaneState, nowUs: number) {
  return decideLane(policy, state, nowUs, dayOf(nowUs));
}

function take(policy: LanePolicy, state: LaneState, nowUs: number, n: number) {
  return takeFromLane(policy, state, nowUs, n, dayOf(nowUs).dayKey);
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

  it('goes on counting when the clock goes back over midnight', () => {
    const policy = aPolicy({ perDay: 3 });
    const state = take(policy, UNUSED_LANE, MIDNIGHT, 3);
    expect(decide(policy, state, MIDNIGHT - 3600 * SECOND).permits).toBe(0);
    expect(takeFromLane(aPolicy(), state, MIDNIGHT, 1, dayOf(MIDNIGHT - 1).dayKey)).toMatchObject({
      day: state.day,
      sentToday: 4,
    });
  });

  const policies = fc
    .record({
      perMinute: fc.integer({ min: 1, max: 600 }),
      burst: fc.integer({ min: 1, max: 20 }),
      minSpacingSeconds: fc.constantFrom(0, 0, 1, 30, 90),
      perDay: fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }),
    })
    .map(aPolicy);
  const steps = fc.array(
    fc.record({ advanceSeconds: fc.double({ min: 0, max: 3000, noNaN: true }), want: fc.integer({ min: 0, max: 25 }) }),
    { minLength: 1, maxLength: 80 },
  );

  it('holds the window for calls that come anywhere within the slack after their permits', () => {
    const delays = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(policies, steps, delays, ({ quota }, list, delayList) => {
        const policy = { quota, minSpacingSeconds: 0, perDay: null };
        let state = UNUSED_LANE;
        let nowUs = MIDNIGHT;
        const calls: number[] = [];
        for (const { advanceSeconds, want } of list) {
          // Steps of the size of the interval keep the bucket nearly empty, where the window is tight.
          nowUs += Math.round((advanceSeconds / 1000) * quota.emissionIntervalUs);
          const n = Math.min(want, decide(policy, state, nowUs).permits);
          state = take(policy, state, nowUs, n);
          for (let i = 0; i < n; i += 1) calls.push(nowUs + delayList[calls.length % 60]! * callSlackUs(quota));
        }
        calls.sort((a, b) => a - b);
        for (const [first, startUs] of calls.entries()) {
          for (const [last, endUs] of calls.entries()) {
            if (last < first) continue;
            const allowed = quota.burst + (endUs - startUs) / quota.emissionIntervalUs;
            expect(last - first + 1).toBeLessThanOrEqual(allowed + 1e-6);
          }
        }
      }),
    );
  });

  it.each([
    [60, 5],
    [1, 2],
    [60_000, 100],
    [5, 10],
  ])('keeps the sustained rate of %i a minute, burst %i, in spite of the slack', (perMinute, burst) => {
    const policy = aPolicy({ perMinute, burst });
    let state = UNUSED_LANE;
    let nowUs = MIDNIGHT;
    let taken = 0;
    while (taken < burst + 200) {
      const decision = decide(policy, state, nowUs);
      if (decision.closedUntilUs !== null) nowUs = decision.closedUntilUs;
      state = take(policy, state, nowUs, decision.permits);
      taken += decision.permits;
    }
    const ideal = (taken - burst) * policy.quota.emissionIntervalUs;
    expect(nowUs - MIDNIGHT - ideal).toBeLessThanOrEqual(callSlackUs(policy.quota));
  });

  it('holds rate, distance and daily cap together over any sequence of takes', () => {
    fc.assert(
      fc.property(policies, steps, (policy, list) => {
        let state = UNUSED_LANE;
        let nowUs = MIDNIGHT + 20 * 3600 * SECOND;
        const sent: number[] = [];
        for (const { advanceSeconds, want } of list) {
          nowUs += Math.round(advanceSeconds * SECOND);
          const n = Math.min(want, decide(policy, state, nowUs).permits);
          state = take(policy, state, nowUs, n);
          for (let i = 0; i < n; i += 1) sent.push(nowUs);
        }
        for (const [first, startUs] of sent.entries()) {
          const previousUs = sent[first - 1];
          if (previousUs !== undefined) {
            expect(startUs - previousUs).toBeGreaterThanOrEqual(policy.minSpacingSeconds * SECOND);
          }
          const seconds = (sent.at(-1)! - startUs) / SECOND;
          expect(sent.length - first).toBeLessThanOrEqual(policy.quota.burst + (policy.quota.perMinute / 60) * seconds);
        }
        const perDay = new Map<string, number>();
        for (const atUs of sent) perDay.set(dayOf(atUs).dayKey, (perDay.get(dayOf(atUs).dayKey) ?? 0) + 1);
        expect(Math.max(0, ...perDay.values())).toBeLessThanOrEqual(policy.perDay ?? Infinity);
      }),
    );
  });

  it('opens at closedUntil, and not one microsecond earlier', () => {
    fc.assert(
      fc.property(policies, steps, (policy, list) => {
        let state = UNUSED_LANE;
        let nowUs = noon;
        for (const { advanceSeconds, want } of list) {
          nowUs += Math.round(advanceSeconds * SECOND);
          state = take(policy, state, nowUs, Math.min(want, decide(policy, state, nowUs).permits));
          const { permits, closedUntilUs } = decide(policy, state, nowUs);
          expect(closedUntilUs === null).toBe(permits > 0);
          if (closedUntilUs === null) continue;
          expect(closedUntilUs).toBeGreaterThan(nowUs);
          expect(decide(policy, state, closedUntilUs).permits).toBeGreaterThan(0);
          expect(decide(policy, state, closedUntilUs - 1).permits).toBe(0);
        }
      }),
    );
  });
});

describe('takeFromLane', () => {
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

  it('keeps a channel without cap and distance as it is', () => {
    expect(aPolicy()).toEqual({
      quota: { perMinute: 60, burst: 5, emissionIntervalUs: 1_000_000 },
      minSpacingSeconds: 0,
      perDay: null,
    });
  });
});
