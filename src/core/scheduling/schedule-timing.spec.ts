import fc from 'fast-check';
import { parseCron } from '../recurrence/cron-expression.js';
import { parseTimeZone, type TimeZone } from '../recurrence/time-zone.js';
import { checkTiming, firstOccurrence, type TimingDraft } from './schedule-timing.js';
import type { ScheduleType } from './schedule-words.js';

const NOW = Date.parse('2026-03-10T12:00:00Z');
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function zone(name = 'America/Cuiaba'): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(name);
  return parsed.value;
}

const rules = (draft: TimingDraft) =>
  checkTiming(draft, zone(), NOW).violations.map(({ field, rule }) => `${field}:${rule}`);

describe('checkTiming', () => {
  it('needs nothing for IMMEDIATE, which has no next run', () => {
    expect(checkTiming({ type: 'IMMEDIATE' }, zone(), NOW)).toEqual({ violations: [], nextRunAt: null });
  });

  it.each<[string, TimingDraft, string[]]>([
    ['FUTURE without an instant', { type: 'FUTURE' }, ['input.scheduledAt:required']],
    ['an instant that is now', { type: 'FUTURE', scheduledAt: NOW }, ['input.scheduledAt:future']],
    ['a past instant', { type: 'FUTURE', scheduledAt: NOW - 1 }, ['input.scheduledAt:future']],
    ['the last allowed instant', { type: 'FUTURE', scheduledAt: NOW + 366 * DAY }, []],
    ['a later one', { type: 'FUTURE', scheduledAt: NOW + 366 * DAY + 1 }, ['input.scheduledAt:maxDaysAhead']],
    ['RECURRING without an expression', { type: 'RECURRING' }, ['input.cronExpression:required']],
    ['a wrong expression', { type: 'RECURRING', cronExpression: '61 * * * *' }, ['input.cronExpression:cron.invalid']],
    [
      'an expression that never matches',
      { type: 'RECURRING', cronExpression: '0 0 30 2 *' },
      ['input.cronExpression:cron.neverMatches'],
    ],
    [
      'an end that has passed',
      { type: 'RECURRING', cronExpression: '0 9 * * *', endsAt: NOW },
      ['input.endsAt:future'],
    ],
    [
      'an end before the start, told together with a wrong expression',
      { type: 'RECURRING', cronExpression: 'x', startsAt: NOW + 2 * DAY, endsAt: NOW + DAY },
      ['input.cronExpression:cron.invalid', 'input.endsAt:afterStart'],
    ],
    [
      'bounds without an occurrence',
      { type: 'RECURRING', cronExpression: '0 9 1 1 *', endsAt: NOW + DAY },
      ['input.endsAt:noOccurrence'],
    ],
    ['a campaign that says nothing of itself', { type: 'CAMPAIGN' }, ['input.campaign:required']],
    ['a campaign', { type: 'CAMPAIGN', campaign: {} }, []],
  ])('%s', (_title, draft, expected) => {
    expect(rules(draft)).toEqual(expected);
  });

  const given = {
    scheduledAt: NOW + HOUR,
    cronExpression: '0 9 * * *',
    startsAt: NOW,
    endsAt: NOW + 30 * DAY,
    maxRuns: 3,
    misfireGraceSeconds: 60,
    campaign: {},
  };

  it.each<[ScheduleType, string[]]>([
    [
      'IMMEDIATE',
      ['scheduledAt', 'cronExpression', 'startsAt', 'endsAt', 'maxRuns', 'misfireGraceSeconds', 'campaign'],
    ],
    ['FUTURE', ['cronExpression', 'startsAt', 'endsAt', 'maxRuns', 'campaign']],
    ['RECURRING', ['scheduledAt', 'campaign']],
    ['CAMPAIGN', ['scheduledAt', 'cronExpression', 'startsAt', 'endsAt', 'maxRuns', 'misfireGraceSeconds']],
  ])('refuses each field that %s does not have', (type, fields) => {
    expect(rules({ type, ...given })).toEqual(fields.map((field) => `input.${field}:notApplicable`));
  });

  it.each<[TimingDraft, string]>([
    [{ type: 'FUTURE' }, 'is needed for a schedule of type FUTURE'],
    [{ type: 'FUTURE', scheduledAt: NOW }, 'must be ahead of now'],
    [{ type: 'FUTURE', scheduledAt: NOW + 367 * DAY }, 'must be at most 366 days ahead'],
    [{ type: 'FUTURE', scheduledAt: NOW + HOUR, maxRuns: 1 }, 'does not apply to a schedule of type FUTURE'],
    [{ type: 'RECURRING' }, 'is needed for a schedule of type RECURRING'],
    [{ type: 'RECURRING', cronExpression: '0 9 * * *', endsAt: NOW }, 'must be ahead of now'],
    [
      { type: 'RECURRING', cronExpression: '0 9 * * *', startsAt: NOW + 2, endsAt: NOW + 1 },
      'must be later than startsAt',
    ],
    [{ type: 'RECURRING', cronExpression: '0 9 1 1 *', endsAt: NOW + DAY }, 'leaves no occurrence of the expression'],
    [{ type: 'CAMPAIGN' }, 'is needed for a schedule of type CAMPAIGN'],
  ])('says of %j what is wrong: %s', (draft, message) => {
    expect(checkTiming(draft, zone(), NOW)).toMatchObject({ violations: [{ message }], nextRunAt: null });
  });

  it('takes an expression for the mistake when no end keeps it from an occurrence', () => {
    // 00:30 on the date on which the clocks of Cairo jump from 00:00 to 01:00, as a rhythm: never.
    const never: TimingDraft = { type: 'RECURRING', cronExpression: '30 */24 * 4 5L' };
    const fieldOf = (draft: TimingDraft) => checkTiming(draft, zone('Africa/Cairo'), NOW).violations[0]?.field;
    expect(fieldOf(never)).toBe('input.cronExpression');
    expect(fieldOf({ ...never, endsAt: null })).toBe('input.cronExpression');
    expect(fieldOf({ ...never, endsAt: NOW + 366 * DAY })).toBe('input.endsAt');
  });

  it('needs an expression for RECURRING, null is none', () => {
    expect(rules({ type: 'RECURRING', cronExpression: null })).toEqual(['input.cronExpression:required']);
  });

  it('tells both bounds of what starts at its end and has passed', () => {
    const draft: TimingDraft = { type: 'RECURRING', cronExpression: '0 9 * * *', startsAt: NOW, endsAt: NOW };
    expect(rules(draft)).toEqual(['input.endsAt:future', 'input.endsAt:afterStart']);
  });

  it('treats null as not given', () => {
    const nulls = Object.fromEntries(Object.keys(given).map((field) => [field, null]));
    expect(rules({ type: 'IMMEDIATE', ...nulls })).toEqual([]);
  });

  it('says nothing about occurrences when the zone itself was refused', () => {
    const draft: TimingDraft = { type: 'RECURRING', cronExpression: '0 9 1 1 *', endsAt: NOW + DAY };
    expect(checkTiming(draft, null, NOW)).toEqual({ violations: [], nextRunAt: null });
  });

  it('computes the first run in the zone', () => {
    const draft: TimingDraft = { type: 'RECURRING', cronExpression: '0 9 * * *' };
    expect(checkTiming(draft, zone(), NOW).nextRunAt).toBe(Date.parse('2026-03-10T13:00:00Z'));
    expect(checkTiming(draft, zone('Asia/Tokyo'), NOW).nextRunAt).toBe(Date.parse('2026-03-11T00:00:00Z'));
  });
});

describe('firstOccurrence', () => {
  const expression = parseCron('0 9 * * *');
  if (!expression.ok) throw new Error('not an expression');
  const at = Date.parse('2026-03-12T13:00:00Z');

  it('counts the start as inside and the end as outside', () => {
    expect(firstOccurrence(expression.value, zone(), { startsAt: at, endsAt: at + 1 }, NOW)).toBe(at);
    expect(firstOccurrence(expression.value, zone(), { startsAt: at, endsAt: at }, NOW)).toBeNull();
    expect(firstOccurrence(expression.value, zone(), { startsAt: at + 1 }, NOW)).toBe(at + DAY);
  });

  it('is always ahead of now and within the bounds', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -400 * DAY, max: 400 * DAY }),
        fc.integer({ min: 1, max: 100 * DAY }),
        (start, length) => {
          const bounds = { startsAt: NOW + start, endsAt: NOW + start + length };
          const first = firstOccurrence(expression.value, zone(), bounds, NOW);
          if (first === null) return;
          expect(first).toBeGreaterThan(NOW);
          expect(first).toBeGreaterThanOrEqual(bounds.startsAt);
          expect(first).toBeLessThan(bounds.endsAt);
        },
      ),
    );
  });
});
