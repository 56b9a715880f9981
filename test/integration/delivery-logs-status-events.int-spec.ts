import type { DeliveryRow } from '../../src/modules/delivery-logs/application/delivery-rows.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { findRow } from '../support/delivery-changes.js';
import { eventually } from '../support/eventually.js';
import { aDelivery, type DeliveryInput, type StoredDelivery } from '../support/factories/deliveries.js';
import { aChannel, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { anEvent, statusEventsOn, waitingEvents } from '../support/status-events.js';

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

describe('status events', () => {
  it('are stored once each, whatever the number of repetitions', async () => {
    const { sut, announced } = statusEventsOn(db.database);
    const { id, channelId } = await make({ state: 'sent' });
    const event = anEvent('DELIVERED', 1, { deliveryId: id });
    await Promise.all([1, 2, 3].map(() => sut.receive(scope.tenantId, channelId, [event, event])));
    const stored = await db.database.query('SELECT FROM provider_events WHERE tenant_id = $1', [scope.tenantId]);
    expect(stored).toHaveLength(1);
    expect(announced.map(({ previousStatus, status }) => [previousStatus, status])).toEqual([['SENT', 'DELIVERED']]);
  });

  it('wait while the delivery is at the gateway, and have their effect when the call has ended', async () => {
    const { sut, sweeper } = statusEventsOn(db.database);
    const delivery = await make({ state: 'sending' });
    await sut.receive(scope.tenantId, delivery.channelId, [anEvent('DELIVERED', 2, { deliveryId: delivery.id })]);
    expect((await find(delivery.id)).status).toBe('SENDING');
    expect((await sweeper.runOnce('recent')).applied).toBe(0);
    expect(await waitingEvents(db.database, scope)).toBe(1);

    await recordSent(delivery);
    await sut.applyWaiting(db.database, [{ tenantId: scope.tenantId, deliveryId: delivery.id }]);
    expect(await find(delivery.id)).toMatchObject({ status: 'DELIVERED', gatewayMessageId: 'own' });
    expect(await waitingEvents(db.database, scope)).toBe(0);
  });

  it('that waited are found by the sweep, also when nobody told that the call has ended', async () => {
    const { sut, sweeper, announced } = statusEventsOn(db.database);
    const delivery = await make({ state: 'sending' });
    await sut.receive(scope.tenantId, delivery.channelId, [anEvent('READ', 2, { deliveryId: delivery.id })]);
    await recordSent(delivery);
    expect(await sweeper.runOnce('recent')).toMatchObject({ seen: 1, applied: 1 });
    expect((await find(delivery.id)).status).toBe('READ');
    expect(announced.map(({ status }) => status)).toEqual(['READ']);
  });

  it('have their effect as soon as somebody tells that the call has ended', async () => {
    const { sut, sweeper, bus } = statusEventsOn(db.database);
    const delivery = await make({ state: 'sending' });
    const { tenantId, id, scheduleId, channelId } = delivery;
    sut.onModuleInit();
    sweeper.onApplicationBootstrap();
    // The first sweep is a thorough one, which ends with what was never matched.
    await seen((texts) => texts.some((text) => text.includes('DELETE FROM provider_events')));
    await sut.receive(tenantId, channelId, [anEvent('READ', 2, { deliveryId: id })]);
    db.takeStatements();
    // The sweep that the waiting event itself asked for is over then, and the next one is five seconds away.
    await seen((texts) =>
      texts.slice(texts.findIndex((text) => text.includes('received_at > now()'))).includes('COMMIT'),
    );
    await recordSent(delivery);
    const ids = { tenantId, deliveryId: id, scheduleId, channelId };
    const change = { previousStatus: 'SENDING', status: 'SENT', version: 2, atMs: Date.now() } as const;
    bus.publish([{ kind: 'deliveryChanged', ...ids, ...change }]);
    await eventually(async () => expect((await find(id)).status).toBe('READ'), 2_000);
    await sut.onModuleDestroy();
    await sweeper.onModuleDestroy();
  });

  it('step over a delivery that somebody else is changing, without waiting for it', async () => {
    const { sut, sweeper } = statusEventsOn(db.database);
    const { id, channelId } = await make({ state: 'sent' });
    const other = await db.another();
    await other.transaction(async (tx) => {
      await tx.query('SELECT FROM deliveries WHERE id = $1 FOR UPDATE', [id]);
      await sut.receive(scope.tenantId, channelId, [anEvent('READ', 1, { deliveryId: id })]);
      expect((await find(id)).status).toBe('SENT');
    });
    expect(await sweeper.runOnce('recent')).toMatchObject({ applied: 1 });
    expect((await find(id)).status).toBe('READ');
  });

  it("find their delivery by our reference first, and by the provider's id otherwise", async () => {
    const { sut } = statusEventsOn(db.database);
    const [one, two] = [await make({ state: 'sent' }), await make({ state: 'sent' })];
    const { tenantId } = scope;
    await sut.rememberGatewayMessages(db.database, [
      { tenantId, channelId: one.channelId, gatewayMessageId: 'g-1', deliveryId: one.id },
      { tenantId, channelId: two.channelId, gatewayMessageId: 'g-2', deliveryId: two.id },
    ]);
    await sut.receive(tenantId, one.channelId, [anEvent('DELIVERED', 1, { gatewayMessageId: 'g-1' })]);
    expect((await find(one.id)).status).toBe('DELIVERED');
    await sut.receive(tenantId, two.channelId, [anEvent('READ', 1, { deliveryId: two.id, gatewayMessageId: 'g-1' })]);
    expect((await find(one.id)).status).toBe('DELIVERED');
    expect((await find(two.id)).status).toBe('READ');
  });

  it('are matched within a minute also when their message becomes known minutes later', async () => {
    const { sut, sweeper } = statusEventsOn(db.database);
    const { id, channelId } = await make({ state: 'sent' });
    await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 1, { gatewayMessageId: 'later' })]);
    await db.database.execute(
      `UPDATE provider_events SET received_at = received_at - interval '10 minutes' WHERE gateway_message_id = 'later'`,
    );
    const message = { tenantId: scope.tenantId, channelId, gatewayMessageId: 'later', deliveryId: id };
    await sut.rememberGatewayMessages(db.database, [message]);
    await sweeper.runOnce('wide');
    expect((await find(id)).status).toBe('DELIVERED');
  });

  it('that come before their message is known are kept, and matched when it is', async () => {
    const { sut, sweeper } = statusEventsOn(db.database);
    const { id, channelId } = await make({ state: 'sent' });
    await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 1, { gatewayMessageId: 'late' })]);
    await sweeper.runOnce('thorough');
    expect((await find(id)).status).toBe('SENT');
    const message = { tenantId: scope.tenantId, channelId, gatewayMessageId: 'late', deliveryId: id };
    await sut.rememberGatewayMessages(db.database, [message, message]);
    await sweeper.runOnce('recent');
    expect((await find(id)).status).toBe('DELIVERED');
  });

  it('are kept seven days without a match, and no longer', async () => {
    const { sut, sweeper } = statusEventsOn(db.database);
    const channelId = await aChannel(db.database, scope);
    await sut.receive(scope.tenantId, channelId, [
      anEvent('READ', 1, { gatewayMessageId: 'x' }),
      anEvent('READ', 1, { gatewayMessageId: 'y' }),
    ]);
    await db.database.execute(
      `UPDATE provider_events SET received_at = now() - CASE gateway_message_id WHEN 'x' THEN interval '6 days 23 hours' ELSE interval '7 days 1 hour' END
        WHERE tenant_id = $1`,
      [scope.tenantId],
    );
    expect(await sweeper.runOnce('thorough')).toMatchObject({ deleted: 1 });
    expect(await waitingEvents(db.database, scope)).toBe(1);
  });

  it('of one channel or tenant never reach a delivery of another', async () => {
    const { sut } = statusEventsOn(db.database);
    const mine = await make({ state: 'sent' });
    const otherTenant = await aTenant(db.database);
    const otherChannel = await aChannel(db.database, scope);
    const theirChannel = await aChannel(db.database, otherTenant);
    const { tenantId } = scope;
    await sut.rememberGatewayMessages(db.database, [
      { tenantId, channelId: mine.channelId, gatewayMessageId: 'g', deliveryId: mine.id },
    ]);
    for (const [tenant, channel] of [
      [tenantId, otherChannel],
      [otherTenant.tenantId, theirChannel],
    ] as const) {
      await sut.receive(tenant, channel, [
        anEvent('READ', 1, { deliveryId: mine.id }),
        anEvent('READ', 2, { gatewayMessageId: 'g' }),
      ]);
    }
    expect((await find(mine.id)).status).toBe('SENT');
  });

  it('that cannot be stored do not take those of other callers with them', async () => {
    const { sut } = statusEventsOn(db.database);
    const { id, channelId } = await make({ state: 'sent' });
    const noChannel = '00000000-0000-7000-8000-000000000000';
    const results = await Promise.allSettled([
      sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 1, { deliveryId: id })]),
      sut.receive(scope.tenantId, noChannel, [anEvent('DELIVERED', 1, { deliveryId: id })]),
      sut.receive(scope.tenantId, channelId, [
        anEvent('READ', 2, { deliveryId: id, errorMessage: 'nul \0 and half \ud800' }),
      ]),
    ]);
    expect(results.map((result) => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect((await find(id)).status).toBe('READ');
  });
});

/** Waits until the statements that are sent from now on are as wanted. */
async function seen(isWanted: (texts: readonly string[]) => boolean): Promise<void> {
  const texts: string[] = [];
  await eventually(() => {
    texts.push(...db.takeStatements());
    return isWanted(texts);
  });
}

/** What the dispatcher does when the call was accepted. */
async function recordSent({ id, leaseToken }: StoredDelivery): Promise<void> {
  await db.database.execute(
    `WITH gone AS (
       DELETE FROM delivery_queue WHERE delivery_id = $1 AND state = 'sending' AND lease_token = $2 RETURNING version, attempt)
     UPDATE deliveries d SET status = 'sent', sent_at = clock_timestamp(), gateway_message_id = 'own',
            version = d.version + gone.version + 1, attempt = gone.attempt FROM gone WHERE d.id = $1`,
    [id, leaseToken],
  );
}
