import fc from 'fast-check';
import { parseCron } from '../recurrence/cron-expression.js';
import { parseTimeZone } from '../recurrence/time-zone.js';
import { decideFiring, OVERLAP, type FiringFacts } from './decide-firing.js';

const DUE = Date.parse('2026-03-10T13:00:00Z');
const HOUR = 3_600_000;
const zone = parseTimeZone('America/Cuiaba');
const hourly = parseCron('0 * * * *');
if (!zone.ok || !hourly.ok) throw new Error('broken test data');

const facts: FiringFacts = {
  dueAt: DUE,
  expression: hourly.value,
  zone: zone.value,
  now: DUE,
  policy: 'LATEST',
  graceMs: null,
  runCount: 0,
  hasUnfinishedRun: false,
};

const oneShot: FiringFacts = { ...facts, expression: null };

describe('decideFiring', () => {
  it('creates the run of a due occurrence and goes on', () => {
    expect(decideFiring(facts)).toEqual({
      created: [{ dueAt: DUE, lateByMs: 0 }],
      skipped: [],
      missed: [],
      nextRunAt: DUE + HOUR,
      status: 'PROCESSING',
      statusReason: null,
    });
  });

  it('decides an occurrence that is a moment ahead as at its own instant', () => {
    expect(decideFiring({ ...facts, now: DUE - 900 })).toEqual(decideFiring(facts));
  });

  it('skips what comes due while a run is not finished, and still goes on', () => {
    const plan = decideFiring({ ...facts, hasUnfinishedRun: true });
    expect(plan).toMatchObject({ created: [], skipped: [{ dueAt: DUE }], nextRunAt: DUE + HOUR, status: 'PROCESSING' });
  });

  it('stores why an occurrence was skipped in the word of the contract', () => {
    expect(OVERLAP).toBe('OVERLAP');
  });

  it('does not count a skipped occurrence towards maxRuns', () => {
    const last = { ...facts, maxRuns: 2, runCount: 1 };
    expect(decideFiring(last).nextRunAt).toBeNull();
    expect(decideFiring({ ...last, hasUnfinishedRun: true }).nextRunAt).toBe(DUE + HOUR);
  });

  it('creates nothing once maxRuns is reached, also while a run is not finished', () => {
    for (const hasUnfinishedRun of [true, false]) {
      const plan = decideFiring({ ...facts, maxRuns: 2, runCount: 2, hasUnfinishedRun });
      expect(plan).toMatchObject({ created: [], skipped: [], nextRunAt: null });
    }
  });

  it('makes the runs that ALL catches up together', () => {
    const plan = decideFiring({ ...facts, policy: 'ALL', now: DUE + 3 * HOUR });
    expect(plan.created.map((run) => run.dueAt)).toEqual([DUE, DUE + HOUR, DUE + 2 * HOUR, DUE + 3 * HOUR]);
    expect(plan.skipped).toEqual([]);
  });

  it('fails a single instant that came too late, and says why', () => {
    const plan = decideFiring({ ...oneShot, now: DUE + 25 * HOUR });
    expect(plan).toMatchObject({ created: [], nextRunAt: null, status: 'FAILED' });
    expect(plan.missed).toEqual([{ from: DUE, to: DUE, count: 1, countIsAtLeast: false, reason: 'TOO_LATE' }]);
    expect(plan.statusReason).toBe('Nothing was there to start it in time.');
  });

  it('is processing, not completed, while its last run is under way', () => {
    expect(decideFiring(oneShot)).toMatchObject({ nextRunAt: null, status: 'PROCESSING' });
  });

  it('waits on when an occurrence was missed and another follows', () => {
    const plan = decideFiring({ ...facts, policy: 'NONE', graceMs: 0, now: DUE + 1 });
    expect(plan).toMatchObject({ created: [], missed: [{ from: DUE }], nextRunAt: DUE + HOUR, status: 'PENDING' });
  });

  it('completes when the last occurrence within the bounds was missed and some ran before', () => {
    const late = { ...facts, policy: 'NONE' as const, graceMs: 0, now: DUE + 1, endsAt: DUE + 1 };
    expect(decideFiring({ ...late, runCount: 3 }).status).toBe('COMPLETED');
    expect(decideFiring(late)).toMatchObject({
      status: 'FAILED',
      statusReason: 'Nothing was there to start any of its runs in time.',
    });
  });

  it('puts every occurrence into exactly one of created, skipped and missed, and moves forward', () => {
    const policies = fc.constantFrom('LATEST' as const, 'NONE' as const, 'ALL' as const);
    fc.assert(
      fc.property(policies, fc.boolean(), fc.nat(72 * HOUR), (policy, hasUnfinishedRun, late) => {
        const plan = decideFiring({ ...facts, policy, hasUnfinishedRun, now: DUE + late });
        const counted = plan.created.length + plan.skipped.length + plan.missed.reduce((sum, m) => sum + m.count, 0);
        expect(counted).toBe(Math.floor(late / HOUR) + 1);
        expect(plan.nextRunAt).toBeGreaterThan(DUE + late);
        expect(hasUnfinishedRun ? plan.created : plan.skipped).toEqual([]);
      }),
    );
  });
});
