import {
  OutcomesRepository,
  type FinalOutcome,
  type WaitingOutcome,
} from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { HousekeepingRepository } from '../../src/modules/dispatch/persistence/housekeeping.repository.js';
import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import type { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { aDelivery, type StoredDelivery } from '../support/factories/deliveries.js';
import { aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { workerDatabase } from '../support/workers.js';

describe('outcome', () => {
  let sql: SqlDatabase;
  let worker: WorkerDatabase;
  let scope: TenantScope;
  const outcomes = new OutcomesRepository();
  const leases = new LeasesRepository();

  beforeAll(async () => {
    sql = await openSqlDatabase();
    worker = workerDatabase(sql.url, 8);
    scope = await aTenant(sql.database);
  });

  afterAll(async () => {
    await worker.close();
    await sql.close();
  });

  const stateOf = async (delivery: StoredDelivery): Promise<Record<string, unknown>> => {
    const [row] = await sql.database.query<Record<string, unknown>>(
      `SELECT d.status::text AS status, q.state::text AS queue, d.needs_attention AS attention, d.version + coalesce(q.version, 0) AS version,
              d.attempt, a.outcome FROM deliveries d
         LEFT JOIN delivery_queue q ON q.delivery_id = d.id
         LEFT JOIN delivery_attempts a ON a.delivery_id = d.id AND a.number = 1 WHERE d.id = $1`,
      [delivery.id],
    );
    return row ?? {};
  };

  it('ends a call once, whoever writes it how often', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'sending' });
    const results = await Promise.all([1, 2, 3].map(() => outcomes.finishSending(worker, [sent(delivery)])));
    expect(results.flat()).toHaveLength(1);
    expect(await stateOf(delivery)).toMatchObject({
      status: 'sent',
      queue: null,
      attention: false,
      attempt: 1,
      outcome: 'accepted',
    });
  });

  it('remembers the gateway’s own id of a message, for status events that know no other', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'sending' });
    await outcomes.finishSending(worker, [{ ...sent(delivery), gatewayMessageId: 'gw-remembered' }]);
    const rows = await sql.database.query<{ id: string }>(
      `SELECT delivery_id AS id FROM gateway_messages WHERE channel_id = $1 AND gateway_message_id = 'gw-remembered'`,
      [delivery.channelId],
    );
    expect(rows).toEqual([{ id: delivery.id }]);
  });

  it('changes nothing but its own attempt under an old token', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'sending' });
    await sql.database.execute('UPDATE delivery_queue SET lease_token = lease_token + 1 WHERE delivery_id = $1', [
      delivery.id,
    ]);
    expect(await outcomes.finishSending(worker, [sent(delivery)])).toEqual([]);
    expect(await outcomes.waitAgain(worker, [waiting(delivery, 'pending')])).toEqual([]);
    expect(await stateOf(delivery)).toMatchObject({ status: 'pending', queue: 'sending' });
  });

  it('settles an uncertain delivery when the answer of its last attempt comes late', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'uncertain' });
    expect(await outcomes.settleLate(worker, [sent(delivery)])).toHaveLength(1);
    expect(await stateOf(delivery)).toMatchObject({ status: 'sent', attention: false });
    const waitingAgain = await aDelivery(sql.database, scope, { state: 'uncertain_waiting' });
    expect(await outcomes.settleLate(worker, [sent(waitingAgain)])).toHaveLength(1);
    expect(await stateOf(waitingAgain)).toMatchObject({ status: 'sent', queue: null });
  });

  it('does not let a late answer speak for a later attempt', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'uncertain_waiting', attempt: 2 });
    expect(await outcomes.settleLate(worker, [{ ...sent(delivery), attempt: 1 }])).toEqual([]);
    expect(await stateOf(delivery)).toMatchObject({ status: 'uncertain', queue: 'uncertain' });
  });

  it('lets a delivery wait again, with its lane told when', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'sending' });
    const [change] = await outcomes.waitAgain(worker, [waiting(delivery, 'pending')]);
    expect(change?.deliveryId).toBe(delivery.id);
    expect(await stateOf(delivery)).toMatchObject({ status: 'pending', queue: 'pending', outcome: 'not_processed' });
    const [lane] = await sql.database.query<{ seconds: number }>(
      'SELECT extract(epoch FROM open_at - clock_timestamp())::float8 AS seconds FROM channel_lanes WHERE channel_id = $1',
      [delivery.channelId],
    );
    expect(lane?.seconds).toBeGreaterThan(50);
    expect(lane?.seconds).toBeLessThanOrEqual(60);
  });

  it('shows doubt at once when a delivery is to be repeated after its settle time', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'sending' });
    await outcomes.waitAgain(worker, [waiting(delivery, 'uncertain')]);
    expect(await stateOf(delivery)).toMatchObject({ status: 'uncertain', queue: 'uncertain', attention: true });
  });

  it('raises the version with every change that a client can see', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'sending' });
    const before = (await stateOf(delivery)).version as number;
    const [again] = await outcomes.waitAgain(worker, [waiting(delivery, 'pending')]);
    expect(again?.version).toBeGreaterThan(before);
    expect((await stateOf(delivery)).version).toBe(again?.version);
  });

  describe('of a worker that is gone', () => {
    const past = new Date(Date.now() - 1_000);

    it('is found by the expired lease, by one reaper only', async () => {
      const delivery = await aDelivery(sql.database, scope, { state: 'sending', leaseUntil: past });
      const reap = () =>
        worker.transaction(async (tx) => {
          const expired = await leases.lockExpired(tx, 10);
          const rows = (await Promise.all(expired.map((lease) => leases.abandoned(tx, lease)))).flat();
          await leases.remove(
            tx,
            expired.map((lease) => lease.token),
          );
          return rows.map((row) => row.deliveryId);
        });
      const found = await Promise.all([reap(), reap(), reap(), reap()]);
      expect(found.flat()).toEqual([delivery.id]);
    });

    it('leaves alone what was settled under the lease before', async () => {
      const delivery = await aDelivery(sql.database, scope, { state: 'sending', leaseUntil: past });
      await outcomes.finishSending(worker, [sent(delivery)]);
      await worker.transaction(async (tx) => {
        for (const lease of await leases.lockExpired(tx, 10)) expect(await leases.abandoned(tx, lease)).toEqual([]);
        await leases.remove(tx, [delivery.leaseToken]);
      });
    });

    it('is found even when its lease has vanished', async () => {
      const delivery = await aDelivery(sql.database, scope, { state: 'claimed' });
      await sql.database.execute('DELETE FROM dispatch_leases WHERE token = $1', [delivery.leaseToken]);
      const housekeeping = new HousekeepingRepository();
      expect(await housekeeping.adoptOrphans(worker)).toBeGreaterThanOrEqual(1);
      expect(await housekeeping.adoptOrphans(worker)).toBe(0);
      const found = await worker.transaction(async (tx) => {
        const expired = await leases.lockExpired(tx, 10);
        return (await Promise.all(expired.map((lease) => leases.abandoned(tx, lease)))).flat();
      });
      expect(found.map((row) => row.deliveryId)).toContain(delivery.id);
    });
  });

  it('expires what is past its deadline, and only that', async () => {
    const late = await aDelivery(sql.database, scope, { expiresAt: new Date(Date.now() - 1_000) });
    const inTime = await aDelivery(sql.database, scope, { expiresAt: new Date(Date.now() + 60_000) });
    const atTheGateway = await aDelivery(sql.database, scope, {
      state: 'sending',
      expiresAt: new Date(Date.now() - 1_000),
    });
    const expired = await new HousekeepingRepository().expire(worker, 10);
    expect(expired.map((change) => change.deliveryId)).toEqual([late.id]);
    expect(await stateOf(late)).toMatchObject({ status: 'expired', queue: null, attention: true });
    expect(await stateOf(inTime)).toMatchObject({ queue: 'pending' });
    expect(await stateOf(atTheGateway)).toMatchObject({ queue: 'sending' });
  });

  it('leaves what may have arrived in doubt when it is past its deadline, and in nobody’s queue', async () => {
    const past = new Date(Date.now() - 1_000);
    const uncertain = await aDelivery(sql.database, scope, { state: 'uncertain_waiting', expiresAt: past });
    const repeated = await aDelivery(sql.database, scope, { state: 'sending', expiresAt: past });
    const again = { state: 'pending', waitReason: 'retry', delayMs: 0, free: false } as const;
    const doubt = { outcome: 'uncertain', errorCode: 'UNCERTAIN', errorMessage: 'No answer came.' };
    await outcomes.waitAgain(worker, [{ ...held(repeated), ...doubt, ...again }]);
    await new HousekeepingRepository().expire(worker, 10);
    const inDoubt = { status: 'uncertain', queue: null, attention: true };
    expect(await stateOf(uncertain)).toMatchObject(inDoubt);
    expect(await stateOf(repeated)).toMatchObject(inDoubt);
  });

  it('does not say of what may have arrived that it failed', async () => {
    const delivery = await aDelivery(sql.database, scope, { state: 'claimed' });
    const failed = { status: 'failed', errorCode: 'MISSING_PLACEHOLDERS', errorMessage: 'No name.' } as const;
    const [change] = await outcomes.finishClaimed(worker, [{ ...held(delivery), ...failed, doubted: true }]);
    expect(change?.status).toBe('uncertain');
    expect(await stateOf(delivery)).toMatchObject({ status: 'uncertain', queue: null, attention: true });
  });

  it('opens a lane that nobody looks at although something waits in it', async () => {
    const delivery = await aDelivery(sql.database, scope, {});
    expect(await new HousekeepingRepository().healLanes(worker)).toBeGreaterThan(0);
    const [lane] = await sql.database.query<{ open: boolean }>(
      'SELECT open_at <= clock_timestamp() AS open FROM channel_lanes WHERE channel_id = $1',
      [delivery.channelId],
    );
    expect(lane?.open).toBe(true);
  });
});

function held(delivery: StoredDelivery) {
  return {
    tenantId: delivery.tenantId,
    deliveryId: delivery.id,
    token: delivery.leaseToken,
    attempt: 1,
    durationMs: 12,
  };
}

function sent(delivery: StoredDelivery): FinalOutcome {
  return {
    ...held(delivery),
    outcome: 'accepted',
    status: 'sent',
    errorCode: null,
    errorMessage: null,
    agoMs: 0,
    address: '+5565981234567',
    content: 'Olá',
    variation: null,
    nicknameUsed: null,
    gatewayMessageId: 'gw-1',
    gatewayResponse: null,
    remember: true,
  };
}

function waiting(delivery: StoredDelivery, state: WaitingOutcome['state']): WaitingOutcome {
  return {
    ...held(delivery),
    outcome: 'not_processed',
    errorCode: 'NOT_PROCESSED',
    errorMessage: 'HTTP 503',
    state,
    waitReason: 'retry',
    delayMs: 60_000,
    free: false,
  };
}
