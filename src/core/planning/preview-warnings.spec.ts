import { zoneOf } from '../../../test/support/core/explanation-facts.js';
import { previewWarnings, type PlanInSight } from './preview-warnings.js';

const CUIABA = zoneOf('America/Cuiaba');
const MINUTE = 60_000;
const DAY = 86_400_000;
/** 08:00 in Cuiabá. */
const START = Date.parse('2026-05-04T12:00:00Z');

const quiet: PlanInSight = {
  zone: CUIABA,
  instants: [START, START + MINUTE],
  lastSendMs: START + MINUTE,
  unplaced: 0,
  sameMinute: 0,
  localTimePassed: 0,
  texts: { rendered: 2, mostFrequent: 2, missing: new Map() },
  spacing: null,
  densest: 0,
  periodMs: null,
};
const warnings = (plan: Partial<PlanInSight>): string[] => previewWarnings({ ...quiet, ...plan });
const every = (count: number, apartMs: number): number[] =>
  Array.from({ length: count }, (_, index) => START + index * apartMs);

describe('a preview warns', () => {
  it('of nothing when nothing is wrong, and when nothing is sent', () => {
    expect(warnings({})).toEqual([]);
    const none = { instants: [], lastSendMs: null, spacing: { askedMs: 0, plannedMs: 0 }, periodMs: 1 };
    expect(warnings(none)).toEqual([]);
    expect(warnings({ ...none, spacing: null })).toEqual([]);
  });

  it.each<[Partial<PlanInSight>, string]>([
    [{ unplaced: 1 }, '1 contact would get nothing: the channel has no room for them within a year.'],
    [{ unplaced: 2 }, '2 contacts would get nothing: the channel has no room for them within a year.'],
    [{ localTimePassed: 3 }, 'For 3 contacts the local time has passed already: they get nothing.'],
    [
      { sameMinute: 4 },
      '4 contacts would get a minute of the day that they had in the last 31 days: the window leaves no other.',
    ],
    [
      { spacing: { askedMs: 1_000, plannedMs: 1_001 } },
      'The limits of the channel set messages 2 seconds apart, more than was asked for.',
    ],
    [
      { densest: 1 },
      'Another schedule of the channel fires so often that messages of this campaign find no moment between its messages, and may wait.',
    ],
    [
      { densest: 2 },
      '2 other schedules of the channel fire so often that messages of this campaign find no moment between their messages, and may wait.',
    ],
    [{ periodMs: MINUTE - 1 }, 'A run takes longer than the time to the next one: the next one would be skipped.'],
  ])('in a sentence: %#', (plan, sentence) => {
    expect(warnings(plan)).toEqual([sentence]);
  });

  it('of each placeholder that somebody lacks, and of pieces as they were written', () => {
    const missing = new Map([
      ['cidade', 1],
      ['{nome, tudo', 2],
    ]);
    expect(warnings({ texts: { rendered: 2, mostFrequent: 1, missing } })).toEqual([
      '1 contact lacks {cidade}: the message cannot be sent to them.',
      '2 contacts lack {nome, tudo: the message cannot be sent to them.',
    ]);
  });

  it('when a campaign goes on for another day, and not of other schedules', () => {
    const instants = [START, START + MINUTE, START + DAY];
    const spacing = { askedMs: 60_000, plannedMs: 60_000 };
    expect(warnings({ instants, spacing, lastSendMs: START + DAY })).toEqual([
      '3 messages do not fit into 2026-05-04: 2 go on that day, the last on 2026-05-05.',
    ]);
    expect(warnings({ instants, lastSendMs: START + DAY })).toEqual([]);
  });

  it('when limits make messages of one instant go more than a minute later, unless it is a campaign', () => {
    const late = { instants: [START, START], lastSendMs: START + 10.5 * MINUTE };
    expect(warnings(late)).toEqual([
      'The limits of the channel and its other plans let the last message go at 2026-05-04 08:10 (America/Cuiaba), ' +
        '11 minutes after its time.',
    ]);
    expect(warnings({ ...late, lastSendMs: START + MINUTE })).toEqual([]);
    expect(warnings({ ...late, lastSendMs: START + MINUTE + 1 })).toHaveLength(1);
    expect(warnings({ ...late, spacing: { askedMs: 0, plannedMs: 0 } })).toEqual([]);
  });

  it('when a run takes longer than its period, not when it just fits', () => {
    expect(warnings({ periodMs: MINUTE })).toEqual([]);
    expect(warnings({ periodMs: MINUTE - 1 })).toHaveLength(1);
    expect(warnings({ periodMs: MINUTE - 1, lastSendMs: null })).toEqual([]);
  });

  it.each([
    ['21:59:59', 0],
    ['22:00', 1],
    ['23:30', 1],
    ['03:00', 1],
    ['06:59:59', 1],
    ['07:00', 0],
  ])('of messages at night, of the plan’s zone: at %s %i', (clock, count) => {
    const at = Date.parse(`2026-05-04T${clock}-04:00`);
    expect(warnings({ instants: [at], lastSendMs: at })).toEqual(
      count === 0 ? [] : ['1 message would go at night, between 22:00 and 07:00 (America/Cuiaba).'],
    );
  });

  it('of several messages at night in the plural', () => {
    const at = Date.parse('2026-05-04T23:00-04:00');
    expect(warnings({ instants: [at, at + 1], lastSendMs: at + 1 })).toEqual([
      '2 messages would go at night, between 22:00 and 07:00 (America/Cuiaba).',
    ]);
  });

  it.each([
    [250, null],
    [251, 'a limit of 2000'],
    [2_000, 'a limit of 2000'],
    [2_001, 'a limit of 10000'],
    [100_000, 'a limit of 100000'],
    [100_001, 'no limit'],
  ])('of what a WhatsApp account may send in a day: %i messages need %s', (count, needed) => {
    const instants = every(count, 0);
    expect(warnings({ instants, lastSendMs: START })).toEqual(
      needed === null
        ? []
        : [
            `Up to ${count} people within 24 hours: a new WhatsApp business account may write to 250; it needs ${needed}.`,
          ],
    );
  });

  it('of the most messages within any 24 hours, wherever they lie', () => {
    const apart = [...every(200, 0), ...every(200, 0).map((at) => at + DAY)];
    expect(warnings({ instants: apart, lastSendMs: START + DAY })).toEqual([]);
    const together = [...every(200, 0), ...every(200, 0).map((at) => at + DAY - 1)];
    expect(warnings({ instants: together, lastSendMs: START + DAY - 1 })[0]).toMatch(/^Up to 400 people/);
  });

  it.each([
    [19, 19, null],
    [20, 20, 100],
    [20, 16, 80],
    [20, 15, null],
    [300, 299, 99],
  ])('of identical texts: of %i equal %i', (rendered, mostFrequent, percent) => {
    expect(warnings({ texts: { rendered, mostFrequent, missing: new Map() } })).toEqual(
      percent === null
        ? []
        : [`${percent} % of the texts are identical, which providers take for spam: use variations or placeholders.`],
    );
  });

  it('of nothing about a distance that is kept as it was asked for', () => {
    expect(warnings({ spacing: { askedMs: 1_000, plannedMs: 1_000 } })).toEqual([]);
  });

  it('of the gravest first', () => {
    const instants = [...every(300, 0), START + 14 * 3_600_000, START + DAY];
    const all = warnings({
      instants,
      lastSendMs: START + 2 * DAY,
      unplaced: 1,
      sameMinute: 1,
      localTimePassed: 1,
      texts: { rendered: 20, mostFrequent: 20, missing: new Map([['cidade', 1]]) },
      spacing: { askedMs: 0, plannedMs: 1_000 },
      periodMs: 1,
    });
    const words = [
      'room',
      'lacks',
      'local time',
      'do not fit',
      'skipped',
      'at night',
      'WhatsApp',
      'identical',
      'apart',
      '31 days',
    ];
    expect(all).toHaveLength(words.length);
    all.forEach((sentence, index) => expect(sentence).toContain(words[index]));
  });
});
