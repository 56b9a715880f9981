import { ALL_WEEKDAYS, WHOLE_DAY } from '../openings/daily-window.js';
import { parseTimeZone } from '../recurrence/time-zone.js';
import { makeLanePolicy, UNUSED_LANE } from '../rate-limit/lane.js';
import { forecastLane, type Arrival, type LaneInSight } from './forecast.js';

const NOW = Date.parse('2026-11-23T13:00:00Z'); // 09:00 in Cuiaba, a Monday.
const zone = parseTimeZone('America/Cuiaba');
if (!zone.ok) throw new Error('unreachable');
const HOURS = { zone: zone.value, window: WHOLE_DAY, weekdays: ALL_WEEKDAYS };

function aLane(
  limits: Partial<Parameters<typeof makeLanePolicy>[0]> = {},
  more: Partial<LaneInSight> = {},
): LaneInSight {
  const policy = makeLanePolicy({
    perMinute: 60,
    burst: 2,
    minSpacingSeconds: 0,
    perDay: null,
    perContactPerMinute: null,
    ...limits,
  });
  if (!policy.ok) throw new Error('the test asks for an impossible lane');
  return { policy: policy.value, state: UNUSED_LANE, hours: HOURS, nowMs: NOW, ...more };
}

function ready(inMs: number, more: Partial<Arrival> = {}): Arrival {
  return { readyMs: NOW + inMs, priority: 0, respectsRateLimit: true, spacingMs: 0, ...more };
}

const forecast = (lane: LaneInSight, arrivals: readonly Arrival[]) =>
  forecastLane(lane, arrivals).map((at) => (at === null ? null : at - NOW));

describe('forecastLane', () => {
  it('lets the burst go at once and the rest at the rate', () => {
    const [a, b, c, d] = forecast(aLane(), [ready(0), ready(0), ready(0), ready(0)]) as [
      number,
      number,
      number,
      number,
    ];
    expect([a, b]).toEqual([0, 0]);
    expect(c).toBeGreaterThan(900);
    expect(c).toBeLessThan(1_300);
    expect(d - c).toBeGreaterThanOrEqual(900);
  });

  it('lets nothing go before it is ready', () => {
    expect(forecast(aLane(), [ready(5_000), ready(60_000)])).toEqual([5_000, 60_000]);
  });

  it('serves the higher priority first among what is ready', () => {
    const lane = aLane({ burst: 1, perMinute: 1 });
    const [first, low, high] = forecast(lane, [ready(0), ready(1), ready(2, { priority: 9 })]) as [
      number,
      number,
      number,
    ];
    expect(first).toBe(0);
    expect(high).toBeLessThan(low);
  });

  it('keeps the spacing of the channel', () => {
    expect(forecast(aLane({ minSpacingSeconds: 10 }), [ready(0), ready(0), ready(0)])).toEqual([0, 10_000, 20_000]);
  });

  it('keeps the distance of a message of a campaign to any before it, and asks none for the one after it', () => {
    const spaced = ready(1_000, { spacingMs: 60_000 });
    expect(forecast(aLane(), [ready(0), spaced, ready(61_000)])).toEqual([0, 60_000, 61_000]);
  });

  it('sends no more than the cap of a day, and the rest on the next one', () => {
    const midnight = Date.parse('2026-11-24T04:00:00Z') - NOW;
    expect(forecast(aLane({ perDay: 1 }), [ready(0), ready(0)])).toEqual([0, midnight]);
  });

  it('waits for the hours of the channel, also with what respects no limit', () => {
    const hours = { ...HOURS, window: { fromMinute: 600, toMinute: 720 } };
    const express = ready(0, { respectsRateLimit: false });
    expect(forecast(aLane({}, { hours }), [ready(0), express])).toEqual([3_600_000, 3_600_000]);
  });

  it('lets what respects no limit go when it is ready', () => {
    const lane = aLane({ perMinute: 1, burst: 1 });
    const express = ready(10, { respectsRateLimit: false });
    expect(forecast(lane, [ready(0), express, express])).toEqual([0, 10, 10]);
  });

  it('takes time in proportion to the number of messages', () => {
    const arrivals = Array.from({ length: 20_000 }, () => ready(0));
    const result = forecastLane(aLane({ perMinute: 6_000, burst: 100 }), arrivals);
    const last = (result.at(-1) as number) - NOW;
    expect(last).toBeGreaterThan(((20_000 - 100) / 6_000) * 60_000 - 2_000);
    expect(last).toBeLessThan((20_000 / 6_000) * 60_000 + 2_000);
  });
});
