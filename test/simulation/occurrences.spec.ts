import { occurrencesBetween } from './occurrences.js';

const NEW_YORK = 'America/New_York';

function occurrences(expression: string, timeZone: string, from: string, until: string): string[] {
  return occurrencesBetween(expression, timeZone, Date.parse(from), Date.parse(until)).map((at) =>
    new Date(at).toISOString().slice(0, 19),
  );
}

describe('the rule by which the worlds’ occurrences are judged', () => {
  it.each([
    [
      'every ten seconds',
      '*/10 * * * * *',
      'UTC',
      '2026-06-15T12:00:05Z',
      '2026-06-15T12:00:30Z',
      ['12:00:10', '12:00:20'],
    ],
    [
      'by the minutes of the zone',
      '0 0 * * * *',
      'Australia/Lord_Howe',
      '2026-07-01T00:00:00Z',
      '2026-07-01T01:00:00Z',
      ['00:30:00'],
    ],
    [
      'at a time that is passed over, when it is',
      '0 30 2 * * *',
      NEW_YORK,
      '2026-03-08T06:00:00Z',
      '2026-03-08T08:00:00Z',
      ['07:00:00'],
    ],
    [
      'at the time after one that is passed over, once',
      '0 0 3 * * *',
      NEW_YORK,
      '2026-03-08T06:00:00Z',
      '2026-03-08T08:00:00Z',
      ['07:00:00'],
    ],
    [
      'at a time that comes twice, the first time',
      '0 0 1 * * *',
      NEW_YORK,
      '2026-11-01T04:30:00Z',
      '2026-11-01T07:30:00Z',
      ['05:00:00'],
    ],
    [
      'at each hour that passes, also one that comes twice',
      '0 0 * * * *',
      NEW_YORK,
      '2026-11-01T04:30:00Z',
      '2026-11-01T07:30:00Z',
      ['05:00:00', '06:00:00', '07:00:00'],
    ],
    [
      'at no hour that does not come',
      '0 0 * * * *',
      'Australia/Lord_Howe',
      '2026-10-03T15:00:30Z',
      '2026-10-03T15:59:00Z',
      [],
    ],
    [
      'at midnight where there is none',
      '0 30 0 * * *',
      'Africa/Cairo',
      '2026-04-23T21:00:00Z',
      '2026-04-23T23:00:00Z',
      ['22:00:00'],
    ],
  ])('fires %s', (_what, expression, timeZone, from, until, times) => {
    expect(occurrences(expression, timeZone, from, until)).toEqual(times.map((time) => `${from.slice(0, 10)}T${time}`));
  });

  it('includes its beginning and not its end', () => {
    const at = '2026-06-15T12:00:00Z';
    expect(occurrences('0 * * * * *', 'UTC', at, '2026-06-15T12:01:00Z')).toEqual([at.slice(0, 19)]);
  });
});
