import { hours } from '../../../test/support/core/explanation-facts.js';
import { MS_PER_DAY } from '../recurrence/civil-date.js';
import { campaignDay, capacityOfDay, closingOf, openTime } from './campaign-day.js';

const MINUTE = 60_000;
/** Monday; 08:00 in Cuiabá is noon in UTC. */
const DAY = Date.parse('2026-05-04T00:00Z') / MS_PER_DAY;
const OPEN = Date.parse('2026-05-04T12:00:00Z');

const from8 = (minutes: number) => hours({ sendingFromMinute: 480, sendingToMinute: 480 + minutes });
const timeLeft = (minutes: number, fromMs: number) =>
  openTime(campaignDay(from8(minutes), null, DAY)!, from8(minutes).window, fromMs);

describe('the open time of a campaign’s day', () => {
  it('is all of it before it has begun', () => {
    const whole = [{ fromMs: OPEN, toMs: OPEN + 720 * MINUTE }];
    expect(timeLeft(720, -Infinity)).toEqual(whole);
    expect(timeLeft(720, OPEN)).toEqual(whole);
  });

  it.each([
    ['five minutes of a long window', 720, 5 * MINUTE],
    ['a hundredth of a window', 100, MINUTE],
    ['a second of a very short one', 1, 1_000],
  ])('goes on in steps: %s', (_what, minutes, stepMs) => {
    const toMs = OPEN + minutes * MINUTE;
    expect(timeLeft(minutes, OPEN + 1)).toEqual([{ fromMs: OPEN + stepMs, toMs }]);
    expect(timeLeft(minutes, OPEN + stepMs)).toEqual([{ fromMs: OPEN + stepMs, toMs }]);
    expect(timeLeft(minutes, OPEN + stepMs + 1)).toEqual([{ fromMs: OPEN + 2 * stepMs, toMs }]);
  });

  it('ends with its closing time', () => {
    const toMs = OPEN + 100 * MINUTE;
    expect(timeLeft(100, toMs)).toEqual([{ fromMs: toMs, toMs }]);
    expect(timeLeft(100, toMs + 1)).toEqual([]);
  });

  it('is one stretch where two openings of the channel touch', () => {
    const day = campaignDay(from8(720), hours({ timeZone: 'Asia/Dubai' }), DAY)!;
    expect(day.openings).toHaveLength(2);
    expect(openTime(day, from8(720).window, -Infinity)).toEqual([{ fromMs: OPEN, toMs: OPEN + 720 * MINUTE }]);
  });
});

describe('a campaign’s day', () => {
  it('is none when it is closed', () => {
    expect(campaignDay(hours({ sendingWeekdays: [2] }), null, DAY)).toBeNull();
    expect(campaignDay(hours(), hours({ sendingWeekdays: [2] }), DAY)).toBeNull();
  });

  it('holds as many slots as fit with their distance, both ends included', () => {
    expect(capacityOfDay(from8(60), null, DAY, MINUTE)).toBe(61);
    expect(capacityOfDay(from8(60), null, DAY, 0)).toBe(Infinity);
    expect(capacityOfDay(hours({ sendingWeekdays: [2] }), null, DAY, MINUTE)).toBe(0);
  });

  it('closes for a slot with the opening that holds it', () => {
    const day = campaignDay(from8(720), hours({ timeZone: 'Asia/Dubai' }), DAY)!;
    const midnight = Date.parse('2026-05-04T20:00:00Z');
    expect(closingOf(day, OPEN)).toBe(midnight);
    expect(closingOf(day, midnight - 1)).toBe(midnight);
    expect(closingOf(day, midnight)).toBe(OPEN + 720 * MINUTE + 1_000);
  });
});
