import type { Announcements } from '../../src/modules/dispatch/application/announcements.js';
import type { Claimer } from '../../src/modules/dispatch/application/claimer.js';
import { PERMIT_LIFE_MS } from '../../src/core/dispatch/permit-life.js';
import type { PreparedDelivery } from '../../src/modules/dispatch/dispatch-types.js';
import { Intents } from '../../src/modules/dispatch/application/intents.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { newId } from '../../src/platform/database/ids.js';
import type { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { eventually } from '../support/eventually.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { aClaimer, aLine, enqueue, prepared, queueStates, workerDatabase, type Line } from '../support/workers.js';

const LEASE_MS = 60_000;

const nobodyListens = { changed: () => undefined } as unknown as Announcements;

describe('intent', () => {
  let sql: SqlDatabase;
  let worker: WorkerDatabase;
  let claimer: Claimer;
  let intents: Intents;
  const outcomes = new OutcomesRepository();
  const workerId = newId();

  beforeAll(async () => {
    sql = await openSqlDatabase();
    worker = workerDatabase(sql.url, 8);
    claimer = aClaimer(worker);
    intents = new Intents(worker, new IntentsRepository(), nobodyListens, new SystemClock());
  });

  afterEach(() => sql.database.execute(`UPDATE channel_lanes SET open_at = 'infinity'`));

  afterAll(async () => {
    await worker.close();
    await sql.close();
  });

  async function claimed(count: number): Promise<{ line: Line; batch: PreparedDelivery[] }> {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, count);
    const { taken } = await claimer.claim(workerId, [], () => 1_000);
    return { line, batch: taken.map(prepared) };
  }

  const commit = (batch: readonly PreparedDelivery[], as = workerId) => intents.commit(batch, as, LEASE_MS);
  const attemptsOf = async (line: Line): Promise<number> => {
    const rows = await sql.database.query(
      'SELECT 1 FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id WHERE d.channel_id = $1',
      [line.channelId],
    );
    return rows.length;
  };

  it('is a committed attempt for each delivery, and only then may the gateway be called', async () => {
    const { line, batch } = await claimed(3);
    const { intended } = await commit(batch);
    expect(intended.map((delivery) => delivery.attempt)).toEqual([1, 1, 1]);
    expect(await queueStates(sql.database, line)).toEqual({ sending: 3 });
    expect(await attemptsOf(line)).toBe(3);
  });

  it('is made once, also when it is written twice at the same time', async () => {
    const { line, batch } = await claimed(50);
    const results = await Promise.all([commit(batch), commit(batch), commit(batch)]);
    expect(results.flatMap((result) => result.intended)).toHaveLength(50);
    expect(await attemptsOf(line)).toBe(50);
  });

  it('is found by the repetition after its reply was lost, so that it is called and not doubted', async () => {
    const { line, batch } = await claimed(3);
    await commit(batch.slice(0, 2));
    const again = await intents.commit(batch, workerId, LEASE_MS, true);
    expect(again.intended.map((delivery) => [delivery.deliveryId, delivery.attempt]).sort()).toEqual(
      batch.map((delivery) => [delivery.deliveryId, 1]).sort(),
    );
    expect(await attemptsOf(line)).toBe(3);
  });

  it('is not found by a repetition whose lease the reaper has taken', async () => {
    const { batch } = await claimed(2);
    await commit(batch);
    await sql.database.execute('DELETE FROM dispatch_leases WHERE token = $1', [batch[0]?.token]);
    const again = await intents.commit(batch, workerId, LEASE_MS, true);
    expect([again.intended, again.released, again.finished]).toEqual([[], [], []]);
  });

  it('is not made of a permit that is too old: the delivery is given back', async () => {
    const { line, batch } = await claimed(2);
    const [old, fresh] = batch as [PreparedDelivery, PreparedDelivery];
    const result = await commit([{ ...old, claimedAtMs: old.claimedAtMs - PERMIT_LIFE_MS - 1 }, fresh]);
    expect(result.intended.map((delivery) => delivery.deliveryId)).toEqual([fresh.deliveryId]);
    expect(await outcomes.release(worker, result.released)).toEqual([old.deliveryId]);
    expect(await queueStates(sql.database, line)).toEqual({ pending: 1, sending: 1 });
  });

  it('is refused after a pause that committed first, and the delivery is parked', async () => {
    const { line, batch } = await claimed(2);
    await sql.database.execute(`UPDATE schedules SET status = 'PAUSED' WHERE id = $1`, [line.scheduleId]);
    const result = await commit(batch);
    expect(result.intended).toEqual([]);
    await outcomes.release(worker, result.released);
    const rows = await sql.database.query<{ ready: number; reason: string; parked: Date | null }>(
      `SELECT ready_at AS ready, wait_reason::text AS reason, parked_at AS parked FROM delivery_queue WHERE channel_id = $1`,
      [line.channelId],
    );
    expect(rows.map((row) => [Number(row.ready), row.reason, row.parked === null])).toEqual([
      [Infinity, 'paused', false],
      [Infinity, 'paused', false],
    ]);
  });

  it('is refused after the schedule was cancelled, and the delivery is cancelled', async () => {
    const { line, batch } = await claimed(2);
    await sql.database.execute(`UPDATE schedules SET status = 'CANCELLED' WHERE id = $1`, [line.scheduleId]);
    const result = await commit(batch);
    expect(result.intended).toEqual([]);
    expect((await outcomes.finishClaimed(worker, result.finished)).map((row) => row.status)).toEqual([
      'cancelled',
      'cancelled',
    ]);
    expect(await queueStates(sql.database, line)).toEqual({});
  });

  it('is refused for a delivery whose cancel was requested, or whose deadline has passed, and for no other', async () => {
    const { line, batch } = await claimed(3);
    const [cancelled, expired, fine] = batch.map((delivery) => delivery.deliveryId);
    await sql.database.execute('UPDATE delivery_queue SET cancel_requested = true WHERE delivery_id = $1', [cancelled]);
    await sql.database.execute(`UPDATE delivery_queue SET expires_at = clock_timestamp() WHERE delivery_id = $1`, [
      expired,
    ]);
    const result = await commit(batch);
    expect(result.intended.map((delivery) => delivery.deliveryId)).toEqual([fine]);
    const finished = await outcomes.finishClaimed(worker, result.finished);
    expect(Object.fromEntries(finished.map((row) => [row.deliveryId, row.status]))).toEqual({
      [cancelled ?? '']: 'cancelled',
      [expired ?? '']: 'expired',
    });
    expect(await queueStates(sql.database, line)).toEqual({ sending: 1 });
  });

  it('is refused for a contact that opted out or was deleted after its text was written', async () => {
    const { line, batch } = await claimed(4);
    const [optedOut, deleted, byNumber, fine] = batch;
    await sql.database.execute(
      'INSERT INTO opt_outs (tenant_id, phone_key, opted_out_at) SELECT tenant_id, phone_key, now() FROM contacts WHERE id = $1',
      [byNumber?.contactId],
    );
    await sql.database.execute('UPDATE contacts SET opted_out_at = now() WHERE id = $1', [optedOut?.contactId]);
    await sql.database.execute('UPDATE contacts SET deleted_at = now() WHERE id = $1', [deleted?.contactId]);
    const result = await commit(batch);
    expect(result.intended.map((delivery) => delivery.deliveryId)).toEqual([fine?.deliveryId]);
    await outcomes.finishClaimed(worker, result.finished);
    const rows = await sql.database.query<{ id: string; status: string; code: string }>(
      `SELECT id, status::text, error_code AS code FROM deliveries WHERE channel_id = $1 AND status <> 'pending'`,
      [line.channelId],
    );
    expect(Object.fromEntries(rows.map((row) => [row.id, [row.status, row.code]]))).toEqual({
      [optedOut?.deliveryId ?? '']: ['suppressed', 'OPTED_OUT'],
      [deleted?.deliveryId ?? '']: ['suppressed', 'CONTACT_DELETED'],
      [byNumber?.deliveryId ?? '']: ['suppressed', 'OPTED_OUT'],
    });
  });

  it('waits for a cancel that is under way, and is refused by it', async () => {
    const { line, batch } = await claimed(5);
    let result: Promise<{ intended: readonly unknown[] }> | undefined;
    await sql.database.transaction(async (tx) => {
      await tx.execute(`UPDATE schedules SET status = 'CANCELLED' WHERE id = $1`, [line.scheduleId]);
      result = commit(batch);
      // The intent is at the schedule's row now, which this transaction holds.
      await eventually(async () => {
        const waiting = await sql.database.query(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR SHARE%'`,
        );
        return waiting.length === 1;
      });
    });
    expect((await result)?.intended).toEqual([]);
    expect(await attemptsOf(line)).toBe(0);
  });

  it('is refused to a worker whose lease is over', async () => {
    const { line, batch } = await claimed(2);
    await sql.database.execute(
      `UPDATE dispatch_leases SET lease_until = clock_timestamp() - interval '1 second' WHERE worker_id = $1`,
      [workerId],
    );
    expect((await commit(batch)).intended).toEqual([]);
    expect(await queueStates(sql.database, line)).toEqual({ claimed: 2 });
    expect(await attemptsOf(line)).toBe(0);
  });

  it('is refused to a worker that does not hold the lease', async () => {
    const { line, batch } = await claimed(1);
    expect((await commit(batch, newId())).intended).toEqual([]);
    expect(await queueStates(sql.database, line)).toEqual({ claimed: 1 });
  });
});
