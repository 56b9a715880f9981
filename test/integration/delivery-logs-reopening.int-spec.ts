import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { audited, changesOn, conflictWith, findRow, laneOpenAt, queueRow, value } from '../support/delivery-changes.js';
import { aDelivery, type DeliveryInput, type DeliveryInState } from '../support/factories/deliveries.js';
import { aSchedule, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

let db: SqlDatabase;
let scope: TenantScope;

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  scope = await aTenant(db.database);
});

const make = (input: DeliveryInput) => aDelivery(db.database, scope, input);

describe('retrying a delivery', () => {
  it.each(['failed', 'expired', 'cancelled', 'suppressed'] as const)(
    'queues one that is %s again, with fresh attempts',
    async (state) => {
      const { reopening, announced } = changesOn(db.database);
      const delivery = await make({ state, attempt: 4, errorCode: 'X' });
      await db.database.execute(`UPDATE schedule_runs SET status = 'COMPLETED' WHERE id = $1`, [delivery.runId]);
      const row = value(await reopening.retry(scope, delivery.id));
      expect(row).toMatchObject({ status: 'PENDING', attempt: 4, version: 2, errorCode: null, failedAt: null });
      expect(await queueRow(db.database, delivery.id)).toMatchObject({
        state: 'pending',
        attempt: 4,
        attempts_before: 4,
      });
      expect((await laneOpenAt(db.database, delivery))?.valueOf()).toBeLessThanOrEqual(Date.now() + 1_000);
      const runs = await db.database.query('SELECT status FROM schedule_runs WHERE id = $1', [delivery.runId]);
      expect(runs).toEqual([{ status: 'RUNNING' }]);
      expect(announced.map((event) => event.kind).sort()).toEqual(['deliveryChanged', 'workAvailable']);
      expect(await audited(db.database, scope, delivery.id)).toEqual([
        { actor: 'tester', action: 'delivery.retry', details: { from: state.toUpperCase() } },
      ]);
    },
  );

  it.each(['pending', 'claimed', 'sending', 'uncertain', 'uncertain_waiting', 'sent', 'read'] as const)(
    'is refused for one that is %s',
    async (state) => {
      const { reopening } = changesOn(db.database);
      const { id } = await make({ state });
      expect(await reopening.retry(scope, id)).toMatchObject({ ok: false, error: { kind: 'conflict' } });
      expect(await audited(db.database, scope, id)).toEqual([]);
    },
  );

  it('is refused for a cancelled schedule', async () => {
    const { reopening } = changesOn(db.database);
    const { id } = await make({
      state: 'failed',
      scheduleId: await aSchedule(db.database, scope, { status: 'CANCELLED' }),
    });
    expect(await reopening.retry(scope, id)).toMatchObject({
      ...conflictWith('FAILED'),
      error: { message: 'The schedule was cancelled: nothing of it is sent any more.' },
    });
    expect(await queueRow(db.database, id)).toBeUndefined();
  });

  it('of another version is refused, and changes nothing', async () => {
    const { reopening, announced } = changesOn(db.database);
    const { id } = await make({ state: 'failed' });
    for (const version of [0, 2]) {
      expect(await reopening.retry(scope, id, version)).toMatchObject(conflictWith('FAILED'));
    }
    expect(await queueRow(db.database, id)).toBeUndefined();
    expect(announced).toEqual([]);
    expect(value(await reopening.retry(scope, id, 1))).toMatchObject({ status: 'PENDING', version: 2 });
  });

  it('by two people at once queues it once', async () => {
    const { id } = await make({ state: 'failed' });
    const results = await Promise.all([
      changesOn(db.database).reopening.retry(scope, id),
      changesOn(await db.another()).reopening.retry(scope, id),
    ]);
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(await audited(db.database, scope, id)).toHaveLength(1);
  });

  it('finds none of another tenant', async () => {
    const { id } = await make({ state: 'failed' });
    expect(await changesOn(db.database).reopening.retry(await aTenant(db.database), id)).toMatchObject({
      ok: false,
      error: { kind: 'notFound' },
    });
    expect(await queueRow(db.database, id)).toBeUndefined();
  });
});

describe('resolving an uncertain delivery', () => {
  const UNCERTAIN = ['uncertain', 'uncertain_waiting'] as const;

  it.each(UNCERTAIN)('as sent says that one that is %s went with its last call', async (state) => {
    const { reopening, announced, touchedRuns } = changesOn(db.database);
    const { id, runId } = await make({ state, attempt: 2, errorCode: 'TIMEOUT' });
    const [attempt] = await db.database.query<{ started_at: Date }>(
      'SELECT started_at FROM delivery_attempts WHERE delivery_id = $1 AND number = 2',
      [id],
    );
    const row = value(await reopening.resolveUncertain(scope, id, 'MARK_SENT'));
    expect(row).toMatchObject({ status: 'SENT', sentAt: attempt?.started_at, attempt: 2, errorCode: null });
    expect(await queueRow(db.database, id)).toBeUndefined();
    expect(announced).toEqual([
      expect.objectContaining({ previousStatus: 'UNCERTAIN', status: 'SENT', version: row.version }),
    ]);
    expect(touchedRuns).toEqual([runId]);
    expect(await audited(db.database, scope, id)).toEqual([
      { actor: 'tester', action: 'delivery.resolve', details: { resolution: 'MARK_SENT' } },
    ]);
  });

  it.each(UNCERTAIN)('as failed says that one that is %s did not go', async (state) => {
    const { reopening } = changesOn(db.database);
    const { id } = await make({ state });
    const row = value(await reopening.resolveUncertain(scope, id, 'MARK_FAILED'));
    expect(row).toMatchObject({ status: 'FAILED', errorCode: 'MARKED_FAILED' });
    expect(row.failedAt).not.toBeNull();
    expect(await queueRow(db.database, id)).toBeUndefined();
    expect(await audited(db.database, scope, id)).toHaveLength(1);
  });

  it.each(UNCERTAIN)('by sending again queues one that is %s now, with fresh attempts', async (state) => {
    const { reopening, announced } = changesOn(db.database);
    const delivery = await make({ state, attempt: 3 });
    const row = value(await reopening.resolveUncertain(scope, delivery.id, 'SEND_AGAIN'));
    expect(row).toMatchObject({ status: 'PENDING', attempt: 3 });
    expect(await queueRow(db.database, delivery.id)).toMatchObject({
      state: 'pending',
      attempts_before: 3,
      wait_reason: 'none',
    });
    expect((await laneOpenAt(db.database, delivery))?.valueOf()).toBeLessThanOrEqual(Date.now() + 1_000);
    expect(announced.map((event) => event.kind)).toContain('workAvailable');
    expect(await audited(db.database, scope, delivery.id)).toEqual([
      expect.objectContaining({
        action: 'delivery.resolve',
        details: expect.objectContaining({ resolution: 'SEND_AGAIN' }) as unknown,
      }),
    ]);
    const attention = await db.database.query('SELECT FROM deliveries WHERE id = $1 AND needs_attention', [
      delivery.id,
    ]);
    expect(attention).toEqual([]);
  });

  it.each(UNCERTAIN)('by sending again parks one that is %s while its schedule is paused', async (state) => {
    const scheduleId = await aSchedule(db.database, scope, { status: 'PAUSED' });
    const delivery = await make({ state, scheduleId });
    value(await changesOn(db.database).reopening.resolveUncertain(scope, delivery.id, 'SEND_AGAIN'));
    expect(await queueRow(db.database, delivery.id)).toMatchObject({
      wait_reason: 'paused',
      ready_at: Number.POSITIVE_INFINITY,
    });
  });

  it.each(UNCERTAIN)(
    'by sending again is refused for one that is %s of a cancelled schedule, and leaves no trace',
    async (state) => {
      const scheduleId = await aSchedule(db.database, scope, { status: 'CANCELLED' });
      const { id } = await make({ state, scheduleId });
      expect(await changesOn(db.database).reopening.resolveUncertain(scope, id, 'SEND_AGAIN')).toMatchObject(
        conflictWith('UNCERTAIN'),
      );
      expect(await audited(db.database, scope, id)).toEqual([]);
    },
  );

  const OTHERS: DeliveryInState[] = [
    'pending',
    'retrying',
    'claimed',
    'sending',
    'sent',
    'delivered',
    'failed',
    'cancelled',
    'expired',
    'suppressed',
  ];
  it.each(OTHERS)('is refused for one that is %s, whatever the resolution', async (state) => {
    const { reopening } = changesOn(db.database);
    const { id } = await make({ state });
    const before = await findRow(db.database, scope, id);
    for (const resolution of ['MARK_SENT', 'MARK_FAILED', 'SEND_AGAIN'] as const) {
      expect(await reopening.resolveUncertain(scope, id, resolution)).toMatchObject(conflictWith(before?.status ?? ''));
    }
    expect(await findRow(db.database, scope, id)).toEqual(before);
    expect(await audited(db.database, scope, id)).toEqual([]);
  });

  it('by several people at once is settled by one of them', async () => {
    const [one, two, three] = [
      changesOn(db.database).reopening,
      changesOn(await db.another()).reopening,
      changesOn(await db.another()).reopening,
    ];
    for (const state of UNCERTAIN) {
      const { id } = await make({ state });
      const results = await Promise.all([
        one.resolveUncertain(scope, id, 'MARK_SENT'),
        two.resolveUncertain(scope, id, 'MARK_FAILED'),
        three.resolveUncertain(scope, id, 'SEND_AGAIN'),
      ]);
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(await audited(db.database, scope, id)).toHaveLength(1);
    }
  });

  it('and the reconciler that sends it again cannot both win', async () => {
    const { reopening } = changesOn(await db.another());
    for (let round = 0; round < 20; round += 1) {
      const { id } = await make({ state: 'uncertain_waiting' });
      const [result, claimed] = await Promise.all([reopening.resolveUncertain(scope, id, 'MARK_SENT'), reclaim(id)]);
      expect(result.ok).not.toBe(claimed);
    }
  });
});

/** The dispatcher's claim of an uncertain delivery whose settle time is over. */
async function reclaim(id: string): Promise<boolean> {
  return db.database.transaction(async (tx) => {
    const claimed = await tx.execute(
      `UPDATE delivery_queue SET state = 'claimed', lease_token = 5 WHERE delivery_id = $1 AND state = 'uncertain'`,
      [id],
    );
    await tx.execute(
      `UPDATE deliveries SET status = 'pending', needs_attention = false WHERE id = $1 AND status = 'uncertain' AND $2::int = 1`,
      [id, claimed],
    );
    return claimed === 1;
  });
}
