import { parseCron, type CronExpression } from './cron-expression.js';
import { nextOccurrence, nextRuns, occurrencesBetween, periodAfter, type DstPolicy } from './next-occurrence.js';
import { parseTimeZone, type TimeZone } from './time-zone.js';

function cron(text: string): CronExpression {
  const parsed = parseCron(text);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

function zone(name: string): TimeZone {
  const parsed = parseTimeZone(name);
  if (!parsed.ok) throw new Error(parsed.error.message);
  return parsed.value;
}

const utc = (text: string): number => Date.parse(`${text}Z`);

/** The next occurrences in UTC, to the minute. */
function runsOf(text: string, name: string, after: string, count: number, policy?: DstPolicy): string[] {
  return nextRuns(cron(text), zone(name), utc(after), count, policy).map((at) =>
    new Date(at).toISOString().slice(0, 16),
  );
}

type Case = readonly [expression: string, zoneName: string, after: string, expected: readonly string[]];

describe('a fixed time in a gap fires at its end, once', () => {
  const cases: readonly Case[] = [
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00', ['2026-03-08T07:00', '2026-03-09T06:30']],
    [
      '0,30 2 * * *',
      'America/New_York',
      '2026-03-07T12:00',
      ['2026-03-08T07:00', '2026-03-09T06:00', '2026-03-09T06:30'],
    ],
    [
      '*/10 30 2 * * *',
      'America/New_York',
      '2026-03-08T00:00',
      ['2026-03-08T07:00', '2026-03-09T06:30', '2026-03-09T06:30'],
    ],
    // 02:00 in the gap and 03:00 after it are the same instant: one occurrence.
    [
      '0 2-3 * * *',
      'America/New_York',
      '2026-03-08T05:00',
      ['2026-03-08T07:00', '2026-03-09T06:00', '2026-03-09T07:00'],
    ],
    [
      '30 1,2,3 * * *',
      'America/New_York',
      '2026-03-08T05:00',
      ['2026-03-08T06:30', '2026-03-08T07:00', '2026-03-08T07:30'],
    ],
    ['30 0 * * *', 'Africa/Cairo', '2026-04-23T12:00', ['2026-04-23T22:00', '2026-04-24T21:30']],
    ['0 0 * * *', 'Africa/Cairo', '2026-04-23T12:00', ['2026-04-23T22:00', '2026-04-24T21:00']],
    ['0 0 24 4 *', 'Africa/Cairo', '2026-01-01T00:00', ['2026-04-23T22:00', '2027-04-23T22:00']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00', ['2026-10-03T15:30', '2026-10-04T15:15']],
    ['0 0 * * *', 'America/Sao_Paulo', '2018-11-03T12:00', ['2018-11-04T03:00', '2018-11-05T02:00']],
    ['0 0 * * *', 'America/Cuiaba', '2018-11-03T12:00', ['2018-11-04T04:00', '2018-11-05T03:00']],
    ['0 0 * * *', 'America/Havana', '2026-03-07T12:00', ['2026-03-08T05:00', '2026-03-09T04:00']],
    // Nuuk jumps from 23:00 on Saturday to 00:00 on Sunday: the Saturday keeps its 23:30, at Sunday's first instant.
    ['30 23 * * SAT', 'America/Nuuk', '2026-03-28T12:00', ['2026-03-29T01:00', '2026-04-05T00:30']],
    [
      '30 0-2 * * *',
      'Antarctica/Troll',
      '2026-03-28T23:00',
      ['2026-03-29T00:30', '2026-03-29T01:00', '2026-03-29T22:30'],
    ],
    // A date that a zone skipped fires at the end of the skip; several times of that date are one occurrence.
    ['0 9 * * *', 'Pacific/Apia', '2011-12-29T12:00', ['2011-12-29T19:00', '2011-12-30T10:00', '2011-12-30T19:00']],
    [
      '0 9,15 30 12 *',
      'Pacific/Apia',
      '2011-12-01T00:00',
      ['2011-12-30T10:00', '2012-12-29T19:00', '2012-12-30T01:00'],
    ],
  ];
  it.each(cases)('%s in %s after %sZ', (text, name, after, expected) => {
    expect(runsOf(text, name, `${after}:00`, expected.length)).toEqual(expected);
  });

  it('and with dstGap SKIP not at all', () => {
    const skip: DstPolicy = { dstGap: 'SKIP', dstOverlap: 'FIRST' };
    expect(runsOf('30 2 * * *', 'America/New_York', '2026-03-07T12:00:00', 1, skip)).toEqual(['2026-03-09T06:30']);
    expect(runsOf('0 2-3 * * *', 'America/New_York', '2026-03-08T05:00:00', 2, skip)).toEqual([
      '2026-03-08T07:00',
      '2026-03-09T06:00',
    ]);
    expect(runsOf('0 9 30 12 *', 'Pacific/Apia', '2011-12-01T00:00:00', 1, skip)).toEqual(['2012-12-29T19:00']);
  });

  it('so that with SKIP a time which exists on no date has no next occurrence', () => {
    const skip: DstPolicy = { dstGap: 'SKIP', dstOverlap: 'FIRST' };
    const after = utc('2026-01-01T00:00:00');
    expect(nextOccurrence(cron('30 2 * 3 7L'), zone('Europe/Berlin'), after, skip)).toBeNull();
    expect(nextRuns(cron('30 2 * 3 7L'), zone('Europe/Berlin'), after, 3, skip)).toEqual([]);
    expect(periodAfter(cron('30 2 * 3 7L'), zone('Europe/Berlin'), after, skip)).toBeNull();
    expect(runsOf('30 2 * 3 7L', 'Europe/Berlin', '2026-01-01T00:00:00', 1)).toEqual(['2026-03-29T01:00']);
  });
});

describe('a fixed time in an overlap fires once, at the first instant', () => {
  const cases: readonly Case[] = [
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00', ['2026-11-01T05:30', '2026-11-02T06:30']],
    [
      '0 1-2 * * *',
      'America/New_York',
      '2026-10-31T12:00',
      ['2026-11-01T05:00', '2026-11-01T07:00', '2026-11-02T06:00'],
    ],
    [
      '*/30 0-2 * * *',
      'America/New_York',
      '2026-11-01T05:10',
      ['2026-11-01T05:30', '2026-11-01T07:00', '2026-11-01T07:30'],
    ],
    // Asked during the second pass, the first pass is over.
    ['45 1 * * *', 'America/New_York', '2026-11-01T06:10', ['2026-11-02T06:45']],
    ['* * 1 * * *', 'America/New_York', '2026-11-01T06:10', ['2026-11-02T06:00', '2026-11-02T06:00']],
    ['30 23 * * *', 'Africa/Cairo', '2026-10-29T12:00', ['2026-10-29T20:30', '2026-10-30T21:30']],
    ['0 0 * * *', 'Africa/Cairo', '2026-10-29T12:00', ['2026-10-29T22:00', '2026-10-30T22:00']],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00', ['2026-04-04T14:45', '2026-04-05T15:15']],
    ['30 23 * * *', 'America/Sao_Paulo', '2019-02-16T12:00', ['2019-02-17T01:30', '2019-02-18T02:30']],
    ['0 0 * * *', 'America/Havana', '2026-10-31T12:00', ['2026-11-01T04:00', '2026-11-02T05:00']],
  ];
  it.each(cases)('%s in %s after %sZ', (text, name, after, expected) => {
    expect(runsOf(text, name, `${after}:00`, expected.length)).toEqual(expected);
  });

  const second: DstPolicy = { dstGap: 'RUN_AT_GAP_END', dstOverlap: 'SECOND' };
  const secondCases: readonly Case[] = [
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00', ['2026-11-01T06:30', '2026-11-02T06:30']],
    ['30 1 * * *', 'America/New_York', '2026-11-01T05:45', ['2026-11-01T06:30', '2026-11-02T06:30']],
    ['30 1 * * *', 'America/New_York', '2026-11-01T06:30', ['2026-11-02T06:30']],
    [
      '0 0-2 * * *',
      'America/New_York',
      '2026-11-01T03:00',
      ['2026-11-01T04:00', '2026-11-01T06:00', '2026-11-01T07:00'],
    ],
    ['45 1 * * *', 'Australia/Lord_Howe', '2026-04-04T00:00', ['2026-04-04T15:15', '2026-04-05T15:15']],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00', ['2026-03-08T07:00', '2026-03-09T06:30']],
  ];
  it.each(secondCases)('with dstOverlap SECOND at the second: %s in %s after %sZ', (text, name, after, expected) => {
    expect(runsOf(text, name, `${after}:00`, expected.length, second)).toEqual(expected);
  });
});

describe('an expression with a star for the hour follows real time', () => {
  const cases: readonly Case[] = [
    [
      '*/30 * * * *',
      'America/New_York',
      '2026-03-08T06:00',
      ['2026-03-08T06:30', '2026-03-08T07:00', '2026-03-08T07:30'],
    ],
    [
      '*/30 * * * *',
      'America/New_York',
      '2026-11-01T05:00',
      ['2026-11-01T05:30', '2026-11-01T06:00', '2026-11-01T06:30', '2026-11-01T07:00'],
    ],
    // 02:00 does not exist and nothing takes its place; 01:00 exists twice.
    ['0 */2 * * *', 'America/New_York', '2026-03-08T05:00', ['2026-03-08T08:00', '2026-03-08T10:00']],
    ['0 */2 * * *', 'America/New_York', '2026-11-01T03:00', ['2026-11-01T04:00', '2026-11-01T07:00']],
    ['15 * * * *', 'America/New_York', '2026-11-01T05:30', ['2026-11-01T06:15', '2026-11-01T07:15']],
    [
      '15 * * * *',
      'Australia/Lord_Howe',
      '2026-10-03T14:30',
      ['2026-10-03T14:45', '2026-10-03T16:15', '2026-10-03T17:15'],
    ],
    [
      '45 * * * *',
      'Australia/Lord_Howe',
      '2026-04-04T14:00',
      ['2026-04-04T14:45', '2026-04-04T15:15', '2026-04-04T16:15'],
    ],
    ['30 * * * *', 'Africa/Cairo', '2026-04-23T21:00', ['2026-04-23T21:30', '2026-04-23T22:30']],
    ['0 * 29 10 *', 'Africa/Cairo', '2026-10-29T19:30', ['2026-10-29T20:00', '2026-10-29T21:00', '2027-10-28T22:00']],
    ['0 */6 * * *', 'Pacific/Apia', '2011-12-30T00:00', ['2011-12-30T04:00', '2011-12-30T10:00', '2011-12-30T16:00']],
    ['0 */6 30 12 *', 'Pacific/Apia', '2011-12-01T00:00', ['2012-12-29T10:00', '2012-12-29T16:00']],
    ['0 0/12 * * *', 'America/Cuiaba', '2026-07-01T00:00', ['2026-07-01T04:00', '2026-07-01T16:00']],
    // The shift is found when it is far from the instant that is asked about.
    ['30 */23 8 3 *', 'America/New_York', '2025-06-01T00:00', ['2026-03-08T05:30', '2026-03-09T03:30']],
    ['30 */2 8 3 *', 'America/New_York', '2026-03-08T05:30', ['2026-03-08T08:30', '2026-03-08T10:30']],
    ['30 */6 24 4 *', 'Africa/Cairo', '2025-06-01T00:00', ['2026-04-24T03:30', '2026-04-24T09:30']],
    ['15 */2 4 10 *', 'Australia/Lord_Howe', '2026-10-03T13:45', ['2026-10-03T17:15', '2026-10-03T19:15']],
  ];
  it.each(cases)('%s in %s after %sZ', (text, name, after, expected) => {
    expect(runsOf(text, name, `${after}:00`, expected.length)).toEqual(expected);
  });

  it('and never fires when all that it names lies in gaps', () => {
    expect(nextOccurrence(cron('30 */24 * 4 5L'), zone('Africa/Cairo'), utc('2026-01-01T00:00:00'))).toBeNull();
  });
});

describe('dates', () => {
  const cases: readonly Case[] = [
    ['0 9 * * *', 'America/Cuiaba', '2026-07-01T12:59', ['2026-07-01T13:00', '2026-07-02T13:00']],
    ['0 9 * * *', 'America/Cuiaba', '2026-07-01T13:00', ['2026-07-02T13:00']],
    // Brazil has had no summer time since 2019.
    ['0 0 * * *', 'America/Sao_Paulo', '2026-10-31T12:00', ['2026-11-01T03:00', '2026-11-02T03:00']],
    ['0 9 * * MON-FRI', 'America/Cuiaba', '2026-07-03T14:00', ['2026-07-06T13:00', '2026-07-07T13:00']],
    [
      '0 9 * * FRI-MON',
      'UTC',
      '2026-07-02T10:00',
      ['2026-07-03T09:00', '2026-07-04T09:00', '2026-07-05T09:00', '2026-07-06T09:00', '2026-07-10T09:00'],
    ],
    // Both day fields restricted: every 13th and every Friday.
    ['0 0 13 * FRI', 'UTC', '2026-07-04T00:00', ['2026-07-10T00:00', '2026-07-13T00:00', '2026-07-17T00:00']],
    // April has no 31st, and the 1st of May does not stand for it.
    ['0 0 31 4 MON', 'UTC', '2026-04-21T00:00', ['2026-04-27T00:00', '2027-04-05T00:00']],
    // One of them starts with a star: odd days that are Mondays.
    ['0 0 */2 * MON', 'UTC', '2026-07-01T00:00', ['2026-07-13T00:00', '2026-07-27T00:00', '2026-08-03T00:00']],
    [
      '0 0 L * *',
      'UTC',
      '2027-12-31T00:00',
      ['2028-01-31T00:00', '2028-02-29T00:00', '2028-03-31T00:00', '2028-04-30T00:00'],
    ],
    ['0 0 L 2 *', 'UTC', '2026-01-01T00:00', ['2026-02-28T00:00', '2027-02-28T00:00', '2028-02-29T00:00']],
    ['0 0 15,L * *', 'UTC', '2026-02-01T00:00', ['2026-02-15T00:00', '2026-02-28T00:00', '2026-03-15T00:00']],
    ['0 9 * * 5L', 'UTC', '2026-01-01T00:00', ['2026-01-30T09:00', '2026-02-27T09:00', '2026-03-27T09:00']],
    ['0 9 * 2 SUNL', 'UTC', '2026-01-01T00:00', ['2026-02-22T09:00', '2027-02-28T09:00', '2028-02-27T09:00']],
    ['0 0 31 * *', 'UTC', '2026-01-31T00:00', ['2026-03-31T00:00', '2026-05-31T00:00', '2026-07-31T00:00']],
    ['0 0 29 2 *', 'UTC', '2026-01-01T00:00', ['2028-02-29T00:00', '2032-02-29T00:00']],
    // 2100 is no leap year.
    ['0 0 29 2 *', 'America/New_York', '2096-03-01T00:00', ['2104-02-29T05:00']],
    // 29 February on a Monday: 28 years, and 40 across 2100.
    ['0 0 29 2 */7', 'UTC', '2088-03-01T00:00', ['2128-02-29T00:00']],
    ['0 0 1 1 *', 'Pacific/Kiritimati', '2026-12-31T00:00', ['2026-12-31T10:00', '2027-12-31T10:00']],
    ['59 59 23 31 12 *', 'UTC', '2026-06-01T00:00', ['2026-12-31T23:59', '2027-12-31T23:59']],
    ['45 5 * * *', 'Asia/Kathmandu', '2026-06-15T00:00', ['2026-06-16T00:00']],
    ['0 12 1 7 *', 'America/New_York', '1965-01-01T00:00', ['1965-07-01T16:00']],
    ['15 15 23 31 12 *', 'Africa/Monrovia', '1970-06-01T00:00', ['1970-12-31T23:59']],
  ];
  it.each(cases)('%s in %s after %sZ', (text, name, after, expected) => {
    expect(runsOf(text, name, `${after}:00`, expected.length)).toEqual(expected);
  });
});

describe('occurrencesBetween', () => {
  const noon = utc('2026-07-01T12:00:00');
  const minute = 60_000;

  it('leaves out its start and includes its end', () => {
    const every = cron('* * * * *');
    const utcZone = zone('UTC');
    expect(occurrencesBetween(every, utcZone, noon, noon + 3 * minute, 10)).toEqual(
      [1, 2, 3].map((n) => noon + n * minute),
    );
    expect(occurrencesBetween(every, utcZone, noon - 1, noon, 10)).toEqual([noon]);
    expect(occurrencesBetween(every, utcZone, noon, noon, 10)).toEqual([]);
    expect(occurrencesBetween(every, utcZone, noon, noon - minute, 10)).toEqual([]);
  });

  it('stops at its limit', () => {
    expect(occurrencesBetween(cron('* * * * * *'), zone('UTC'), noon, noon + 86_400_000, 2)).toEqual([
      noon + 1_000,
      noon + 2_000,
    ]);
    expect(occurrencesBetween(cron('* * * * * *'), zone('UTC'), noon, noon + 86_400_000, 0)).toEqual([]);
  });
});

describe('periodAfter', () => {
  it('is the real time to the following occurrence', () => {
    const at = utc('2026-03-07T14:00:00');
    expect(periodAfter(cron('0 9 * * *'), zone('America/New_York'), at)).toBe(23 * 3_600_000);
    expect(periodAfter(cron('0 9 * * *'), zone('America/New_York'), at + 23 * 3_600_000)).toBe(24 * 3_600_000);
  });
});

it('an instant that is no number is a broken call, not an endless search', () => {
  expect(() => nextOccurrence(cron('* * * * *'), zone('UTC'), Number.NaN)).toThrow(RangeError);
  expect(() => nextOccurrence(cron('0 9 * * *'), zone('UTC'), Number.POSITIVE_INFINITY)).toThrow(RangeError);
});
