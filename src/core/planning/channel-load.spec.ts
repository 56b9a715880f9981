import { lanePolicy } from '../../../test/support/core/explanation-facts.js';
import {
  campaignSpacingMs,
  leavesNoMoment,
  sustainedSpacingMs,
  upcomingGroups,
  type ChannelPace,
  type UpcomingRuns,
} from './channel-load.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** 09:00 in Cuiabá. */
const AT = Date.parse('2026-05-04T13:00:00Z');

const pace = (perMinute: number, burst: number, minSpacingSeconds = 0): ChannelPace =>
  lanePolicy({ perMinute, burst, minSpacingSeconds });

describe('the distance that a channel can keep up', () => {
  it.each([
    [60, 5, 0, 1_000],
    [60, 5, 30, 30_000],
    [7, 5, 0, 8_572],
    // A bucket of one gives up its slack, a twentieth and at most 200 ms.
    [60, 1, 0, 1_050],
    [1, 1, 0, 60_200],
    [1, 2, 0, 60_000],
  ])('of %i a minute, a burst of %i and %i seconds is %i ms', (perMinute, burst, minSpacingSeconds, spacingMs) => {
    expect(sustainedSpacingMs(pace(perMinute, burst, minSpacingSeconds))).toBe(spacingMs);
  });
});

describe('the distance of a campaign', () => {
  it.each([
    ['its own', 10, pace(60, 5), true, 10_000],
    ['the channel’s', 10, pace(60, 5, 20), true, 20_000],
    ['what the rate allows', 10, pace(3, 5), true, 20_000],
    ['its own when it does not respect the rate', 10, pace(3, 5), false, 10_000],
    ['the channel’s all the same', 10, pace(3, 5, 15), false, 15_000],
  ])('is %s', (_what, own, ofChannel, respectsRateLimit, spacingMs) => {
    expect(campaignSpacingMs(own, ofChannel, respectsRateLimit)).toBe(spacingMs);
  });
});

describe('a schedule that fires often', () => {
  const minutely: UpcomingRuns = {
    priority: 0,
    nextRunAt: AT,
    cronExpression: '* * * * *',
    timeZone: 'America/Cuiaba',
    endsAt: null,
    runsLeft: null,
    recipients: 1,
  };
  const blocks = (schedule: Partial<UpcomingRuns>, spacingMs: number) =>
    leavesNoMoment({ ...minutely, ...schedule }, pace(60, 5), spacingMs);

  it('leaves a campaign no moment when its distance from one run is not over before the next', () => {
    expect(blocks({}, 60_001)).toBe(true);
    expect(blocks({}, 60_000)).toBe(false);
    expect(blocks({ recipients: 25 }, 40_001)).toBe(true);
    expect(blocks({ recipients: 25 }, 40_000)).toBe(false);
    const spaced = { ...minutely, recipients: 3 };
    expect(leavesNoMoment(spaced, pace(60, 5, 20), 20_001)).toBe(true);
    expect(leavesNoMoment(spaced, pace(60, 5, 20), 20_000)).toBe(false);
    expect(blocks({ cronExpression: '0 * * * *' }, 60_000)).toBe(false);
  });

  it('does not when it sends nothing, ends, or cannot be read', () => {
    expect(blocks({ recipients: 0 }, HOUR)).toBe(false);
    expect(blocks({ cronExpression: null }, HOUR)).toBe(false);
    expect(blocks({ runsLeft: 1 }, HOUR)).toBe(false);
    expect(blocks({ endsAt: AT + MINUTE }, HOUR)).toBe(false);
    expect(blocks({ cronExpression: 'often' }, HOUR)).toBe(false);
    expect(blocks({ timeZone: 'Mars/Olympus' }, HOUR)).toBe(false);
  });
});

describe('schedules that have not fired yet', () => {
  const single: UpcomingRuns = {
    priority: 2,
    nextRunAt: AT,
    cronExpression: null,
    timeZone: 'America/Cuiaba',
    endsAt: null,
    runsLeft: null,
    recipients: 8,
  };
  const daily: UpcomingRuns = { ...single, cronExpression: '0 9 * * *' };
  const runs = (schedule: UpcomingRuns, endMs = AT + 3 * DAY, spacingMs = 1_000, most = 1_000): number[] =>
    upcomingGroups(schedule, spacingMs, endMs, most).map((group) => group.readyMs);

  it('have something to send once, or at each of their runs', () => {
    expect(upcomingGroups(single, 1_000, AT + DAY, 1_000)).toEqual([{ readyMs: AT, count: 8, priority: 2 }]);
    expect(runs(daily)).toEqual([AT, AT + DAY, AT + 2 * DAY]);
    expect(runs(daily, AT + 2 * DAY + 1)).toEqual([AT, AT + DAY, AT + 2 * DAY]);
    expect(runs({ ...daily, timeZone: 'America/Sao_Paulo', nextRunAt: AT - HOUR })).toHaveLength(4);
  });

  it('do so until their own end, which is outside, and for the runs that are left', () => {
    expect(runs({ ...daily, endsAt: AT + DAY })).toEqual([AT]);
    expect(runs({ ...daily, endsAt: AT + 30 * DAY })).toHaveLength(3);
    expect(runs({ ...daily, runsLeft: 2 })).toEqual([AT, AT + DAY]);
    expect(runs({ ...daily, runsLeft: 0 })).toEqual([]);
  });

  it('are looked at for 500 runs each, and for no more than are wanted', () => {
    expect(runs({ ...daily, cronExpression: '0 * * * *' }, AT + 1_000 * HOUR)).toHaveLength(500);
    expect(runs({ ...daily, cronExpression: '0 * * * *' }, AT + 1_000 * HOUR, 1_000, 7)).toHaveLength(7);
    expect(runs({ ...daily, runsLeft: 3 }, AT + 1_000 * HOUR, 1_000, 7)).toHaveLength(3);
    expect(runs(single, AT + DAY, 1_000, 0)).toEqual([]);
  });

  it('reserve nothing when they fire more often than a campaign would find room between', () => {
    const hourly = { ...daily, cronExpression: '0 * * * *' };
    expect(runs(hourly, AT + 3 * HOUR, HOUR / 10)).toHaveLength(3);
    expect(runs(hourly, AT + 3 * HOUR, HOUR / 10 + 1)).toEqual([]);
  });

  it('keep nothing busy without recipients, nor when they cannot be read any more', () => {
    expect(runs({ ...single, recipients: 0 })).toEqual([]);
    expect(runs({ ...daily, cronExpression: 'once upon a time' })).toEqual([]);
    expect(runs({ ...daily, timeZone: 'Mars/Olympus' })).toEqual([]);
  });
});
