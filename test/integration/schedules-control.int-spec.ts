import { CLAIM_LEAD_MS } from '../../src/core/dispatch/claim-lead.js';
import { Clock, SystemClock } from '../../src/platform/clock/clock.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aDelivery } from '../support/factories/deliveries.js';
import { aChannel, aContact, aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import {
  aGroupOf,
  addTargets,
  aTimedSchedule,
  openScheduling,
  runsOf,
  scheduleOf,
  type Scheduling,
} from '../support/scheduling.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

const HOUR = 3_600_000;

let db: SqlDatabase;
let scope: TenantScope;
const open: Scheduling[] = [];

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.database.execute('TRUNCATE schedules, deliveries, delivery_queue CASCADE');
  scope = await aTenant(db.database);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function replica(parts: Parameters<typeof openScheduling>[1] = {}): Scheduling {
  const scheduling = openScheduling(db, parts);
  open.push(scheduling);
  return scheduling;
}

interface Queued {
  readonly state: string;
  readonly waitReason: string;
  readonly readyAt: Date | number;
  readonly priority: number;
  readonly express: boolean;
  readonly expiresAt: Date | null;
  readonly attempt: number;
  readonly attemptsBefore: number;
  readonly version: number;
}

const queueOf = (scheduleId: string) =>
  db.database.query<Queued>(
    `SELECT state::text, wait_reason::text AS "waitReason", ready_at AS "readyAt", priority, express, expires_at AS "expiresAt",
            attempt, attempts_before AS "attemptsBefore", version
       FROM delivery_queue WHERE schedule_id = $1 ORDER BY delivery_id`,
    [scheduleId],
  );

const statusCounts = async (scheduleId: string): Promise<Record<string, number>> =>
  Object.fromEntries(
    (
      await db.database.query<{ status: string; count: number }>(
        'SELECT status::text, count(*)::int AS count FROM deliveries WHERE schedule_id = $1 GROUP BY 1',
        [scheduleId],
      )
    ).map((row) => [row.status, row.count]),
  );

/** A schedule under way, with so many deliveries that wait for tomorrow. */
async function aLargeRun(count: number): Promise<{ scheduleId: string; runId: string; channelId: string }> {
  const channelId = await aChannel(db.database, scope);
  const scheduleId = await aSchedule(db.database, scope, { channelId });
  await addTargets(db.database, scope, scheduleId, [], [await aGroupOf(db.database, scope, count)]);
  const runId = await aRun(db.database, scope, scheduleId, {
    status: 'CREATED',
    dueAt: new Date(Date.now() + 24 * HOUR),
  });
  const { materialiser } = replica();
  while (await materialiser.runOnce());
  return { scheduleId, runId, channelId };
}

describe('pausing', () => {
  it('takes what waits off the clock; resuming puts it back to the time that it had', async () => {
    const scheduleId = await aSchedule(db.database, scope);
    const runId = await aRun(db.database, scope, scheduleId);
    const dueAt = new Date(Date.now() + HOUR);
    for (const state of ['pending', 'retrying', 'claimed'] as const) {
      await aDelivery(db.database, scope, { scheduleId, runId, state, dueAt });
    }
    const before = await queueOf(scheduleId);
    const { control } = replica();
    expect(await control.pause(scope, scheduleId)).toMatchObject({ ok: true, value: { status: 'PAUSED', version: 2 } });
    const parked = await queueOf(scheduleId);
    expect(parked.map(({ state, waitReason, readyAt }) => [state, waitReason, readyAt])).toEqual([
      ['pending', 'paused', Number.POSITIVE_INFINITY],
      ['pending', 'paused', Number.POSITIVE_INFINITY],
      ['claimed', 'none', dueAt],
    ]);
    expect(await control.resume(scope, scheduleId)).toMatchObject({ ok: true, value: { status: 'PROCESSING' } });
    const after = await queueOf(scheduleId);
    expect(after.map(({ readyAt, waitReason }) => [readyAt, waitReason])).toEqual(
      before.map(({ readyAt, waitReason }) => [readyAt, waitReason]),
    );
    expect(after.map(({ version }) => version)).toEqual([2, 2, 0]);
  });

  it('opens the lane again a moment before the time of what was freed', async () => {
    const { scheduleId, channelId } = await aLargeRun(3);
    const { control } = replica();
    await control.pause(scope, scheduleId);
    await db.database.execute(`UPDATE channel_lanes SET open_at = 'infinity' WHERE channel_id = $1`, [channelId]);
    await control.resume(scope, scheduleId);
    const [lane] = await db.database.query<{ openAt: Date }>(
      'SELECT open_at AS "openAt" FROM channel_lanes WHERE channel_id = $1',
      [channelId],
    );
    expect(lane?.openAt.getTime()).toBe(Number((await queueOf(scheduleId))[0]?.readyAt) - CLAIM_LEAD_MS);
  });

  it('keeps a recurring schedule from firing, and catches nothing up', async () => {
    const id = await aTimedSchedule(db.database, scope, { cronExpression: '* * * * * *', dueInSeconds: -30 });
    const { control, poller } = replica();
    await control.pause(scope, id);
    await poller.runOnce();
    expect(await runsOf(db.database, id)).toEqual([]);
    const before = Date.now();
    await control.resume(scope, id);
    expect((await scheduleOf(db.database, id)).nextRunAt?.getTime()).toBeGreaterThan(before - 1_000);
    expect(await runsOf(db.database, id)).toEqual([]);
  });

  it('ends a schedule on resume whose last run ended during the pause', async () => {
    const { control } = replica();
    const outcome = async (state: 'sent' | 'failed') => {
      const scheduleId = await aSchedule(db.database, scope, { status: 'PAUSED' });
      const runId = await aRun(db.database, scope, scheduleId, { status: 'COMPLETED' });
      await aDelivery(db.database, scope, { scheduleId, runId, state });
      const resumed = await control.resume(scope, scheduleId);
      return resumed.ok ? resumed.value.status : resumed.error;
    };
    expect(await outcome('sent')).toBe('COMPLETED');
    expect(await outcome('failed')).toBe('FAILED');
  });
});

describe('cancelling', () => {
  it('cancels what waits and ends the run', async () => {
    const { scheduleId } = await aLargeRun(1_200);
    const scheduling = replica();
    expect(await scheduling.control.cancel(scope, scheduleId)).toMatchObject({
      ok: true,
      value: { status: 'CANCELLED' },
    });
    expect(await statusCounts(scheduleId)).toEqual({ cancelled: 1_200 });
    expect(await queueOf(scheduleId)).toEqual([]);
    expect((await runsOf(db.database, scheduleId))[0]).toMatchObject({ status: 'CANCELLED' });
    // So many are not told one by one.
    expect(scheduling.events.filter((event) => event.kind === 'deliveryChanged')).toEqual([]);
  });

  it('tells the cancellations of a small run, each with what it was before', async () => {
    const scheduleId = await aSchedule(db.database, scope);
    const runId = await aRun(db.database, scope, scheduleId);
    for (const state of ['pending', 'rate_limited', 'retrying'] as const) {
      await aDelivery(db.database, scope, { scheduleId, runId, state });
    }
    const scheduling = replica();
    await scheduling.control.cancel(scope, scheduleId);
    const told = scheduling.events.flatMap((event) => (event.kind === 'deliveryChanged' ? [event] : []));
    expect(told.map(({ previousStatus, status, version }) => [previousStatus, status, version]).sort()).toEqual([
      ['PENDING', 'CANCELLED', 2],
      ['RATE_LIMITED', 'CANCELLED', 2],
      ['RETRYING', 'CANCELLED', 2],
    ]);
  });

  it('answers in time and leaves the rest to the sweep', async () => {
    const { scheduleId } = await aLargeRun(11_000);
    let nowMs = 0;
    class HurriedClock extends Clock {
      private readonly system = new SystemClock();
      nowMs(): number {
        return this.system.nowMs();
      }
      monotonicMs(): number {
        // Each look at the clock finds a second gone.
        return (nowMs += 1_000);
      }
    }
    const scheduling = replica({ clock: new HurriedClock() });
    await scheduling.control.cancel(scope, scheduleId);
    expect(await statusCounts(scheduleId)).toEqual({ cancelled: 5_000, pending: 6_000 });
    await scheduling.sweeper.runOnce();
    expect(await statusCounts(scheduleId)).toEqual({ cancelled: 11_000 });
    expect((await runsOf(db.database, scheduleId))[0]).toMatchObject({ status: 'CANCELLED' });
  });

  it('and materialising at the same moment leave nothing in the queue', async () => {
    for (let round = 0; round < 5; round += 1) {
      const scheduleId = await aSchedule(db.database, scope);
      await addTargets(db.database, scope, scheduleId, [], [await aGroupOf(db.database, scope, 1_500)]);
      await aRun(db.database, scope, scheduleId, { status: 'CREATED' });
      const scheduling = replica();
      await Promise.all([
        (async () => {
          while (await scheduling.materialiser.runOnce());
        })(),
        scheduling.control.cancel(scope, scheduleId),
      ]);
      await scheduling.sweeper.runOnce();
      expect(await queueOf(scheduleId)).toEqual([]);
      const counts = await statusCounts(scheduleId);
      expect(counts['pending']).toBeUndefined();
      expect((await runsOf(db.database, scheduleId))[0]).toMatchObject({ status: 'CANCELLED' });
    }
  });
});

describe('an edit', () => {
  it('reaches the deliveries that wait', async () => {
    const { scheduleId } = await aLargeRun(3);
    const { updating } = replica();
    const [delivery] = await queueOf(scheduleId);
    const dueAt = delivery?.readyAt as Date;
    const request = { priority: 7, respectRateLimit: false, expiresAfterSeconds: 60 };
    expect(await updating.update(scope, scheduleId, request, null, [])).toMatchObject({
      ok: true,
      value: { version: 2 },
    });
    const expected = { priority: 7, express: true, expiresAt: new Date(dueAt.getTime() + 60_000), version: 1 };
    expect(await queueOf(scheduleId)).toMatchObject([expected, expected, expected]);
    await updating.update(scope, scheduleId, { expiresAfterSeconds: null }, null, []);
    expect((await queueOf(scheduleId))[0]).toMatchObject({ expiresAt: null, priority: 7, version: 2 });
    const logged = await db.database.query<{ priority: number }>(
      'SELECT DISTINCT priority FROM deliveries WHERE schedule_id = $1',
      [scheduleId],
    );
    expect(logged).toEqual([{ priority: 7 }]);
  });

  it('of the rhythm moves the next run from now on and does not repeat an occurrence that ran', async () => {
    const id = await aTimedSchedule(db.database, scope, { cronExpression: '0 9 * * *', dueInSeconds: 3_600 });
    const { updating } = replica();
    const lastRunAt = new Date(Math.ceil(Date.now() / 60_000 + 1) * 60_000);
    await db.database.execute('UPDATE schedules SET last_run_at = $2 WHERE id = $1', [id, lastRunAt]);
    const updated = await updating.update(scope, id, { cronExpression: '* * * * *' }, 1, []);
    expect(updated).toMatchObject({ ok: true, value: { status: 'PENDING' } });
    expect((await scheduleOf(db.database, id)).nextRunAt).toEqual(new Date(lastRunAt.getTime() + 60_000));
  });

  it('does not start a paused schedule', async () => {
    const id = await aTimedSchedule(db.database, scope, { cronExpression: '0 9 * * *', status: 'PAUSED' });
    const { updating } = replica();
    await updating.update(scope, id, { cronExpression: '* * * * *' }, null, []);
    expect(await scheduleOf(db.database, id)).toMatchObject({ status: 'PAUSED', nextRunAt: null });
  });

  it('may give a schedule that has used up its runs more of them, but not fewer than there were', async () => {
    const id = await aTimedSchedule(db.database, scope, { cronExpression: '0 9 * * *', maxRuns: 2, runCount: 2 });
    await db.database.execute('UPDATE schedules SET next_run_at = NULL WHERE id = $1', [id]);
    const { updating } = replica();
    expect(await updating.update(scope, id, { maxRuns: 2 }, null, [])).toMatchObject({
      ok: false,
      error: { violations: [{ field: 'input.maxRuns', rule: 'aboveRunCount' }] },
    });
    await updating.update(scope, id, { maxRuns: 3 }, null, []);
    expect((await scheduleOf(db.database, id)).nextRunAt).not.toBeNull();
  });
});

describe('retrying a schedule', () => {
  it('queues what failed or expired again, with fresh attempts, and reopens the run but not the schedule', async () => {
    const scheduleId = await aSchedule(db.database, scope, { status: 'COMPLETED', expiresAfterSeconds: 3_600 });
    const runId = await aRun(db.database, scope, scheduleId, { status: 'COMPLETED_WITH_FAILURES' });
    const contactId = await aContact(db.database, scope, { phone: '+5565988887777' });
    await aDelivery(db.database, scope, { scheduleId, runId, contactId, state: 'failed', attempt: 4 });
    await aDelivery(db.database, scope, { scheduleId, runId, state: 'expired' });
    for (const state of ['sent', 'uncertain', 'cancelled', 'suppressed'] as const) {
      await aDelivery(db.database, scope, { scheduleId, runId, state });
    }
    const scheduling = replica();
    const before = Date.now();
    expect(await scheduling.requeuer.retrySchedule(scope, scheduleId)).toMatchObject({
      ok: true,
      value: { status: 'COMPLETED' },
    });
    const queued = await queueOf(scheduleId);
    expect(queued).toMatchObject([
      { state: 'pending', waitReason: 'none', attempt: 4, attemptsBefore: 4 },
      { state: 'pending', waitReason: 'none', attempt: 0, attemptsBefore: 0 },
    ]);
    expect(queued[0]?.expiresAt?.getTime()).toBeGreaterThan(before + 3_500_000);
    expect(await statusCounts(scheduleId)).toEqual({ pending: 2, sent: 1, uncertain: 1, cancelled: 1, suppressed: 1 });
    expect((await runsOf(db.database, scheduleId))[0]).toMatchObject({ status: 'RUNNING', finishedAt: null });
    const [row] = await db.database.query<Record<string, unknown>>(
      `SELECT address, error_code AS "errorCode", failed_at AS "failedAt", needs_attention AS "needsAttention", version
         FROM deliveries WHERE contact_id = $1`,
      [contactId],
    );
    expect(row).toEqual({
      address: '+5565988887777',
      errorCode: null,
      failedAt: null,
      needsAttention: false,
      version: 2,
    });
    const told = scheduling.events.flatMap((event) => (event.kind === 'deliveryChanged' ? [event] : []));
    expect(told.map(({ previousStatus, status }) => [previousStatus, status])).toEqual([
      ['FAILED', 'PENDING'],
      ['EXPIRED', 'PENDING'],
    ]);
    await scheduling.requeuer.retrySchedule(scope, scheduleId);
    expect(await queueOf(scheduleId)).toHaveLength(2);
  });

  it('of another version is refused, and queues nothing', async () => {
    const scheduleId = await aSchedule(db.database, scope, { status: 'PENDING', type: 'RECURRING' });
    const runId = await aRun(db.database, scope, scheduleId, { status: 'COMPLETED_WITH_FAILURES' });
    await aDelivery(db.database, scope, { scheduleId, runId, state: 'failed' });
    const { requeuer } = replica();
    expect(await requeuer.retrySchedule(scope, scheduleId, 2)).toMatchObject({
      ok: false,
      error: { kind: 'conflict', current: { status: 'PENDING', version: 1 } },
    });
    expect(await queueOf(scheduleId)).toEqual([]);
    expect(await requeuer.retrySchedule(scope, scheduleId, 1)).toMatchObject({
      ok: true,
      value: { status: 'PROCESSING', version: 2 },
    });
    expect(await queueOf(scheduleId)).toHaveLength(1);
  });

  it('makes a schedule that waits for its next run processing, and parks what belongs to a paused one', async () => {
    const { requeuer } = replica();
    const retried = async (status: 'PENDING' | 'PAUSED') => {
      const scheduleId = await aSchedule(db.database, scope, { status, type: 'RECURRING' });
      const runId = await aRun(db.database, scope, scheduleId, { status: 'COMPLETED_WITH_FAILURES' });
      await aDelivery(db.database, scope, { scheduleId, runId, state: 'failed' });
      await requeuer.retrySchedule(scope, scheduleId);
      const [queued] = await queueOf(scheduleId);
      return [(await scheduleOf(db.database, scheduleId)).status, queued?.waitReason];
    };
    expect(await retried('PENDING')).toEqual(['PROCESSING', 'none']);
    expect(await retried('PAUSED')).toEqual(['PAUSED', 'paused']);
  });
});
