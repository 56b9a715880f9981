import type { Result } from '../../src/core/values/result.js';
import type { Refusal } from '../../src/core/values/refusal.js';
import { DeliveriesService } from '../../src/modules/delivery-logs/application/deliveries.service.js';
import { DeliveryAnnouncements } from '../../src/modules/delivery-logs/application/delivery-announcements.js';
import { DeliveryChangesService } from '../../src/modules/delivery-logs/application/delivery-changes.service.js';
import { DeliveryReopeningService } from '../../src/modules/delivery-logs/application/delivery-reopening.service.js';
import type { DeliveryRow } from '../../src/modules/delivery-logs/application/delivery-rows.js';
import { DeliveryTransactions } from '../../src/modules/delivery-logs/application/delivery-transactions.js';
import { AuditLogRepository } from '../../src/modules/delivery-logs/persistence/audit-log.repository.js';
import { DeliveriesRepository } from '../../src/modules/delivery-logs/persistence/deliveries.repository.js';
import { DeliveryChangesRepository } from '../../src/modules/delivery-logs/persistence/delivery-changes.repository.js';
import { DeliveryRequeuer, type RunFinisher } from '../../src/modules/schedules/index.js';
import { ScheduleAnnouncements } from '../../src/modules/schedules/application/schedule-announcements.js';
import type { ScheduleChanger } from '../../src/modules/schedules/application/schedule-changer.js';
import { RequeueingRepository } from '../../src/modules/schedules/persistence/requeueing.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import type { Database } from '../../src/platform/database/database.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import type { BusEvent } from '../../src/platform/events/event.js';
import { InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import {
  aDelivery,
  type DeliveryInput,
  type DeliveryInState,
  type StoredDelivery,
} from '../support/factories/deliveries.js';
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

function setup(database: Database = db.database) {
  const clock = new SystemClock();
  const bus = new InMemoryEventBus();
  const announced: BusEvent[] = [];
  bus.onEvent((event) => {
    if (event.kind !== 'resync') announced.push(event);
  });
  const touchedRuns: string[] = [];
  const finisher = { noteTouched: (ids: readonly string[]) => touchedRuns.push(...ids) } as unknown as RunFinisher;
  const changes = new DeliveryChangesRepository();
  const audit = new AuditLogRepository();
  const deliveries = new DeliveriesService(new DeliveriesRepository(database), clock);
  const transactions = new DeliveryTransactions(
    database,
    changes,
    deliveries,
    new DeliveryAnnouncements(bus, finisher),
    clock,
  );
  const requeuer = new DeliveryRequeuer(
    database,
    new RequeueingRepository(),
    undefined as unknown as ScheduleChanger,
    new ScheduleAnnouncements(bus, clock),
  );
  return {
    sut: new DeliveryChangesService(transactions, changes, audit, clock),
    reopening: new DeliveryReopeningService(transactions, changes, audit, requeuer),
    announced,
    touchedRuns,
  };
}

const make = (input: DeliveryInput) => aDelivery(db.database, scope, input);

function value(result: Result<DeliveryRow, Refusal>): DeliveryRow {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const conflictWith = (status: string, version = 1) => ({
  ok: false,
  error: { kind: 'conflict', current: { status, version } },
});

async function queueRow(id: string): Promise<Record<string, unknown> | undefined> {
  return (
    await db.database.query<Record<string, unknown>>('SELECT * FROM delivery_queue WHERE delivery_id = $1', [id])
  )[0];
}

async function laneOpenAt({ channelId }: StoredDelivery): Promise<Date | number> {
  const rows = await db.database.query<{ open_at: Date | number }>(
    'SELECT open_at FROM channel_lanes WHERE channel_id = $1',
    [channelId],
  );
  return rows[0]?.open_at as Date;
}

async function audited(id: string): Promise<unknown[]> {
  return db.database.query(
    'SELECT actor, action, details FROM audit_log WHERE tenant_id = $1 AND subject_id = $2 ORDER BY at',
    [scope.tenantId, id],
  );
}

const inAnHour = () => new Date(Date.now() + 3_600_000);
const NOBODY = '00000000-0000-7000-8000-000000000000';

describe('cancelling a delivery', () => {
  it.each([
    ['pending', 'PENDING'],
    ['rate_limited', 'RATE_LIMITED'],
    ['retrying', 'RETRYING'],
    ['parked', 'PENDING'],
    ['claimed', 'PENDING'],
  ] as const)('ends one that is %s', async (state, previousStatus) => {
    const { sut, announced, touchedRuns } = setup();
    const { id, runId } = await make({ state });
    const row = value(await sut.cancel(scope, id));
    expect(row).toMatchObject({ id, status: 'CANCELLED' });
    expect(await queueRow(id)).toBeUndefined();
    expect(announced).toEqual([
      expect.objectContaining({ kind: 'deliveryChanged', previousStatus, status: 'CANCELLED', version: row.version }),
    ]);
    expect(touchedRuns).toEqual([runId]);
    expect(await audited(id)).toEqual([
      { actor: 'tester', action: 'delivery.cancel', details: { from: previousStatus } },
    ]);
  });

  it('is the same done twice, and told and written down once', async () => {
    const { sut, announced } = setup();
    const { id } = await make({});
    const first = value(await sut.cancel(scope, id));
    expect(value(await sut.cancel(scope, id))).toEqual(first);
    expect(announced).toHaveLength(1);
    expect(await audited(id)).toHaveLength(1);
  });

  it.each([
    'sending',
    'uncertain',
    'uncertain_waiting',
    'sent',
    'delivered',
    'read',
    'failed',
    'expired',
    'suppressed',
  ] as const)('is too late for one that is %s, and changes nothing', async (state) => {
    const { sut, announced } = setup();
    const { id } = await make({ state });
    const before = await queueRow(id);
    expect(await sut.cancel(scope, id)).toMatchObject(
      conflictWith(state === 'uncertain_waiting' ? 'UNCERTAIN' : state.toUpperCase()),
    );
    expect(await queueRow(id)).toEqual(before);
    expect(announced).toEqual([]);
    expect(await audited(id)).toEqual([]);
  });

  it('finds none of another tenant, and none for a text that is no id', async () => {
    const { sut } = setup();
    const other = await aTenant(db.database);
    const { id } = await make({});
    for (const [asking, name] of [
      [other, id],
      [scope, NOBODY],
      [scope, 'no id'],
    ] as const) {
      expect(await sut.cancel(asking, name)).toMatchObject({ ok: false, error: { kind: 'notFound' } });
    }
    expect(await queueRow(id)).toMatchObject({ state: 'pending' });
  });

  it('and the intent to send cannot both win', async () => {
    const { sut } = setup(await db.another());
    for (let round = 0; round < 40; round += 1) {
      const delivery = await make({ state: 'claimed' });
      const [cancelled, intended] = await Promise.all([sut.cancel(scope, delivery.id), intend(delivery)]);
      expect(cancelled.ok).not.toBe(intended);
      expect(cancelled).toMatchObject(intended ? conflictWith('SENDING', 2) : { value: { status: 'CANCELLED' } });
    }
  });

  it('and a claim: whichever is first, the delivery is cancelled and never sent', async () => {
    const { sut } = setup(await db.another());
    for (let round = 0; round < 40; round += 1) {
      const delivery = await make({ state: 'pending' });
      const [cancelled] = await Promise.all([
        sut.cancel(scope, delivery.id),
        db.database.execute(
          `UPDATE delivery_queue SET state = 'claimed', lease_token = 77 WHERE delivery_id = $1 AND state = 'pending'`,
          [delivery.id],
        ),
      ]);
      expect(cancelled).toMatchObject({ ok: true, value: { status: 'CANCELLED' } });
      expect(await intend({ ...delivery, leaseToken: 77 })).toBe(false);
    }
  });
});

/** The dispatcher's last step before it calls the gateway; true when it may call. */
async function intend({ id, leaseToken }: Pick<StoredDelivery, 'id' | 'leaseToken'>): Promise<boolean> {
  const moved = await db.database.execute(
    `UPDATE delivery_queue SET state = 'sending', attempt = attempt + 1, version = version + 1
      WHERE delivery_id = $1 AND state = 'claimed' AND lease_token = $2 AND NOT cancel_requested`,
    [id, leaseToken],
  );
  return moved === 1;
}

describe('rescheduling a delivery', () => {
  it.each(['pending', 'rate_limited', 'retrying'] as const)('gives one that is %s another due time', async (state) => {
    const { sut, announced } = setup();
    const expiresAt = new Date(Date.now() + 120_000);
    const dueAt = new Date(Date.now() - 60_000);
    const delivery = await make({ state, dueAt, expiresAt });
    const at = inAnHour();
    const row = value(await sut.reschedule(scope, delivery.id, at, 1));
    expect(row).toMatchObject({ status: 'PENDING', dueAt: at, version: 2 });
    expect(await queueRow(delivery.id)).toMatchObject({
      ready_at: at,
      wait_reason: 'none',
      expires_at: new Date(at.getTime() + 180_000),
    });
    expect(await laneOpenAt(delivery)).toEqual(at);
    expect(announced.map((event) => event.kind).sort()).toEqual(['deliveryChanged', 'workAvailable']);
    expect(await audited(delivery.id)).toEqual([
      { actor: 'tester', action: 'delivery.reschedule', details: { from: dueAt.toISOString(), to: at.toISOString() } },
    ]);
  });

  it('never makes a channel look later than it would have', async () => {
    const { sut } = setup();
    const delivery = await make({});
    const sooner = new Date(Date.now() + 60_000);
    await db.database.execute('UPDATE channel_lanes SET open_at = $2 WHERE channel_id = $1', [
      delivery.channelId,
      sooner,
    ]);
    value(await sut.reschedule(scope, delivery.id, inAnHour(), null));
    expect(await laneOpenAt(delivery)).toEqual(sooner);
  });

  it('leaves one of a paused schedule parked, for the new time', async () => {
    const { sut } = setup();
    const delivery = await make({ state: 'parked' });
    const at = inAnHour();
    value(await sut.reschedule(scope, delivery.id, at, null));
    expect(await queueRow(delivery.id)).toMatchObject({
      ready_at: Number.POSITIVE_INFINITY,
      parked_at: at,
      wait_reason: 'paused',
    });
    expect(await laneOpenAt(delivery)).toBe(Number.POSITIVE_INFINITY);
  });

  it('by two people at once who saw one version is done once, and the other is told the new one', async () => {
    const people = [setup().sut, setup(await db.another()).sut];
    for (let round = 0; round < 20; round += 1) {
      const { id } = await make({});
      const results = await Promise.all(people.map((sut) => sut.reschedule(scope, id, inAnHour(), 1)));
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(results.find((result) => !result.ok)).toMatchObject(conflictWith('PENDING', 2));
    }
  });

  it.each(['claimed', 'sending', 'uncertain_waiting', 'uncertain', 'sent', 'failed', 'cancelled'] as const)(
    'is refused for one that is %s',
    async (state) => {
      const { sut } = setup();
      const { id, ...rest } = await make({ state });
      const { dueAt } = (await new DeliveriesRepository(db.database).find(scope, id)) as DeliveryRow;
      expect(await sut.reschedule(scope, id, inAnHour(), null)).toMatchObject({
        ok: false,
        error: { kind: 'conflict' },
      });
      expect((await new DeliveriesRepository(db.database).find(scope, id))?.dueAt).toEqual(dueAt);
      expect(await laneOpenAt({ id, ...rest })).toBe(Number.POSITIVE_INFINITY);
    },
  );

  it('takes an instant ahead of now, at most 366 days', async () => {
    const { sut } = setup();
    const { id } = await make({});
    const rules = async (ms: number) => {
      const result = await sut.reschedule(scope, id, new Date(Date.now() + ms), null);
      return (
        result.ok ||
        (result.error.kind === 'invalid' && result.error.violations.map(({ field, rule }) => `${field} ${rule}`))
      );
    };
    expect(await rules(-1)).toEqual(['at future']);
    expect(await rules(367 * 86_400_000)).toEqual(['at maxDaysAhead']);
    expect(await rules(366 * 86_400_000)).toBe(true);
  });

  it('finds none of another tenant', async () => {
    const { sut } = setup();
    const { id } = await make({});
    expect(await sut.reschedule(await aTenant(db.database), id, inAnHour(), null)).toMatchObject({
      ok: false,
      error: { kind: 'notFound' },
    });
  });
});

describe('retrying a delivery', () => {
  it.each(['failed', 'expired', 'cancelled', 'suppressed'] as const)(
    'queues one that is %s again, with fresh attempts',
    async (state) => {
      const { reopening, announced } = setup();
      const delivery = await make({ state, attempt: 4, errorCode: 'X' });
      await db.database.execute(`UPDATE schedule_runs SET status = 'COMPLETED' WHERE id = $1`, [delivery.runId]);
      const row = value(await reopening.retry(scope, delivery.id));
      expect(row).toMatchObject({ status: 'PENDING', attempt: 4, version: 2, errorCode: null, failedAt: null });
      expect(await queueRow(delivery.id)).toMatchObject({ state: 'pending', attempt: 4, attempts_before: 4 });
      expect((await laneOpenAt(delivery)).valueOf()).toBeLessThanOrEqual(Date.now() + 1_000);
      const runs = await db.database.query('SELECT status FROM schedule_runs WHERE id = $1', [delivery.runId]);
      expect(runs).toEqual([{ status: 'RUNNING' }]);
      expect(announced.map((event) => event.kind).sort()).toEqual(['deliveryChanged', 'workAvailable']);
      expect(await audited(delivery.id)).toEqual([
        { actor: 'tester', action: 'delivery.retry', details: { from: state.toUpperCase() } },
      ]);
    },
  );

  it.each(['pending', 'claimed', 'sending', 'uncertain', 'uncertain_waiting', 'sent', 'read'] as const)(
    'is refused for one that is %s',
    async (state) => {
      const { reopening } = setup();
      const { id } = await make({ state });
      expect(await reopening.retry(scope, id)).toMatchObject({ ok: false, error: { kind: 'conflict' } });
      expect(await audited(id)).toEqual([]);
    },
  );

  it('is refused for a cancelled schedule', async () => {
    const { reopening } = setup();
    const { id } = await make({
      state: 'failed',
      scheduleId: await aSchedule(db.database, scope, { status: 'CANCELLED' }),
    });
    expect(await reopening.retry(scope, id)).toMatchObject({
      ...conflictWith('FAILED'),
      error: { message: 'The schedule is CANCELLED; nothing of it is sent any more.' },
    });
    expect(await queueRow(id)).toBeUndefined();
  });

  it('by two people at once queues it once', async () => {
    const { id } = await make({ state: 'failed' });
    const results = await Promise.all([
      setup().reopening.retry(scope, id),
      setup(await db.another()).reopening.retry(scope, id),
    ]);
    expect(results.filter((result) => result.ok)).toHaveLength(1);
    expect(await audited(id)).toHaveLength(1);
  });

  it('finds none of another tenant', async () => {
    const { id } = await make({ state: 'failed' });
    expect(await setup().reopening.retry(await aTenant(db.database), id)).toMatchObject({
      ok: false,
      error: { kind: 'notFound' },
    });
    expect(await queueRow(id)).toBeUndefined();
  });
});

describe('resolving an uncertain delivery', () => {
  const UNCERTAIN = ['uncertain', 'uncertain_waiting'] as const;

  it.each(UNCERTAIN)('as sent says that one that is %s went with its last call', async (state) => {
    const { reopening, announced, touchedRuns } = setup();
    const { id, runId } = await make({ state, attempt: 2, errorCode: 'TIMEOUT' });
    const [attempt] = await db.database.query<{ started_at: Date }>(
      'SELECT started_at FROM delivery_attempts WHERE delivery_id = $1 AND number = 2',
      [id],
    );
    const row = value(await reopening.resolveUncertain(scope, id, 'MARK_SENT'));
    expect(row).toMatchObject({ status: 'SENT', sentAt: attempt?.started_at, attempt: 2, errorCode: null });
    expect(await queueRow(id)).toBeUndefined();
    expect(announced).toEqual([
      expect.objectContaining({ previousStatus: 'UNCERTAIN', status: 'SENT', version: row.version }),
    ]);
    expect(touchedRuns).toEqual([runId]);
    expect(await audited(id)).toEqual([
      { actor: 'tester', action: 'delivery.resolve', details: { resolution: 'MARK_SENT' } },
    ]);
  });

  it.each(UNCERTAIN)('as failed says that one that is %s did not go', async (state) => {
    const { reopening } = setup();
    const { id } = await make({ state });
    const row = value(await reopening.resolveUncertain(scope, id, 'MARK_FAILED'));
    expect(row).toMatchObject({ status: 'FAILED', errorCode: 'MARKED_FAILED' });
    expect(row.failedAt).not.toBeNull();
    expect(await queueRow(id)).toBeUndefined();
    expect(await audited(id)).toHaveLength(1);
  });

  it.each(UNCERTAIN)('by sending again queues one that is %s now, with fresh attempts', async (state) => {
    const { reopening, announced } = setup();
    const delivery = await make({ state, attempt: 3 });
    const row = value(await reopening.resolveUncertain(scope, delivery.id, 'SEND_AGAIN'));
    expect(row).toMatchObject({ status: 'PENDING', attempt: 3 });
    expect(await queueRow(delivery.id)).toMatchObject({ state: 'pending', attempts_before: 3, wait_reason: 'none' });
    expect((await laneOpenAt(delivery)).valueOf()).toBeLessThanOrEqual(Date.now() + 1_000);
    expect(announced.map((event) => event.kind)).toContain('workAvailable');
    expect(await audited(delivery.id)).toEqual([
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
    value(await setup().reopening.resolveUncertain(scope, delivery.id, 'SEND_AGAIN'));
    expect(await queueRow(delivery.id)).toMatchObject({ wait_reason: 'paused', ready_at: Number.POSITIVE_INFINITY });
  });

  it.each(UNCERTAIN)(
    'by sending again is refused for one that is %s of a cancelled schedule, and leaves no trace',
    async (state) => {
      const scheduleId = await aSchedule(db.database, scope, { status: 'CANCELLED' });
      const { id } = await make({ state, scheduleId });
      expect(await setup().reopening.resolveUncertain(scope, id, 'SEND_AGAIN')).toMatchObject(
        conflictWith('UNCERTAIN'),
      );
      expect(await audited(id)).toEqual([]);
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
    const { reopening } = setup();
    const { id } = await make({ state });
    const before = await new DeliveriesRepository(db.database).find(scope, id);
    for (const resolution of ['MARK_SENT', 'MARK_FAILED', 'SEND_AGAIN'] as const) {
      expect(await reopening.resolveUncertain(scope, id, resolution)).toMatchObject(conflictWith(before?.status ?? ''));
    }
    expect(await new DeliveriesRepository(db.database).find(scope, id)).toEqual(before);
    expect(await audited(id)).toEqual([]);
  });

  it('by several people at once is settled by one of them', async () => {
    const [one, two, three] = [
      setup().reopening,
      setup(await db.another()).reopening,
      setup(await db.another()).reopening,
    ];
    for (const state of UNCERTAIN) {
      const { id } = await make({ state });
      const results = await Promise.all([
        one.resolveUncertain(scope, id, 'MARK_SENT'),
        two.resolveUncertain(scope, id, 'MARK_FAILED'),
        three.resolveUncertain(scope, id, 'SEND_AGAIN'),
      ]);
      expect(results.filter((result) => result.ok)).toHaveLength(1);
      expect(await audited(id)).toHaveLength(1);
    }
  });

  it('and the reconciler that sends it again cannot both win', async () => {
    const { reopening } = setup(await db.another());
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
