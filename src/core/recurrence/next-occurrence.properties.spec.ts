import { transformFileSync } from '@swc/core';
import fc from 'fast-check';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseCron, type CronExpression } from './cron-expression.js';
import { nextOccurrence, nextRuns, occurrencesBetween, type DstPolicy } from './next-occurrence.js';
import { parseTimeZone, toLocal, type TimeZone } from './time-zone.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

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

const item = (min: number, max: number): fc.Arbitrary<string> => {
  const value = fc.integer({ min, max });
  return fc.oneof(
    value.map(String),
    fc.tuple(value, value).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    fc.integer({ min: 1, max: max - min + 1 }).map((step) => `*/${step}`),
  );
};
const list = (min: number, max: number): fc.Arbitrary<string> =>
  fc.array(item(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
const orStar = (field: fc.Arbitrary<string>): fc.Arbitrary<string> => fc.oneof(fc.constant('*'), field);

/** Expressions that fire somewhere within a few months, six fields, fixed times and rhythms alike. */
const expressions = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: fc.constant('0') }, { weight: 1, arbitrary: item(0, 59) }),
    orStar(list(0, 59)),
    orStar(list(0, 23)),
    fc.oneof(fc.constant('*'), list(1, 28), fc.constantFrom('L', '15,L')),
    fc.oneof({ weight: 4, arbitrary: fc.constant('*') }, { weight: 1, arbitrary: list(1, 12) }),
    fc.oneof(fc.constant('*'), list(0, 6), fc.constantFrom('5L', 'SUNL', 'FRI-MON')),
  )
  .map((fields) => parseCron(fields.join(' ')))
  .filter((parsed) => parsed.ok)
  .map((parsed) => parsed.value);
const zones = fc
  .oneof(
    fc.constantFrom(
      'America/New_York',
      'Australia/Lord_Howe',
      'Africa/Cairo',
      'Antarctica/Troll',
      'America/Nuuk',
      'Africa/Casablanca',
    ),
    fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
  )
  .map(zone);
/** Any instant of 1975 to 2060, and often one near a change of the clock. */
const instants = fc.oneof(
  fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2060, 0, 1) }),
  fc
    .tuple(
      fc.constantFrom(
        '2026-03-08T07:00Z',
        '2026-11-01T06:00Z',
        '2026-04-04T15:00Z',
        '2026-10-03T15:30Z',
        '2026-03-29T01:00Z',
      ),
      fc.integer({ min: -3 * HOUR, max: 3 * HOUR }),
    )
    .map(([at, shift]) => Date.parse(at) + shift),
);
const policies: fc.Arbitrary<DstPolicy> = fc.record({
  dstGap: fc.constantFrom('RUN_AT_GAP_END', 'SKIP'),
  dstOverlap: fc.constantFrom('FIRST', 'SECOND'),
});

describe('nextOccurrence', () => {
  it('is later than what it was asked about, on a whole second of the local clock, and the same when asked again', () => {
    fc.assert(
      fc.property(expressions, zones, instants, policies, (expression, place, after, policy) => {
        const next = nextOccurrence(expression, place, after, policy);
        expect(next).not.toBeNull();
        expect(next).toBeGreaterThan(after);
        expect(next! % 1_000).toBe(0);
        expect(nextOccurrence(expression, place, after, policy)).toBe(next);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is the same from every instant between two occurrences, and the following one from the occurrence itself', () => {
    const shares = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(expressions, zones, instants, policies, shares, (expression, place, after, policy, between) => {
        const first = nextOccurrence(expression, place, after, policy)!;
        const second = nextOccurrence(expression, place, first, policy)!;
        expect(second).toBeGreaterThan(first);
        for (const share of between) {
          const instant = first + Math.floor((second - 1 - first) * share);
          expect(nextOccurrence(expression, place, instant, policy)).toBe(second);
        }
        expect(nextOccurrence(expression, place, second - 1, policy)).toBe(second);
        expect(nextOccurrence(expression, place, first - 1, policy)).toBe(first);
      }),
      { numRuns: 1_000 },
    );
  });

  it('shows a label that the expression names, except at the end of a gap', () => {
    fc.assert(
      fc.property(expressions, zones, instants, (expression, place, after) => {
        const skip: DstPolicy = { dstGap: 'SKIP', dstOverlap: 'FIRST' };
        const local = toLocal(place, nextOccurrence(expression, place, after, skip)!);
        expect(expression.seconds).toContain(local.second);
        expect(expression.minutes).toContain(local.minute);
        expect(expression.hours).toContain(local.hour);
        expect(expression.months).toContain(local.month);
      }),
      { numRuns: 1_000 },
    );
  });

  it('passes over no minute: walking them one by one finds nothing in between', () => {
    fc.assert(
      fc.property(expressions, zones, instants, (expression, place, after) => {
        const from = Math.ceil(after / 60_000) * 60_000;
        const found = new Set(occurrencesBetween(expression, place, from - 1, from + DAY / 2, 100_000));
        for (let at = from; at <= from + DAY / 2; at += 60_000) {
          // The occurrence at `at` itself, asked about on its own.
          expect(nextOccurrence(expression, place, at - 1) === at).toBe(found.has(at));
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('occurrencesBetween', () => {
  it('is nextOccurrence iterated', () => {
    const spans = fc.integer({ min: 0, max: 3 * DAY });
    const limits = fc.integer({ min: 0, max: 50 });
    fc.assert(
      fc.property(
        expressions,
        zones,
        instants,
        spans,
        limits,
        policies,
        (expression, place, after, span, limit, policy) => {
          const iterated: number[] = [];
          let at = nextOccurrence(expression, place, after, policy);
          while (at !== null && at <= after + span && iterated.length < limit) {
            iterated.push(at);
            at = nextOccurrence(expression, place, at, policy);
          }
          expect(occurrencesBetween(expression, place, after, after + span, limit, policy)).toEqual(iterated);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('the answer does not depend on', () => {
  const questions: readonly (readonly [string, string, string])[] = [
    ['*/30 * * * *', 'America/New_York', '2026-11-01T04:00:00Z'],
    ['30 1 * * *', 'America/New_York', '2026-10-31T12:00:00Z'],
    ['30 2 * * *', 'America/New_York', '2026-03-07T12:00:00Z'],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00:00Z'],
    ['*/20 * * * *', 'Europe/Paris', '2026-10-24T23:30:00Z'],
    ['30 0 * * *', 'Africa/Cairo', '2026-04-22T12:00:00Z'],
    ['0 9 * * 5L', 'America/Cuiaba', '2026-01-01T00:00:00Z'],
  ];
  const answers = (): number[][] =>
    questions.map(([text, name, after]) => nextRuns(cron(text), zone(name), Date.parse(after), 6));

  afterEach(() => jest.useRealTimers());

  it('the current date: asked in January and in July it is the same', () => {
    const expected = answers();
    for (const now of ['2026-01-15T00:00:00Z', '2026-07-01T00:00:00Z', '2026-11-01T05:30:00Z']) {
      jest.useFakeTimers({ now: Date.parse(now) });
      expect(answers()).toEqual(expected);
    }
  });

  it("the process's time zone", () => {
    const folder = mkdtempSync(join(tmpdir(), 'recurrence-'));
    try {
      for (const source of [__dirname, join(__dirname, '../values')]) {
        const target = join(folder, basename(source));
        mkdirSync(target);
        for (const file of readdirSync(source).filter((name) => /(?<!\.spec)\.ts$/.test(name))) {
          const { code } = transformFileSync(join(source, file), {
            jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
            module: { type: 'commonjs' },
          });
          writeFileSync(join(target, file.replace(/ts$/, 'js')), code);
        }
      }
      const program = `
        const { parseCron } = require(${JSON.stringify(join(folder, 'recurrence/cron-expression.js'))});
        const { nextRuns } = require(${JSON.stringify(join(folder, 'recurrence/next-occurrence.js'))});
        const { parseTimeZone } = require(${JSON.stringify(join(folder, 'recurrence/time-zone.js'))});
        const answers = ${JSON.stringify(questions)}.map(([text, name, after]) =>
          nextRuns(parseCron(text).value, parseTimeZone(name).value, Date.parse(after), 6));
        console.log(JSON.stringify({ offset: new Date(2026, 0, 1).getTimezoneOffset(), answers }));`;
      const modules = dirname(dirname(require.resolve('luxon/package.json')));
      const offsets = ['UTC', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Kiritimati'].map((TZ) => {
        const printed = execFileSync(process.execPath, ['-e', program], {
          env: { TZ, NODE_PATH: modules },
          encoding: 'utf8',
        });
        const { offset, answers: found } = JSON.parse(printed) as { offset: number; answers: number[][] };
        expect(found).toEqual(answers());
        return offset;
      });
      // The processes really ran in different zones.
      expect(offsets).toEqual([0, 300, -660, -840]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
