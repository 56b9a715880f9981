import fc from 'fast-check';
import { ANY_HOUR, aPolicy, BUSINESS, utcHours } from '../../../test/support/core/lanes.js';
import { CLAIM_LEAD_MS } from '../dispatch/claim-lead.js';
import { callSlackUs } from './gcra.js';
import { decideLane, type LanePolicy, type LaneState, takeFromLane, UNUSED_LANE } from './lane.js';
import { laneDay } from './lane-day.js';

const SECOND = 1_000_000;
const DAY_US = 86_400 * SECOND;
const MIDNIGHT = 20_700 * DAY_US;

/** The date of an instant in UTC; such keys sort as dates do. */
function dateOf(nowUs: number): string {
  return new Date(Math.floor(nowUs / 1_000)).toISOString().slice(0, 10);
}

function decide(policy: LanePolicy, state: LaneState, nowUs: number, hours = ANY_HOUR) {
  return decideLane(policy, state, nowUs, hours);
}

function take(policy: LanePolicy, state: LaneState, nowUs: number, n: number, hours = ANY_HOUR) {
  return takeFromLane(policy, state, nowUs, n, laneDay(hours, nowUs));
}

describe('a lane, whatever is asked of it and when', () => {
  const noon = MIDNIGHT + 12 * 3600 * SECOND;

  const hours = fc.constantFrom(
    ANY_HOUR,
    BUSINESS,
    utcHours({ sendingWeekdays: [3] }),
    utcHours({ sendingFromMinute: 11 * 60, sendingToMinute: 11 * 60 + 1, sendingWeekdays: [1, 5] }),
  );
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

  it('holds the window for calls within the slack after their permits, also when they were claimed before they were due', () => {
    // The bounds often: that is where the window is tight.
    const moment = fc.oneof(
      fc.constantFrom(0, CLAIM_LEAD_MS * 1_000),
      fc.integer({ min: 0, max: CLAIM_LEAD_MS * 1_000 }),
    );
    const delay = fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
    const moments = fc.array(moment, { minLength: 60, maxLength: 60 });
    const delays = fc.array(delay, { minLength: 60, maxLength: 60 });
    fc.assert(
      fc.property(policies, steps, moments, delays, ({ quota }, list, ahead, delayList) => {
        const policy = { quota, minSpacingSeconds: 0, perDay: null };
        let state = UNUSED_LANE;
        let nowUs = MIDNIGHT;
        const calls: number[] = [];
        for (const { advanceSeconds, want } of list) {
          // Steps of the size of the interval keep the bucket nearly empty, where the window is tight.
          nowUs += Math.round((advanceSeconds / 1000) * quota.emissionIntervalUs);
          const n = Math.min(want, decide(policy, state, nowUs).permits);
          const readyAtUs = Array.from({ length: n }, (_, i) => nowUs + ahead[(calls.length + i) % 60]!);
          const lastUs = Math.max(nowUs, ...readyAtUs);
          state = takeFromLane(policy, state, nowUs, n, laneDay(ANY_HOUR, nowUs), lastUs);
          for (const readyUs of readyAtUs) calls.push(readyUs + delayList[calls.length % 60]! * callSlackUs(quota));
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
        for (const atUs of sent) perDay.set(dateOf(atUs), (perDay.get(dateOf(atUs)) ?? 0) + 1);
        expect(Math.max(0, ...perDay.values())).toBeLessThanOrEqual(policy.perDay ?? Infinity);
      }),
    );
  });

  it('opens at closedUntil, and not one microsecond earlier', () => {
    fc.assert(
      fc.property(policies, hours, steps, (policy, open, list) => {
        let state = UNUSED_LANE;
        let nowUs = noon;
        for (const { advanceSeconds, want } of list) {
          nowUs += Math.round(advanceSeconds * SECOND);
          state = take(policy, state, nowUs, Math.min(want, decide(policy, state, nowUs, open).permits), open);
          const { permits, closedUntilUs } = decide(policy, state, nowUs, open);
          expect(closedUntilUs === null).toBe(permits > 0);
          if (closedUntilUs === null) continue;
          expect(closedUntilUs).toBeGreaterThan(nowUs);
          expect(decide(policy, state, closedUntilUs, open).permits).toBeGreaterThan(0);
          expect(decide(policy, state, closedUntilUs - 1, open).permits).toBe(0);
        }
      }),
    );
  });
});
