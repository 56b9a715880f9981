import { DeliveryReader } from '../../src/modules/delivery-logs/application/delivery-reader.js';
import { DeliveryUpdates, type DeliveryUpdate } from '../../src/modules/delivery-logs/application/delivery-updates.js';
import { DeliveriesRepository } from '../../src/modules/delivery-logs/persistence/deliveries.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import type { DeliveryChanged } from '../../src/platform/events/event.js';
import { InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import type { LiveStream } from '../../src/platform/events/live-stream.js';
import { aDelivery, type StoredDelivery } from '../support/factories/deliveries.js';
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

const EVERYONE = { isAllowed: () => Promise.resolve(true), refusal: () => new Error('refused') };

function setup() {
  const bus = new InMemoryEventBus();
  const clock = new SystemClock();
  const repository = new DeliveriesRepository(db.database);
  const sut = new DeliveryUpdates(bus, new DeliveryReader(repository, clock), repository, clock);
  return { sut, bus };
}

const changeOf = (
  { id, scheduleId, tenantId }: StoredDelivery,
  input: Partial<DeliveryChanged> = {},
): DeliveryChanged => ({
  kind: 'deliveryChanged',
  tenantId,
  deliveryId: id,
  scheduleId,
  previousStatus: 'SENDING',
  status: 'SENT',
  version: 1,
  atMs: Date.now(),
  ...input,
});

async function take(stream: LiveStream<DeliveryUpdate>, count: number): Promise<DeliveryUpdate[]> {
  const updates: DeliveryUpdate[] = [];
  while (updates.length < count) {
    const next = (await stream.next()) as IteratorResult<DeliveryUpdate, undefined>;
    if (next.done === true) throw new Error('the stream has ended');
    updates.push(next.value);
  }
  return updates;
}

const reads = () => db.takeStatements().filter((statement) => statement.includes('FROM deliveries'));

describe('updates of deliveries', () => {
  it('read a row once for all the subscribers that want to see it', async () => {
    const { sut, bus } = setup();
    const delivery = await aDelivery(db.database, scope, { state: 'sent' });
    const streams = Array.from({ length: 200 }, () => sut.open(scope, {}, EVERYONE));
    const waiting = streams.map((stream) => stream.next());
    db.takeStatements();
    bus.publish([changeOf(delivery)]);
    const told = await Promise.all(waiting);
    expect(new Set(told.map(({ value }) => (value as DeliveryUpdate).row.id))).toEqual(new Set([delivery.id]));
    expect(reads()).toHaveLength(1);
    await Promise.all(streams.map((stream) => stream.return()));
  });

  it('read the rows of a burst together', async () => {
    const { sut, bus } = setup();
    const scheduleId = await aSchedule(db.database, scope);
    const made: StoredDelivery[] = [];
    for (let n = 0; n < 90; n += 1) made.push(await aDelivery(db.database, scope, { scheduleId, state: 'sent' }));
    const stream = sut.open(scope, { scheduleId }, EVERYONE);
    const first = stream.next();
    db.takeStatements();
    bus.publish(made.map((delivery) => changeOf(delivery)));
    const told = [((await first) as { value: DeliveryUpdate }).value, ...(await take(stream, 89))];
    expect(told.map(({ row }) => row.id)).toEqual(made.map(({ id }) => id));
    // The first event was read before the others came.
    expect(reads().length).toBeLessThanOrEqual(2);
    await stream.return();
  });

  it('never show a row older than the event', async () => {
    const { sut, bus } = setup();
    const delivery = await aDelivery(db.database, scope, { state: 'sent' });
    const stream = sut.open(scope, {}, EVERYONE);
    const first = stream.next();
    bus.publish([changeOf(delivery)]);
    await first;
    await db.database.execute(`UPDATE deliveries SET status = 'read', version = 2 WHERE id = $1`, [delivery.id]);
    bus.publish([changeOf(delivery, { status: 'READ', version: 2 })]);
    const [update] = await take(stream, 1);
    expect(update).toMatchObject({ status: 'READ', row: { status: 'READ', version: 2 } });
    await stream.return();
  });

  it('tell test sends from others', async () => {
    const { sut, bus } = setup();
    const [test, other] = [await aDelivery(db.database, scope), await aDelivery(db.database, scope)];
    await db.database.execute('UPDATE schedules SET is_test = true WHERE id = $1', [test.scheduleId]);
    const [tests, others] = [sut.open(scope, { isTest: true }, EVERYONE), sut.open(scope, { isTest: false }, EVERYONE)];
    const next = [tests.next(), others.next()];
    bus.publish([changeOf(other), changeOf(test)]);
    const told = (await Promise.all(next)).map(({ value }) => (value as DeliveryUpdate).row.id);
    expect(told).toEqual([test.id, other.id]);
    await Promise.all([tests.return(), others.return()]);
  });

  it('cost no statement for events that their ids rule out', async () => {
    const { sut, bus } = setup();
    const [wanted, other] = [await aDelivery(db.database, scope), await aDelivery(db.database, scope)];
    const stream = sut.open(scope, { scheduleId: wanted.scheduleId, statuses: ['SENT'] }, EVERYONE);
    const next = stream.next();
    db.takeStatements();
    bus.publish([changeOf(other), changeOf(wanted, { status: 'SENDING' })]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(reads()).toEqual([]);
    bus.publish([changeOf(wanted)]);
    expect(((await next) as { value: DeliveryUpdate }).value.row.id).toBe(wanted.id);
    await stream.return();
  });

  it('tell no other tenant, even when an event names its delivery', async () => {
    const { sut, bus } = setup();
    const theirs = await aDelivery(db.database, await aTenant(db.database));
    const own = await aDelivery(db.database, scope);
    const stream = sut.open(scope, {}, EVERYONE);
    const next = stream.next();
    bus.publish([changeOf(theirs), { ...changeOf(theirs), tenantId: scope.tenantId }, changeOf(own)]);
    expect(((await next) as { value: DeliveryUpdate }).value.row.id).toBe(own.id);
    await stream.return();
  });

  it('catch up with what a reader that was too slow has missed', async () => {
    const { sut, bus } = setup();
    const scheduleId = await aSchedule(db.database, scope);
    const old = await aDelivery(db.database, scope, {
      scheduleId,
      state: 'sent',
      sentAt: new Date('2025-01-01'),
      createdAt: new Date('2025-01-01'),
    });
    const missed = await aDelivery(db.database, scope, { scheduleId, state: 'sent' });
    const doubtful = await aDelivery(db.database, scope, {
      scheduleId,
      state: 'uncertain',
      createdAt: new Date('2025-01-01'),
    });
    const stream = sut.open(scope, { scheduleId }, EVERYONE);
    const first = stream.next();
    bus.publish([changeOf(missed)]);
    await first;
    // The reader is busy: far more events than are kept for it.
    bus.publish([
      changeOf(missed),
      ...Array.from({ length: 1_100 }, (_, n) => changeOf({ ...missed, id: unknownId(n) })),
    ]);
    const told = await take(stream, 2);
    expect(told.map(({ row, previousStatus }) => [row.id, previousStatus])).toEqual([
      [doubtful.id, null],
      [missed.id, null],
    ]);
    expect(told.map(({ row }) => row.id)).not.toContain(old.id);
    await stream.return();
  });

  it('of a filter that can match nothing are none', async () => {
    const { sut, bus } = setup();
    const delivery = await aDelivery(db.database, scope);
    const stream = sut.open(scope, { scheduleId: 'no id' }, EVERYONE);
    const next = stream.next();
    db.takeStatements();
    bus.publish([changeOf(delivery)]);
    await stream.return();
    expect((await next).done).toBe(true);
    expect(reads()).toEqual([]);
  });
});

const unknownId = (n: number) => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}`;
