import fc from 'fast-check';
import { nextLabel } from './cron-calendar.js';
import { parseCron, type CronExpression } from './cron-expression.js';
import { describeOccurrence } from './describe-occurrence.js';
import { nextRuns } from './next-occurrence.js';
import { offsetAt, parseTimeZone, resolveLocalMs, type TimeZone } from './time-zone.js';
import { offsetChanges } from './zone-offsets.js';

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

/** The runs after an instant, described, without their instants. */
function described(expression: string, zoneName: string, after: string, count: number): (string | null)[][] {
  return nextRuns(cron(expression), zone(zoneName), Date.parse(after), count).map((at) => {
    const { localTime, decision, note } = describeOccurrence(cron(expression), zone(zoneName), at);
    return [localTime, decision, note];
  });
}

describe('describeOccurrence', () => {
  it.each<[string, string, string, (string | null)[][]]>([
    [
      '30 2 * * *',
      'America/New_York',
      '2026-03-07T00:00:00-05:00',
      [
        ['2026-03-07 02:30', 'NONE', null],
        ['2026-03-08 03:00', 'GAP', '02:30 does not exist on 2026-03-08 in America/New_York: runs at 03:00.'],
        ['2026-03-09 02:30', 'NONE', null],
      ],
    ],
    [
      '0,30 2 * * *',
      'Europe/Berlin',
      '2026-03-29T00:00:00Z',
      [
        [
          '2026-03-29 03:00',
          'GAP',
          '02:00 and 02:30 do not exist on 2026-03-29 in Europe/Berlin: runs once, at 03:00.',
        ],
      ],
    ],
    ['*/10 2 * * *', 'Europe/Lisbon', '2026-03-29T00:00:00Z', [['2026-03-29 02:00', 'NONE', null]]],
    [
      '*/10 1 * * *',
      'Europe/Lisbon',
      '2026-03-29T00:00:00Z',
      [
        [
          '2026-03-29 02:00',
          'GAP',
          '01:00 and later times do not exist on 2026-03-29 in Europe/Lisbon: runs once, at 02:00.',
        ],
      ],
    ],
    [
      // A gap of half an hour.
      '15 2 * * *',
      'Australia/Lord_Howe',
      '2026-10-03T00:00:00Z',
      [['2026-10-04 02:30', 'GAP', '02:15 does not exist on 2026-10-04 in Australia/Lord_Howe: runs at 02:30.']],
    ],
    [
      // A gap at midnight.
      '0 0 * * *',
      'America/Santiago',
      '2026-09-05T12:00:00Z',
      [['2026-09-06 01:00', 'GAP', '00:00 does not exist on 2026-09-06 in America/Santiago: runs at 01:00.']],
    ],
    [
      // A date that was left out as a whole.
      '0 9 * * *',
      'Pacific/Apia',
      '2011-12-29T23:00:00Z',
      [
        ['2011-12-31 00:00', 'GAP', '09:00 does not exist on 2011-12-30 in Pacific/Apia: runs at 2011-12-31 00:00.'],
        ['2011-12-31 09:00', 'NONE', null],
      ],
    ],
    [
      // The end of the gap is named as well: one run stands for both.
      '0 2-3 * * *',
      'America/New_York',
      '2026-03-08T06:00:00Z',
      [
        ['2026-03-08 03:00', 'GAP', '02:00 does not exist on 2026-03-08 in America/New_York: runs at 03:00.'],
        ['2026-03-09 02:00', 'NONE', null],
      ],
    ],
    ['0 3 * * *', 'America/New_York', '2026-03-08T06:00:00Z', [['2026-03-08 03:00', 'NONE', null]]],
    [
      '15 30 2 * * *',
      'America/New_York',
      '2026-03-08T06:00:00Z',
      [['2026-03-08 03:00', 'GAP', '02:30:15 does not exist on 2026-03-08 in America/New_York: runs at 03:00.']],
    ],
    [
      '30 1 * * *',
      'America/New_York',
      '2026-11-01T04:00:00Z',
      [
        [
          '2026-11-01 01:30',
          'OVERLAP',
          '01:30 comes twice on 2026-11-01 in America/New_York: runs the first time only.',
        ],
        ['2026-11-02 01:30', 'NONE', null],
      ],
    ],
    [
      '45 1 * * *',
      'Australia/Lord_Howe',
      '2026-04-04T10:00:00Z',
      [
        [
          '2026-04-05 01:45',
          'OVERLAP',
          '01:45 comes twice on 2026-04-05 in Australia/Lord_Howe: runs the first time only.',
        ],
      ],
    ],
    [
      // A rhythm follows real time: nothing is moved, and a repeated hour has it twice.
      '30 * * * *',
      'America/New_York',
      '2026-11-01T04:45:00Z',
      [
        [
          '2026-11-01 01:30',
          'OVERLAP',
          '01:30 comes twice on 2026-11-01 in America/New_York: runs both times, this is the first.',
        ],
        [
          '2026-11-01 01:30',
          'OVERLAP',
          '01:30 comes twice on 2026-11-01 in America/New_York: runs both times, this is the second.',
        ],
        ['2026-11-01 02:30', 'NONE', null],
      ],
    ],
    [
      '*/30 */1 * * *',
      'America/New_York',
      '2026-03-08T06:30:00Z',
      [
        ['2026-03-08 03:00', 'NONE', null],
        ['2026-03-08 03:30', 'NONE', null],
      ],
    ],
    [
      // No change of the clock since 2019.
      '0 9 * * *',
      'America/Cuiaba',
      '2026-11-21T00:00:00Z',
      [['2026-11-21 09:00', 'NONE', null]],
    ],
  ])('%s in %s after %s', (expression, zoneName, after, expected) => {
    expect(described(expression, zoneName, after, expected.length)).toEqual(expected);
  });

  it('says nothing was decided about a single instant', () => {
    const at = Date.parse('2026-11-01T06:30:00Z');
    expect(describeOccurrence(null, zone('America/New_York'), at)).toEqual({
      at,
      localTime: '2026-11-01 01:30',
      decision: 'NONE',
      note: null,
    });
  });

  const ZONES = [
    'America/New_York',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'America/Santiago',
    'Africa/Cairo',
    'Asia/Gaza',
    'America/Sao_Paulo',
    'Pacific/Apia',
  ].map(zone);
  const expressions = fc
    .tuple(fc.constantFrom('0', '30', '*/15', '10,50'), fc.constantFrom('0', '1', '2', '0-3', '*', '*/2'))
    .map(([minute, hour]) => cron(`${minute} ${hour} * * *`));

  it('tells each occurrence around any change of a clock by whether its local time exists once, never or twice', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        expressions,
        fc.integer({ min: Date.parse('2008-01-01T00:00:00Z'), max: Date.parse('2030-01-01T00:00:00Z') }),
        (where, expression, from) => {
          const change = offsetChanges(where, from, from + 400 * 86_400_000)[0];
          const start = (change?.at ?? from) - 4 * 3_600_000;
          for (const at of nextRuns(expression, where, start, 12)) {
            const { decision } = describeOccurrence(expression, where, at);
            const label = at + offsetAt(where, at);
            const isNamed = nextLabel(expression, label, label) === label;
            const { kind } = resolveLocalMs(where, label);
            if (decision === 'NONE') expect([isNamed, kind]).toEqual([true, 'unique']);
            if (decision === 'OVERLAP') expect([isNamed, kind]).toEqual([true, 'overlap']);
            // What was moved stands where clocks jumped to, and only there may a time stand that is not named.
            if (decision === 'GAP') expect(resolveLocalMs(where, label - 1).kind).toBe('gap');
            if (!isNamed) expect(decision).toBe('GAP');
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
