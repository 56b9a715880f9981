import { parseCron, type CronExpression } from './cron-expression.js';
import { decideFire, defaultGraceMs, type FireFacts, type FirePlan } from './misfire.js';
import { parseTimeZone, type TimeZone } from './time-zone.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
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
const nine = utc('2026-07-01T09:00:00');

/** A schedule of nine o'clock each day in UTC that was due at nine, looked at then. */
function facts(changed: Partial<FireFacts> = {}): FireFacts {
  return {
    dueAt: nine,
    expression: cron('0 9 * * *'),
    zone: zone('UTC'),
    now: nine,
    policy: 'LATEST',
    graceMs: null,
    runCount: 0,
    ...changed,
  };
}

const runsOf = (plan: FirePlan): number[] => plan.runs.map((run) => run.dueAt);
const daysAfter = (count: number): number => nine + count * DAY;

describe('the default grace', () => {
  it.each([
    [0, MINUTE],
    [MINUTE, MINUTE],
    [2 * MINUTE, MINUTE],
    [10 * MINUTE, 5 * MINUTE],
    [2 * HOUR, HOUR],
    [DAY, HOUR],
    [Number.POSITIVE_INFINITY, HOUR],
    ['oneShot' as const, DAY],
  ])('of a period of %p ms is %i ms', (period, grace) => {
    expect(defaultGraceMs(period)).toBe(grace);
  });
});

describe('firing on time', () => {
  it('plans the run, nothing missed, and the following occurrence', () => {
    expect(decideFire(facts({ now: nine + 5 }))).toEqual({
      runs: [{ dueAt: nine, lateByMs: 5 }],
      missed: [],
      next: daysAfter(1),
      completed: false,
    });
  });

  it.each(['LATEST', 'NONE', 'ALL'] as const)('is the same under %s', (policy) => {
    expect(runsOf(decideFire(facts({ policy })))).toEqual([nine]);
  });

  it('plans nothing before the schedule is due, and keeps its due time', () => {
    expect(decideFire(facts({ now: nine - 1 }))).toEqual({ runs: [], missed: [], next: nine, completed: false });
  });

  it('follows the zone: the next of a daily schedule is 23 hours on when a gap lies between', () => {
    const dueAt = utc('2026-03-07T14:00:00');
    const plan = decideFire(facts({ dueAt, now: dueAt, zone: zone('America/New_York') }));
    expect(plan.next).toBe(dueAt + 23 * HOUR);
  });

  it('follows the DST policy it is given', () => {
    const dueAt = utc('2026-03-07T07:30:00');
    const skip = { dstGap: 'SKIP', dstOverlap: 'FIRST' } as const;
    const given = facts({ dueAt, now: dueAt, zone: zone('America/New_York'), expression: cron('30 2 * * *') });
    expect(decideFire(given).next).toBe(utc('2026-03-08T07:00:00'));
    expect(decideFire({ ...given, dst: skip }).next).toBe(utc('2026-03-09T06:30:00'));
  });

  it('runs a due time that the expression no longer names: another tz database may have moved it', () => {
    const plan = decideFire(facts({ dueAt: nine - HOUR, now: nine - HOUR }));
    expect(plan).toMatchObject({ runs: [{ dueAt: nine - HOUR, lateByMs: 0 }], next: nine });
  });
});

describe('LATEST', () => {
  it('runs the newest occurrence within the grace and records the older ones as superseded', () => {
    expect(decideFire(facts({ now: daysAfter(3) + HOUR }))).toEqual({
      runs: [{ dueAt: daysAfter(3), lateByMs: HOUR }],
      missed: [{ from: nine, to: daysAfter(2), count: 3, countIsAtLeast: false, reason: 'SUPERSEDED' }],
      next: daysAfter(4),
      completed: false,
    });
  });

  it('misses the newest one, too, a millisecond after the grace', () => {
    expect(decideFire(facts({ now: daysAfter(3) + HOUR + 1 }))).toEqual({
      runs: [],
      missed: [{ from: nine, to: daysAfter(3), count: 4, countIsAtLeast: false, reason: 'TOO_LATE' }],
      next: daysAfter(4),
      completed: false,
    });
  });

  it('follows a grace that was configured, longer or shorter than the default', () => {
    expect(runsOf(decideFire(facts({ now: nine + 20 * HOUR, graceMs: 20 * HOUR })))).toEqual([nine]);
    expect(runsOf(decideFire(facts({ now: nine + MINUTE, graceMs: MINUTE - 1 })))).toEqual([]);
    expect(runsOf(decideFire(facts({ now: nine, graceMs: 0 })))).toEqual([nine]);
  });

  it('takes the default grace from the period after the newest occurrence', () => {
    const twice = cron('0,10 9 * * *');
    expect(runsOf(decideFire(facts({ expression: twice, now: nine + 5 * MINUTE })))).toEqual([nine]);
    expect(runsOf(decideFire(facts({ expression: twice, now: nine + 5 * MINUTE + 1 })))).toEqual([]);
    expect(runsOf(decideFire(facts({ expression: twice, now: nine + 70 * MINUTE })))).toEqual([nine + 10 * MINUTE]);
  });

  it('gives an occurrence with nothing after it an hour', () => {
    // 02:30 on the last Sunday of March exists in no year in Berlin.
    const given = facts({
      expression: cron('30 2 * 3 7L'),
      zone: zone('Europe/Berlin'),
      dst: { dstGap: 'SKIP', dstOverlap: 'FIRST' },
    });
    expect(decideFire({ ...given, now: nine + HOUR })).toMatchObject({
      runs: [{ dueAt: nine }],
      next: null,
      completed: true,
    });
    expect(decideFire({ ...given, now: nine + HOUR + 1 })).toMatchObject({
      runs: [],
      missed: [{ count: 1 }],
      completed: true,
    });
  });
});

describe('NONE', () => {
  it('runs the newest occurrence that is merely late; the older ones are not caught up', () => {
    expect(decideFire(facts({ policy: 'NONE', now: daysAfter(2) + MINUTE }))).toEqual({
      runs: [{ dueAt: daysAfter(2), lateByMs: MINUTE }],
      missed: [{ from: nine, to: daysAfter(1), count: 2, countIsAtLeast: false, reason: 'NO_CATCH_UP' }],
      next: daysAfter(3),
      completed: false,
    });
  });

  it('does not take a longer grace for a wish to catch up, and follows a shorter one', () => {
    const late = facts({ policy: 'NONE', now: nine + 2 * HOUR, graceMs: 12 * HOUR });
    expect(runsOf(decideFire(late))).toEqual([]);
    expect(runsOf(decideFire({ ...late, policy: 'LATEST' }))).toEqual([nine]);
    expect(runsOf(decideFire({ ...late, now: nine + HOUR }))).toEqual([nine]);
    expect(runsOf(decideFire({ ...late, now: nine + MINUTE, graceMs: SECOND }))).toEqual([]);
  });
});

describe('ALL', () => {
  const hourly = cron('0 * * * *');

  it('runs every occurrence of the last 24 hours, oldest first, and misses what is older', () => {
    const plan = decideFire(facts({ policy: 'ALL', expression: hourly, now: nine + 30 * HOUR }));
    expect(runsOf(plan)).toEqual(Array.from({ length: 25 }, (_, hour) => nine + (6 + hour) * HOUR));
    expect(plan.runs[0]).toEqual({ dueAt: nine + 6 * HOUR, lateByMs: DAY });
    expect(plan.missed).toEqual([
      { from: nine, to: nine + 5 * HOUR, count: 6, countIsAtLeast: false, reason: 'TOO_LATE' },
    ]);
    expect(plan.next).toBe(nine + 31 * HOUR);
  });

  it('runs at most the newest 100', () => {
    const now = nine + 26 * HOUR;
    const plan = decideFire(facts({ policy: 'ALL', expression: cron('*/5 * * * *'), now }));
    expect(runsOf(plan)).toEqual(Array.from({ length: 100 }, (_, index) => now - (99 - index) * 5 * MINUTE));
    expect(plan.missed).toEqual([
      { from: nine, to: nine + 2 * HOUR - 5 * MINUTE, count: 24, countIsAtLeast: false, reason: 'TOO_LATE' },
      { from: nine + 2 * HOUR, to: now - 500 * MINUTE, count: 189, countIsAtLeast: false, reason: 'OVER_LIMIT' },
    ]);
  });

  it('runs exactly 100 without a limit to speak of', () => {
    const plan = decideFire(facts({ policy: 'ALL', expression: cron('*/5 * * * *'), now: nine + 99 * 5 * MINUTE }));
    expect(plan.runs).toHaveLength(100);
    expect(plan.missed).toEqual([]);
  });

  it('does not do less than LATEST: the newest one runs within a grace that is longer than 24 hours', () => {
    const weekly = cron('0 9 * * WED');
    const late = facts({ policy: 'ALL', expression: weekly, now: daysAfter(9), graceMs: 3 * DAY });
    expect(runsOf(decideFire(late))).toEqual([daysAfter(7)]);
    expect(decideFire(late).missed).toMatchObject([{ from: nine, to: nine, count: 1, reason: 'TOO_LATE' }]);
    expect(runsOf(decideFire({ ...late, graceMs: null }))).toEqual([]);
  });
});

describe('a one-shot', () => {
  const once = facts({ expression: null });

  it.each(['LATEST', 'NONE', 'ALL'] as const)('runs within 24 hours and is completed, under %s', (policy) => {
    expect(decideFire({ ...once, policy, now: nine + DAY })).toEqual({
      runs: [{ dueAt: nine, lateByMs: DAY }],
      missed: [],
      next: null,
      completed: true,
    });
  });

  it('is missed after its grace, and completed', () => {
    const missed = [{ from: nine, to: nine, count: 1, countIsAtLeast: false, reason: 'TOO_LATE' }];
    expect(decideFire({ ...once, now: nine + DAY + 1 })).toEqual({ runs: [], missed, next: null, completed: true });
    expect(decideFire({ ...once, now: nine + MINUTE, graceMs: SECOND })).toMatchObject({ runs: [], missed });
    expect(decideFire({ ...once, now: nine + 2 * DAY, graceMs: 3 * DAY })).toMatchObject({ runs: [{ dueAt: nine }] });
  });

  it('waits for its time', () => {
    expect(decideFire({ ...once, now: nine - 1 })).toEqual({ runs: [], missed: [], next: nine, completed: false });
  });
});
