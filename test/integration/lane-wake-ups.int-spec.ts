import { DeliveryChangesRepository } from '../../src/modules/delivery-logs/persistence/delivery-changes.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import { ParkingRepository } from '../../src/modules/schedules/persistence/parking.repository.js';
import { RequeueingRepository } from '../../src/modules/schedules/persistence/requeueing.repository.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { eventually } from '../support/eventually.js';
import { aDelivery, type StoredDelivery } from '../support/factories/deliveries.js';
import { aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

/**
 * A claim that found the last delivery of a lane closes it. What comes into the queue at that moment is not in its
 * snapshot, so whoever brings it must wait for the claim and open the lane after it.
 */
describe('a lane that is closed by a claim while something comes into it', () => {
  let sql: SqlDatabase;
  let scope: TenantScope;

  beforeAll(async () => {
    sql = await openSqlDatabase();
    scope = await aTenant(sql.database);
  });
  afterAll(() => sql.close());

  const heldBy = (delivery: StoredDelivery) => ({
    tenantId: delivery.tenantId,
    deliveryId: delivery.id,
    token: delivery.leaseToken,
  });
  const waiting = {
    attempt: 1,
    outcome: 'not_processed',
    errorCode: null,
    errorMessage: null,
    durationMs: 1,
    state: 'pending',
    waitReason: 'retry',
    delayMs: 0,
    free: false,
  } as const;
  const keyOf = ({ tenantId, scheduleId }: StoredDelivery) => ({ tenantId, scheduleId });

  it.each<[string, 'pending' | 'claimed' | 'sending', string, (tx: Sql, delivery: StoredDelivery) => Promise<unknown>]>(
    [
      [
        'a part of a run',
        'pending',
        '',
        (tx, d) => new MaterialisingRepository().wakeLane(tx, d.tenantId, d.channelId, null),
      ],
      [
        'a resumed schedule',
        'pending',
        `wait_reason = 'paused', parked_at = ready_at, ready_at = 'infinity'`,
        (tx, d) => new ParkingRepository().unpark(tx, keyOf(d), 10),
      ],
      [
        'an edited schedule',
        'pending',
        'priority = 7',
        (tx, d) => new ParkingRepository().applySettings(tx, keyOf(d), 10),
      ],
      ['a retried delivery', 'pending', '', (tx, d) => new RequeueingRepository().wakeLanes(tx, scope, [d.channelId])],
      ['a rescheduled delivery', 'pending', '', (tx, d) => new DeliveryChangesRepository().wakeLane(tx, scope, d.id)],
      [
        'a call that is tried again',
        'sending',
        '',
        (tx, d) => new OutcomesRepository().waitAgain(tx, [{ ...heldBy(d), ...waiting }]),
      ],
      [
        'a claim that is given back',
        'claimed',
        '',
        (tx, d) => new OutcomesRepository().release(tx, [{ ...heldBy(d), delay: null }]),
      ],
    ],
  )('is open again after %s', async (_what, state, columns, bring) => {
    const delivery = await aDelivery(sql.database, scope, { state });
    if (columns !== '') {
      await sql.database.execute(`UPDATE delivery_queue SET ${columns} WHERE delivery_id = $1`, [delivery.id]);
    }
    const setOpenAt = (tx: Sql, openAt: string): Promise<number> =>
      tx.execute('UPDATE channel_lanes SET open_at = $2::timestamptz WHERE channel_id = $1', [
        delivery.channelId,
        openAt,
      ]);
    await setOpenAt(sql.database, '2020-01-01T00:00:00Z');
    let isBrought = false;
    let bringing: Promise<void> = Promise.resolve();
    await sql.database.transaction(async (claim) => {
      await claim.query('SELECT FROM channel_lanes WHERE channel_id = $1 FOR NO KEY UPDATE', [delivery.channelId]);
      bringing = sql.database
        .transaction(async (tx) => {
          await bring(tx, delivery);
        })
        .then(() => void (isBrought = true));
      await eventually(async () => {
        const locked = await sql.database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return isBrought || locked.length > 0;
      });
      await setOpenAt(claim, 'infinity');
    });
    await bringing;
    const [lane] = await sql.database.query<{ isOpen: boolean }>(
      'SELECT open_at <= clock_timestamp() AS "isOpen" FROM channel_lanes WHERE channel_id = $1',
      [delivery.channelId],
    );
    expect(lane?.isOpen).toBe(true);
  });
});
