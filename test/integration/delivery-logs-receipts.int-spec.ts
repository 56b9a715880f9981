import type { StatusEventKind } from '../../src/core/gateway/send-outcome.js';
import type { DeliveryRow } from '../../src/modules/delivery-logs/application/delivery-rows.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { findRow, queueRow } from '../support/delivery-changes.js';
import { aDelivery, type DeliveryInput, type StoredDelivery } from '../support/factories/deliveries.js';
import { aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { anEvent, BASE_MS, statusEventsOn, waitingEvents } from '../support/status-events.js';

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

async function find(id: string): Promise<DeliveryRow> {
  const row = await findRow(db.database, scope, id);
  if (!row) throw new Error('the delivery is gone');
  return row;
}

describe('receipts', () => {
  it('move a sent delivery forwards only, in whatever order and however often they come', async () => {
    const kinds: StatusEventKind[] = ['SENT', 'DELIVERED', 'READ'];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
    ]) {
      const { sut } = statusEventsOn(db.database);
      const { id, channelId } = await make({ state: 'sent', sentAt: new Date(BASE_MS) });
      const events = order.map((place) => anEvent(kinds[place] as StatusEventKind, place + 1, { deliveryId: id }));
      for (const event of [...events, ...events]) await sut.receive(scope.tenantId, channelId, [event]);
      expect(await find(id)).toMatchObject({
        status: 'READ',
        sentAt: new Date(BASE_MS),
        deliveredAt: new Date(BASE_MS + 2_000),
        readAt: new Date(BASE_MS + 3_000),
      });
    }
  });

  it('announce the new status with the version that a reader finds', async () => {
    const { sut, announced } = statusEventsOn(db.database);
    const { id, channelId, scheduleId, runId, contactId } = await make({ state: 'sent' });
    await sut.receive(scope.tenantId, channelId, [anEvent('READ', 1, { deliveryId: id })]);
    const { version } = await find(id);
    expect(announced).toEqual([
      expect.objectContaining({
        tenantId: scope.tenantId,
        deliveryId: id,
        scheduleId,
        runId,
        channelId,
        contactId,
        previousStatus: 'SENT',
        status: 'READ',
        version,
      }),
    ]);
  });

  it('fail a sent delivery with the code of the provider, so that a person sees it', async () => {
    const { sut } = statusEventsOn(db.database);
    const { id, channelId } = await make({ state: 'sent', gatewayMessageId: 'm-1' });
    const failed = anEvent('FAILED', 5, {
      deliveryId: id,
      gatewayMessageId: 'm-1',
      errorCode: '131026',
      errorMessage: 'undeliverable',
    });
    await sut.receive(scope.tenantId, channelId, [failed]);
    expect(await find(id)).toMatchObject({
      status: 'FAILED',
      errorCode: '131026',
      failedAt: new Date(BASE_MS + 5_000),
    });
    const attention = await db.database.query('SELECT FROM deliveries WHERE id = $1 AND needs_attention', [id]);
    expect(attention).toHaveLength(1);
    await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 9, { deliveryId: id })]);
    expect(await find(id)).toMatchObject({ status: 'DELIVERED', errorCode: null, failedAt: null });
  });

  it.each([
    ['SENT', 'SENT'],
    ['DELIVERED', 'DELIVERED'],
    ['READ', 'READ'],
    ['FAILED', 'FAILED'],
  ] as const)('settle an uncertain delivery: %s', async (kind, status) => {
    const { sut, touchedRuns } = statusEventsOn(db.database);
    const settled = await make({ state: 'uncertain' });
    const waiting = await make({ state: 'uncertain_waiting' });
    for (const { id, channelId } of [settled, waiting]) {
      await sut.receive(scope.tenantId, channelId, [anEvent(kind, 3, { deliveryId: id, gatewayMessageId: `g-${id}` })]);
      expect(await find(id)).toMatchObject({ status, gatewayMessageId: `g-${id}`, attempt: 1 });
      expect(await queueRow(db.database, id)).toBeUndefined();
    }
    // Only the run of the delivery that was still in the queue may be over now.
    expect(touchedRuns).toEqual([waiting.runId]);
  });

  it.each(['pending', 'retrying', 'claimed'] as const)(
    'end the wait of a %s delivery only when the person has the message',
    async (state) => {
      const { sut } = statusEventsOn(db.database);
      const { id, channelId } = await make({ state });
      await sut.receive(scope.tenantId, channelId, [
        anEvent('SENT', 1, { deliveryId: id }),
        anEvent('FAILED', 2, { deliveryId: id }),
      ]);
      expect(await queueRow(db.database, id)).toBeDefined();
      await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 3, { deliveryId: id })]);
      expect(await find(id)).toMatchObject({ status: 'DELIVERED' });
      expect(await queueRow(db.database, id)).toBeUndefined();
    },
  );

  it.each(['before', 'after'] as const)(
    'about a message that a repeated call was answered with count, also when they come %s that call',
    async (when) => {
      const { sut } = statusEventsOn(db.database);
      const { id, channelId } = await make({ state: 'retrying' });
      const events = [anEvent('FAILED', 1, { deliveryId: id, gatewayMessageId: 'm-1' })];
      const call = async (): Promise<void> => {
        await db.database.execute('DELETE FROM delivery_queue WHERE delivery_id = $1', [id]);
        await db.database.execute(
          `UPDATE deliveries SET status = 'sent', sent_at = clock_timestamp(), gateway_message_id = 'm-1' WHERE id = $1`,
          [id],
        );
        await sut.applyWaiting(db.database, [{ tenantId: scope.tenantId, deliveryId: id }]);
      };
      if (when === 'after') await call();
      await sut.receive(scope.tenantId, channelId, events);
      if (when === 'before') await call();
      expect((await find(id)).status).toBe('FAILED');
      expect(await waitingEvents(db.database, scope)).toBe(0);
    },
  );

  it.each(['cancelled', 'expired', 'suppressed'] as const)(
    'leave a %s delivery to the decision that was taken',
    async (state) => {
      const { sut } = statusEventsOn(db.database);
      const { id, channelId } = await make({ state });
      await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 3, { deliveryId: id })]);
      expect((await find(id)).status).toBe(state.toUpperCase());
      expect(await waitingEvents(db.database, scope)).toBe(0);
    },
  );

  it('of an earlier call say nothing of a later one, when they do not say which message they mean', async () => {
    const { sut } = statusEventsOn(db.database);
    const { id, channelId } = await make({ state: 'failed' });
    await sut.receive(scope.tenantId, channelId, [anEvent('FAILED', 1, { deliveryId: id })]);
    // A person retried it, and the second call went well.
    await db.database.execute(
      `UPDATE deliveries SET status = 'sent', needs_attention = false, failed_at = NULL, attempt = 2 WHERE id = $1`,
      [id],
    );
    await db.database.execute(
      `INSERT INTO delivery_attempts (tenant_id, delivery_id, number, lease_token, started_at) VALUES ($1, $2, 2, 9, clock_timestamp())`,
      [scope.tenantId, id],
    );
    await sut.receive(scope.tenantId, channelId, [anEvent('SENT', 60, { deliveryId: id })]);
    expect((await find(id)).status).toBe('SENT');
  });

  it('converge when many replicas take them at once', async () => {
    const replicas = [
      statusEventsOn(db.database),
      statusEventsOn(await db.another()),
      statusEventsOn(await db.another()),
    ];
    const made: StoredDelivery[] = [];
    for (let n = 0; n < 20; n += 1) made.push(await make({ state: n % 2 === 0 ? 'sent' : 'uncertain_waiting' }));
    const received = made.flatMap(({ id, channelId }, index) =>
      (['SENT', 'DELIVERED', 'READ', 'DELIVERED'] as const).map((kind, place) => {
        const { sut } = replicas[(index + place) % replicas.length] as (typeof replicas)[number];
        return sut.receive(scope.tenantId, channelId, [anEvent(kind, place, { deliveryId: id })]);
      }),
    );
    await Promise.all(received);
    while ((await waitingEvents(db.database, scope)) > 0) await replicas[0]?.sweeper.runOnce('recent');
    const rows = await Promise.all(made.map(({ id }) => find(id)));
    expect(new Set(rows.map((row) => row.status))).toEqual(new Set(['READ']));
  });
});
