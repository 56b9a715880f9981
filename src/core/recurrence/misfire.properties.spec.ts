import fc from 'fast-check';
import { parseCron, type CronExpression } from './cron-expression.js';
import { decideFire } from './misfire.js';
import { nextOccurrence, occurrencesBetween } from './next-occurrence.js';
import { parseTimeZone, type TimeZone } from './time-zone.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
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

const utc = (text: string): number => Date.parse(`${text}Z`);
describe('a plan', () => {
  const schedules = fc.constantFrom<readonly [string, number]>(
    ['*/10 * * * *', 3 * DAY],
    ['* * * * *', 30 * HOUR],
    ['0 9 * * *', 40 * DAY],
    ['30 1,2 * * *', 20 * DAY],
    ['0 * * * *', 10 * DAY],
    ['0 8,20 * * MON-FRI', 60 * DAY],
    ['0 0 L * *', 400 * DAY],
  );
  const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(arbitrary, { freq: 2 });
  const cases = schedules.chain(([text, longest]) =>
    fc.record({
      expression: fc.constant(cron(text)),
      zone: fc.constantFrom('America/New_York', 'Australia/Lord_Howe', 'America/Cuiaba').map(zone),
      start: fc.integer({ min: utc('2026-02-01T00:00:00'), max: utc('2026-12-01T00:00:00') }),
      downMs: fc.oneof(fc.integer({ min: 0, max: longest }), fc.integer({ min: 0, max: 2 * HOUR })),
      policy: fc.constantFrom('LATEST' as const, 'NONE' as const, 'ALL' as const),
      graceMs: optional(fc.integer({ min: 0, max: 3 * DAY })),
      startsAfterMs: optional(fc.integer({ min: -DAY, max: longest })),
      endsAfterMs: optional(fc.integer({ min: 0, max: 2 * longest })),
      maxRuns: optional(fc.integer({ min: 1, max: 120 })),
      runCount: fc.integer({ min: 0, max: 5 }),
    }),
  );

  it('conserves occurrences: each that is due runs or is missed, once, and next comes after all of them', () => {
    fc.assert(
      fc.property(cases, ({ start, downMs, startsAfterMs, endsAfterMs, ...rest }) => {
        const dueAt = nextOccurrence(rest.expression, rest.zone, start)!;
        const now = dueAt + downMs;
        const startsAt = startsAfterMs === null ? null : dueAt + startsAfterMs;
        const endsAt = endsAfterMs === null ? null : dueAt + endsAfterMs;
        const plan = decideFire({ ...rest, dueAt, now, startsAt, endsAt });

        const isWithinBounds = (at: number): boolean => at >= (startsAt ?? 0) && at < (endsAt ?? Infinity);
        const left = (rest.maxRuns ?? Infinity) - rest.runCount;
        const due =
          left <= 0
            ? []
            : [dueAt, ...occurrencesBetween(rest.expression, rest.zone, dueAt, now, 10_000)].filter(isWithinBounds);

        const handled = plan.runs.map((run) => run.dueAt);
        for (const range of plan.missed) {
          const within = due.filter((at) => at >= range.from && at <= range.to);
          expect(within[0]).toBe(range.from);
          expect(within[within.length - 1]).toBe(range.to);
          expect(range).toMatchObject({ count: within.length, countIsAtLeast: false });
          handled.push(...within);
        }
        expect(handled.sort((a, b) => a - b)).toEqual(due);

        expect(plan.completed).toBe(plan.next === null);
        if (plan.next !== null) {
          expect(plan.next).toBeGreaterThan(Math.max(now, ...due));
          expect(isWithinBounds(plan.next)).toBe(true);
          expect(occurrencesBetween(rest.expression, rest.zone, now, plan.next, 10_000).filter(isWithinBounds)).toEqual(
            [plan.next],
          );
        }
      }),
      { numRuns: 400 },
    );
  });

  it('runs what a plain reading of the policies runs', () => {
    fc.assert(
      fc.property(cases, ({ start, downMs, startsAfterMs: _starts, endsAfterMs: _ends, ...rest }) => {
        const dueAt = nextOccurrence(rest.expression, rest.zone, start)!;
        const now = dueAt + downMs;
        const plan = decideFire({ ...rest, dueAt, now });

        const left = (rest.maxRuns ?? Infinity) - rest.runCount;
        const due = [dueAt, ...occurrencesBetween(rest.expression, rest.zone, dueAt, now, 10_000)];
        const newest = due[due.length - 1]!;
        const period = nextOccurrence(rest.expression, rest.zone, newest)! - newest;
        const byDefault = Math.max(MINUTE, Math.min(Math.floor(period / 2), HOUR));
        const grace =
          rest.policy === 'NONE' ? Math.min(rest.graceMs ?? byDefault, byDefault) : (rest.graceMs ?? byDefault);
        const may = due.filter(
          (at) => (at === newest && now - at <= grace) || (rest.policy === 'ALL' && now - at <= DAY),
        );
        const expected = left <= 0 ? [] : may.slice(-Math.min(100, left));
        expect(plan.runs).toEqual(expected.map((at) => ({ dueAt: at, lateByMs: now - at })));
      }),
      { numRuns: 400 },
    );
  });
});
