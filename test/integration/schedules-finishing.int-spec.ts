import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aDelivery, type DeliveryInState } from '../support/factories/deliveries.js';
import { aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { openScheduling, runsOf, scheduleOf, type Scheduling } from '../support/scheduling.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

let db: SqlDatabase;
let scope: TenantScope;
let scheduling: Scheduling;

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.database.execute('TRUNCATE schedules, deliveries, delivery_queue CASCADE');
  scope = await aTenant(db.database);
  scheduling = openScheduling(db);
});
afterEach(() => scheduling.close());

interface RunInput {
  readonly states: readonly DeliveryInState[];
  readonly status?: 'PROCESSING' | 'PENDING' | 'PAUSED' | 'COMPLETED' | 'CANCELLED';
  readonly runStatus?: string;
  readonly hasNextRun?: boolean;
  readonly guarantee?: 'AT_LEAST_ONCE';
}

/** A run with deliveries in these states. */
async function aRunWith(input: RunInput): Promise<{ scheduleId: string; runId: string }> {
  const { status = 'PROCESSING', guarantee } = input;
  const scheduleId = await aSchedule(db.database, scope, { status, ...(guarantee ? { guarantee } : {}) });
  if (input.hasNextRun === true) {
    await db.database.execute(`UPDATE schedules SET next_run_at = now() + interval '1 hour' WHERE id = $1`, [
      scheduleId,
    ]);
  }
  const runId = await aRun(db.database, scope, scheduleId, { status: input.runStatus ?? 'RUNNING' });
  for (const state of input.states) await aDelivery(db.database, scope, { state, scheduleId, runId });
  return { scheduleId, runId };
}

const statesOf = async ({ scheduleId }: { scheduleId: string }) => {
  const [run] = await runsOf(db.database, scheduleId);
  return `${run?.status ?? 'no run'}, ${(await scheduleOf(db.database, scheduleId)).status}`;
};

const deliveryStates = async (runId: string): Promise<string[]> =>
  (
    await db.database.query<{ state: string }>(
      `SELECT d.status::text || coalesce(' ' || q.state::text, '') || CASE WHEN q.cancel_requested THEN ' asked' ELSE '' END AS state
         FROM deliveries d LEFT JOIN delivery_queue q ON q.delivery_id = d.id WHERE d.run_id = $1 ORDER BY d.id`,
      [runId],
    )
  ).map((row) => row.state);

describe('a run ends when nothing of it is in the queue', () => {
  it.each<[string, RunInput, string]>([
    ['all sent', { states: ['sent', 'delivered', 'read'] }, 'COMPLETED, COMPLETED'],
    ['nobody to send to', { states: ['suppressed'] }, 'COMPLETED, COMPLETED'],
    ['no audience at all', { states: [] }, 'COMPLETED, COMPLETED'],
    ['some failed', { states: ['sent', 'failed'] }, 'COMPLETED_WITH_FAILURES, COMPLETED'],
    ['all failed or expired', { states: ['failed', 'expired', 'suppressed'] }, 'COMPLETED_WITH_FAILURES, FAILED'],
    ['nobody knows', { states: ['failed', 'uncertain'] }, 'COMPLETED_WITH_FAILURES, COMPLETED'],
    ['another run is to come', { states: ['failed'], hasNextRun: true }, 'COMPLETED_WITH_FAILURES, PENDING'],
    ['the schedule is paused', { states: ['sent'], status: 'PAUSED' }, 'COMPLETED, PAUSED'],
    ['the schedule was over before', { states: ['sent'], status: 'COMPLETED' }, 'COMPLETED, COMPLETED'],
    ['one waits', { states: ['sent', 'pending'] }, 'RUNNING, PROCESSING'],
    ['one is at the gateway', { states: ['sent', 'sending'] }, 'RUNNING, PROCESSING'],
    [
      'one is to be sent again',
      { states: ['sent', 'uncertain_waiting'], guarantee: 'AT_LEAST_ONCE' },
      'RUNNING, PROCESSING',
    ],
    ['its audience is still written down', { states: ['sent'], runStatus: 'CREATED' }, 'CREATED, PROCESSING'],
  ])('%s', async (_title, input, expected) => {
    const touched = await aRunWith(input);
    await scheduling.finisher.runOnce([touched.runId]);
    expect(await statesOf(touched)).toBe(expected);
    const swept = await aRunWith(input);
    await scheduling.sweeper.runOnce();
    expect(await statesOf(swept)).toBe(expected);
  });

  it('and says when, raises the version of the schedule once, and tells', async () => {
    const { scheduleId, runId } = await aRunWith({ states: ['failed'] });
    await scheduling.finisher.runOnce([runId]);
    await scheduling.finisher.runOnce([runId]);
    const [run] = await runsOf(db.database, scheduleId);
    expect(run?.finishedAt).toBeInstanceOf(Date);
    const schedule = await scheduleOf(db.database, scheduleId);
    expect(schedule).toMatchObject({
      version: 2,
      statusReason: 'None of the deliveries of its last run could be sent.',
    });
    expect(scheduling.events).toEqual([{ kind: 'scheduleChanged', tenantId: scope.tenantId, scheduleId, version: 2 }]);
  });

  it('but the schedule only with the last of its runs', async () => {
    const { scheduleId, runId } = await aRunWith({ states: ['sent'] });
    await aDelivery(db.database, scope, { scheduleId, state: 'pending' });
    await scheduling.finisher.runOnce([runId]);
    expect((await scheduleOf(db.database, scheduleId)).status).toBe('PROCESSING');
  });

  it('once, when many replicas see it', async () => {
    const runs: { scheduleId: string; runId: string }[] = [];
    for (let n = 0; n < 20; n += 1) runs.push(await aRunWith({ states: ['sent'] }));
    const others = [openScheduling(db), openScheduling(db), openScheduling(db)];
    const reports = await Promise.all(
      [scheduling, ...others].map(({ finisher }) => finisher.runOnce(runs.map((run) => run.runId))),
    );
    await scheduling.sweeper.runOnce();
    for (const run of runs) expect(await statesOf(run)).toBe('COMPLETED, COMPLETED');
    const schedules = await Promise.all(runs.map((run) => scheduleOf(db.database, run.scheduleId)));
    expect(new Set(schedules.map(({ version }) => version))).toEqual(new Set([2]));
    expect(reports.reduce((sum, report) => sum + report.finished, 0)).toBeLessThanOrEqual(20);
    await Promise.all(others.map((each) => each.close()));
  });

  it('not while a delivery of it is put back into the queue', async () => {
    const { scheduleId, runId } = await aRunWith({ states: ['failed'] });
    await db.database.transaction(async (tx) => {
      const ids = await tx.query<{ id: string }>('SELECT id FROM deliveries WHERE run_id = $1', [runId]);
      await scheduling.requeuer.requeue(
        tx,
        scope,
        ids.map((row) => row.id),
      );
      expect(await scheduling.finisher.runOnce([runId])).toEqual({ finished: 0, held: 1 });
    });
    expect(await scheduling.finisher.runOnce([runId])).toEqual({ finished: 0, held: 0 });
    expect(await statesOf({ scheduleId })).toBe('RUNNING, PROCESSING');
  });
});

describe('the sweep', () => {
  it('empties the runs of a cancelled schedule and waits for what is at the gateway', async () => {
    const run = await aRunWith({
      states: ['pending', 'retrying', 'parked', 'claimed', 'sending', 'uncertain_waiting', 'sent'],
      status: 'CANCELLED',
      guarantee: 'AT_LEAST_ONCE',
    });
    await scheduling.sweeper.runOnce();
    expect(await deliveryStates(run.runId)).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'pending claimed asked',
      'pending sending',
      'uncertain',
      'sent',
    ]);
    expect(await statesOf(run)).toBe('RUNNING, CANCELLED');
    const [uncertain] = await db.database.query<Record<string, unknown>>(
      `SELECT needs_attention AS "needsAttention", attempt FROM deliveries WHERE run_id = $1 AND status = 'uncertain'`,
      [run.runId],
    );
    expect(uncertain).toEqual({ needsAttention: true, attempt: 1 });
    await db.database.execute('DELETE FROM delivery_queue WHERE run_id = $1', [run.runId]);
    await scheduling.sweeper.runOnce();
    expect(await statesOf(run)).toBe('CANCELLED, CANCELLED');
  });

  it('takes a run of which one part is being written at this moment another time', async () => {
    const run = await aRunWith({ states: ['pending', 'pending'], status: 'CANCELLED' });
    await db.database.transaction(async (tx) => {
      await tx.query('SELECT id FROM deliveries WHERE run_id = $1 ORDER BY id LIMIT 1 FOR UPDATE', [run.runId]);
      await scheduling.sweeper.runOnce();
    });
    expect(await deliveryStates(run.runId)).toEqual(['pending pending', 'cancelled']);
    await scheduling.sweeper.runOnce();
    expect(await statesOf(run)).toBe('CANCELLED, CANCELLED');
  });

  it('frees what was left parked by a resume that was cut short', async () => {
    const run = await aRunWith({ states: ['parked'] });
    const paused = await aRunWith({ states: ['parked'], status: 'PAUSED' });
    expect(await scheduling.sweeper.runOnce()).toEqual({ finished: 0, cancelled: 0, unparked: 1 });
    const isParked = async (runId: string) =>
      (
        await db.database.query<{ isParked: boolean }>(
          `SELECT ready_at = 'infinity' AS "isParked" FROM delivery_queue WHERE run_id = $1`,
          [runId],
        )
      )[0]?.isParked;
    expect(await isParked(run.runId)).toBe(false);
    expect(await isParked(paused.runId)).toBe(true);
  });
});
