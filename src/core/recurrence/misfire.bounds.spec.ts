import { parseCron, type CronExpression } from './cron-expression.js';
import { MAX_COUNTED, decideFire, type FireFacts, type FirePlan } from './misfire.js';
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

describe('the bounds of a schedule', () => {
  it('leave out what is before the start, which is inclusive', () => {
    expect(decideFire(facts({ startsAt: daysAfter(2), now: daysAfter(3) }))).toMatchObject({
      runs: [{ dueAt: daysAfter(3) }],
      missed: [{ from: daysAfter(2), to: daysAfter(2), count: 1 }],
    });
    expect(decideFire(facts({ startsAt: daysAfter(2) + 1, now: daysAfter(3) }))).toMatchObject({ missed: [] });
    expect(decideFire(facts({ startsAt: daysAfter(2), now: nine }))).toEqual({
      runs: [],
      missed: [],
      next: daysAfter(2),
      completed: false,
    });
    expect(decideFire(facts({ startsAt: daysAfter(2), now: nine - DAY })).next).toBe(daysAfter(2));
  });

  it('leave out what is at the end or after it, by nominal time, and complete the schedule', () => {
    expect(decideFire(facts({ endsAt: daysAfter(1), now: nine }))).toMatchObject({
      runs: [{ dueAt: nine }],
      next: null,
      completed: true,
    });
    expect(decideFire(facts({ endsAt: daysAfter(1) + 1, now: nine }))).toMatchObject({
      next: daysAfter(1),
      completed: false,
    });
    // Nominally before the end and noticed after it: it runs, late.
    expect(decideFire(facts({ endsAt: nine + 1, now: nine + MINUTE }))).toMatchObject({
      runs: [{ dueAt: nine }],
      completed: true,
    });
    expect(decideFire(facts({ endsAt: nine, now: nine }))).toEqual({
      runs: [],
      missed: [],
      next: null,
      completed: true,
    });
    expect(decideFire(facts({ endsAt: nine, now: nine - DAY }))).toEqual({
      runs: [],
      missed: [],
      next: null,
      completed: true,
    });
  });

  it('count what was missed up to the end only', () => {
    expect(decideFire(facts({ endsAt: daysAfter(2), now: daysAfter(10) }))).toEqual({
      runs: [],
      missed: [{ from: nine, to: daysAfter(1), count: 2, countIsAtLeast: false, reason: 'TOO_LATE' }],
      next: null,
      completed: true,
    });
  });

  it('may be null, as a column is', () => {
    expect(decideFire(facts({ startsAt: null, endsAt: null, maxRuns: null }))).toEqual(decideFire(facts()));
  });
});

describe('maxRuns', () => {
  it('completes the schedule with its last run', () => {
    expect(decideFire(facts({ maxRuns: 3, runCount: 2 }))).toMatchObject({
      runs: [{ dueAt: nine }],
      next: null,
      completed: true,
    });
    expect(decideFire(facts({ maxRuns: 3, runCount: 1 }))).toMatchObject({ next: daysAfter(1), completed: false });
  });

  it('counts runs, not what was missed', () => {
    const plan = decideFire(facts({ maxRuns: 1, now: daysAfter(5) + 2 * HOUR }));
    expect(plan).toMatchObject({ runs: [], missed: [{ count: 6 }], next: daysAfter(6), completed: false });
  });

  it('that has been reached leaves nothing due', () => {
    const plan = { runs: [], missed: [], next: null, completed: true };
    expect(decideFire(facts({ maxRuns: 2, runCount: 2 }))).toEqual(plan);
    expect(decideFire(facts({ maxRuns: 2, runCount: 5, now: daysAfter(4) }))).toEqual(plan);
  });

  it('lets the newest run when ALL would create more than are left', () => {
    const plan = decideFire(
      facts({ policy: 'ALL', expression: cron('0 * * * *'), now: nine + 5 * HOUR, maxRuns: 10, runCount: 8 }),
    );
    expect(runsOf(plan)).toEqual([nine + 4 * HOUR, nine + 5 * HOUR]);
    expect(plan.missed).toEqual([
      { from: nine, to: nine + 3 * HOUR, count: 4, countIsAtLeast: false, reason: 'OVER_LIMIT' },
    ]);
    expect(plan.completed).toBe(true);
  });
});

describe('a schedule of every second that lay down for a year', () => {
  const expression = cron('* * * * * *');
  const now = nine + 365 * DAY + 250;

  it.each(['LATEST', 'NONE', 'ALL'] as const)('is decided under %s by counting as far as it makes sense', (policy) => {
    const plan = decideFire(facts({ policy, expression, now, zone: zone('America/New_York') }));
    expect(plan.runs).toHaveLength(policy === 'ALL' ? 100 : 1);
    expect(plan.runs[plan.runs.length - 1]).toEqual({ dueAt: now - 250, lateByMs: 250 });
    expect(plan.missed[0]).toMatchObject({ from: nine, count: MAX_COUNTED, countIsAtLeast: true });
    expect(plan.missed[plan.missed.length - 1]!.to).toBe(plan.runs[0]!.dueAt - SECOND);
    expect(plan.next).toBe(now + 750);
  });

  it('counts exactly up to the bound', () => {
    const counted = (seconds: number): FirePlan['missed'][number] =>
      decideFire(facts({ expression, now: nine + seconds * SECOND })).missed[0]!;
    expect(counted(MAX_COUNTED)).toMatchObject({ count: MAX_COUNTED, countIsAtLeast: false });
    expect(counted(MAX_COUNTED + 1)).toMatchObject({ count: MAX_COUNTED, countIsAtLeast: true });
  });
});
