import type { StatusEvent, StatusEventKind } from '../../src/core/gateway/send-outcome.js';
import { DeliveryAnnouncements } from '../../src/modules/delivery-logs/application/delivery-announcements.js';
import { ReceiptProjector } from '../../src/modules/delivery-logs/application/receipt-projector.js';
import { StatusEventApplier } from '../../src/modules/delivery-logs/application/status-event-applier.js';
import { StatusEventSweeper } from '../../src/modules/delivery-logs/application/status-event-sweeper.js';
import { StatusEventsService } from '../../src/modules/delivery-logs/application/status-events.service.js';
import { DeliveriesRepository } from '../../src/modules/delivery-logs/persistence/deliveries.repository.js';
import type { DeliveryRow } from '../../src/modules/delivery-logs/persistence/delivery-row.js';
import { ProviderEventsRepository } from '../../src/modules/delivery-logs/persistence/provider-events.repository.js';
import { ReceiptsRepository } from '../../src/modules/delivery-logs/persistence/receipts.repository.js';
import type { RunFinisher } from '../../src/modules/schedules/index.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import type { Database } from '../../src/platform/database/database.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import type { DeliveryChanged } from '../../src/platform/events/event.js';
import { InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { aDelivery, type DeliveryInput, type StoredDelivery } from '../support/factories/deliveries.js';
import { aChannel, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

const BASE = Date.parse('2026-03-01T12:00:00Z');
let db: SqlDatabase;
let scope: TenantScope;

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  scope = await aTenant(db.database);
});

/** One replica: its events' way into the database, and what it announced. */
function setup(database: Database = db.database) {
  const bus = new InMemoryEventBus();
  const announced: DeliveryChanged[] = [];
  bus.onEvent((event) => {
    if (event.kind === 'deliveryChanged') announced.push(event);
  });
  const touchedRuns: string[] = [];
  const finisher = { noteTouched: (ids: readonly string[]) => touchedRuns.push(...ids) } as unknown as RunFinisher;
  const events = new ProviderEventsRepository();
  const projector = new ReceiptProjector(new ReceiptsRepository(), events);
  const applier = new StatusEventApplier(database, events, projector, new DeliveryAnnouncements(bus, finisher));
  const sweeper = new StatusEventSweeper(database, events, applier, new SystemClock(), Logger.create('silent'));
  const sut = new StatusEventsService(applier, sweeper, events, bus);
  return { sut, sweeper, announced, touchedRuns };
}

const find = async (id: string): Promise<DeliveryRow> => {
  const row = await new DeliveriesRepository(db.database).find(scope, id);
  if (!row) throw new Error('the delivery is gone');
  return row;
};

let keys = 0;
function anEvent(kind: StatusEventKind, seconds: number, input: Partial<StatusEvent> = {}): StatusEvent {
  keys += 1;
  return { kind, at: BASE + seconds * 1_000, eventKey: `event-${keys}`, ...input };
}

const make = (input: DeliveryInput) => aDelivery(db.database, scope, input);

async function waitingEvents(): Promise<number> {
  const rows = await db.database.query('SELECT FROM provider_events WHERE tenant_id = $1 AND applied_at IS NULL', [
    scope.tenantId,
  ]);
  return rows.length;
}

async function isQueued(id: string): Promise<boolean> {
  return (await db.database.query('SELECT FROM delivery_queue WHERE delivery_id = $1', [id])).length === 1;
}

describe('status events', () => {
  it('move a sent delivery forwards only, in whatever order and however often they come', async () => {
    const kinds: StatusEventKind[] = ['SENT', 'DELIVERED', 'READ'];
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 2, 0],
      [2, 0, 1],
    ]) {
      const { sut } = setup();
      const { id, channelId } = await make({ state: 'sent', sentAt: new Date(BASE) });
      const events = order.map((place) => anEvent(kinds[place] as StatusEventKind, place + 1, { deliveryId: id }));
      for (const event of [...events, ...events]) await sut.receive(scope.tenantId, channelId, [event]);
      expect(await find(id)).toMatchObject({
        status: 'READ',
        sentAt: new Date(BASE),
        deliveredAt: new Date(BASE + 2_000),
        readAt: new Date(BASE + 3_000),
      });
    }
  });

  it('are stored once each, whatever the number of repetitions', async () => {
    const { sut, announced } = setup();
    const { id, channelId } = await make({ state: 'sent' });
    const event = anEvent('DELIVERED', 1, { deliveryId: id });
    await Promise.all([1, 2, 3].map(() => sut.receive(scope.tenantId, channelId, [event, event])));
    const stored = await db.database.query('SELECT FROM provider_events WHERE tenant_id = $1', [scope.tenantId]);
    expect(stored).toHaveLength(1);
    expect(announced.map(({ previousStatus, status }) => [previousStatus, status])).toEqual([['SENT', 'DELIVERED']]);
  });

  it('announce the new status with the version that a reader finds', async () => {
    const { sut, announced } = setup();
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
    const { sut } = setup();
    const { id, channelId } = await make({ state: 'sent', gatewayMessageId: 'm-1' });
    const failed = anEvent('FAILED', 5, {
      deliveryId: id,
      gatewayMessageId: 'm-1',
      errorCode: '131026',
      errorMessage: 'undeliverable',
    });
    await sut.receive(scope.tenantId, channelId, [failed]);
    expect(await find(id)).toMatchObject({ status: 'FAILED', errorCode: '131026', failedAt: new Date(BASE + 5_000) });
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
    const { sut, touchedRuns } = setup();
    const settled = await make({ state: 'uncertain' });
    const waiting = await make({ state: 'uncertain_waiting' });
    for (const { id, channelId } of [settled, waiting]) {
      await sut.receive(scope.tenantId, channelId, [anEvent(kind, 3, { deliveryId: id, gatewayMessageId: `g-${id}` })]);
      expect(await find(id)).toMatchObject({ status, gatewayMessageId: `g-${id}`, attempt: 1 });
      expect(await isQueued(id)).toBe(false);
    }
    // Only the run of the delivery that was still in the queue may be over now.
    expect(touchedRuns).toEqual([waiting.runId]);
  });

  it.each(['pending', 'retrying', 'claimed'] as const)(
    'end the wait of a %s delivery only when the person has the message',
    async (state) => {
      const { sut } = setup();
      const { id, channelId } = await make({ state });
      await sut.receive(scope.tenantId, channelId, [
        anEvent('SENT', 1, { deliveryId: id }),
        anEvent('FAILED', 2, { deliveryId: id }),
      ]);
      expect(await isQueued(id)).toBe(true);
      await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 3, { deliveryId: id })]);
      expect(await find(id)).toMatchObject({ status: 'DELIVERED' });
      expect(await isQueued(id)).toBe(false);
    },
  );

  it.each(['cancelled', 'expired', 'suppressed'] as const)(
    'leave a %s delivery to the decision that was taken',
    async (state) => {
      const { sut } = setup();
      const { id, channelId } = await make({ state });
      await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 3, { deliveryId: id })]);
      expect((await find(id)).status).toBe(state.toUpperCase());
      expect(await waitingEvents()).toBe(0);
    },
  );

  it('wait while the delivery is at the gateway, and have their effect when the call has ended', async () => {
    const { sut, sweeper } = setup();
    const delivery = await make({ state: 'sending' });
    await sut.receive(scope.tenantId, delivery.channelId, [anEvent('DELIVERED', 2, { deliveryId: delivery.id })]);
    expect((await find(delivery.id)).status).toBe('SENDING');
    expect((await sweeper.runOnce(false)).applied).toBe(0);
    expect(await waitingEvents()).toBe(1);

    await recordSent(delivery);
    await sut.applyWaiting(db.database, [{ tenantId: scope.tenantId, deliveryId: delivery.id }]);
    expect(await find(delivery.id)).toMatchObject({ status: 'DELIVERED', gatewayMessageId: 'own' });
    expect(await waitingEvents()).toBe(0);
  });

  it('that waited are found by the sweep, also when nobody told that the call has ended', async () => {
    const { sut, sweeper, announced } = setup();
    const delivery = await make({ state: 'sending' });
    await sut.receive(scope.tenantId, delivery.channelId, [anEvent('READ', 2, { deliveryId: delivery.id })]);
    await recordSent(delivery);
    expect(await sweeper.runOnce(false)).toMatchObject({ seen: 1, applied: 1 });
    expect((await find(delivery.id)).status).toBe('READ');
    expect(announced.map(({ status }) => status)).toEqual(['READ']);
  });

  it('step over a delivery that somebody else is changing, without waiting for it', async () => {
    const { sut, sweeper } = setup();
    const { id, channelId } = await make({ state: 'sent' });
    const other = await db.another();
    await other.transaction(async (tx) => {
      await tx.query('SELECT FROM deliveries WHERE id = $1 FOR UPDATE', [id]);
      await sut.receive(scope.tenantId, channelId, [anEvent('READ', 1, { deliveryId: id })]);
      expect((await find(id)).status).toBe('SENT');
    });
    expect(await sweeper.runOnce(false)).toMatchObject({ applied: 1 });
    expect((await find(id)).status).toBe('READ');
  });

  it("find their delivery by our reference first, and by the provider's id otherwise", async () => {
    const { sut } = setup();
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

  it('that come before their message is known are kept, and matched when it is', async () => {
    const { sut, sweeper } = setup();
    const { id, channelId } = await make({ state: 'sent' });
    await sut.receive(scope.tenantId, channelId, [anEvent('DELIVERED', 1, { gatewayMessageId: 'late' })]);
    await sweeper.runOnce(true);
    expect((await find(id)).status).toBe('SENT');
    const message = { tenantId: scope.tenantId, channelId, gatewayMessageId: 'late', deliveryId: id };
    await sut.rememberGatewayMessages(db.database, [message, message]);
    await sweeper.runOnce(false);
    expect((await find(id)).status).toBe('DELIVERED');
  });

  it('are kept seven days without a match, and no longer', async () => {
    const { sut, sweeper } = setup();
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
    expect(await sweeper.runOnce(true)).toMatchObject({ deleted: 1 });
    expect(await waitingEvents()).toBe(1);
  });

  it('of one channel or tenant never reach a delivery of another', async () => {
    const { sut } = setup();
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

  it('of an earlier call say nothing of a later one, when they do not say which message they mean', async () => {
    const { sut } = setup();
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

  it('that cannot be stored do not take those of other callers with them', async () => {
    const { sut } = setup();
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

  it('converge when many replicas take them at once', async () => {
    const replicas = [setup(), setup(await db.another()), setup(await db.another())];
    const made: StoredDelivery[] = [];
    for (let n = 0; n < 20; n += 1) made.push(await make({ state: n % 2 === 0 ? 'sent' : 'uncertain_waiting' }));
    await Promise.all(
      made.flatMap(({ id, channelId }, index) =>
        (['SENT', 'DELIVERED', 'READ', 'DELIVERED'] as const).map((kind, place) =>
          replicas[(index + place) % replicas.length]?.sut.receive(scope.tenantId, channelId, [
            anEvent(kind, place, { deliveryId: id }),
          ]),
        ),
      ),
    );
    while ((await waitingEvents()) > 0) await replicas[0]?.sweeper.runOnce(false);
    const rows = await new DeliveriesRepository(db.database).findMany(
      scope,
      made.map(({ id }) => id),
    );
    expect(new Set([...rows.values()].map((row) => row.status))).toEqual(new Set(['READ']));
  });
});

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
