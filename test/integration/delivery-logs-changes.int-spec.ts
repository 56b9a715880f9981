import { CLAIM_LEAD_MS } from '../../src/core/dispatch/claim-lead.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { audited, changesOn, conflictWith, findRow, laneOpenAt, queueRow, value } from '../support/delivery-changes.js';
import { aDelivery, type DeliveryInput, type StoredDelivery } from '../support/factories/deliveries.js';
import { aTenant } from '../support/factories/rows.js';
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
    const { changes: sut, announced, touchedRuns } = changesOn(db.database);
    const { id, runId } = await make({ state });
    const row = value(await sut.cancel(scope, id));
    expect(row).toMatchObject({ id, status: 'CANCELLED' });
    expect(await queueRow(db.database, id)).toBeUndefined();
    expect(announced).toEqual([
      expect.objectContaining({ kind: 'deliveryChanged', previousStatus, status: 'CANCELLED', version: row.version }),
    ]);
    expect(touchedRuns).toEqual([runId]);
    expect(await audited(db.database, scope, id)).toEqual([
      { actor: 'tester', action: 'delivery.cancel', details: { from: previousStatus } },
    ]);
  });

  it('is the same done twice, and told and written down once', async () => {
    const { changes: sut, announced } = changesOn(db.database);
    const { id } = await make({});
    const first = value(await sut.cancel(scope, id));
    expect(value(await sut.cancel(scope, id))).toEqual(first);
    expect(announced).toHaveLength(1);
    expect(await audited(db.database, scope, id)).toHaveLength(1);
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
    const { changes: sut, announced } = changesOn(db.database);
    const { id } = await make({ state });
    const before = await queueRow(db.database, id);
    expect(await sut.cancel(scope, id)).toMatchObject(
      conflictWith(state === 'uncertain_waiting' ? 'UNCERTAIN' : state.toUpperCase()),
    );
    expect(await queueRow(db.database, id)).toEqual(before);
    expect(announced).toEqual([]);
    expect(await audited(db.database, scope, id)).toEqual([]);
  });

  it('of another version is refused, also when it is cancelled already, and changes nothing', async () => {
    const { changes: sut, announced } = changesOn(db.database);
    const { id } = await make({ state: 'rate_limited' });
    const before = await queueRow(db.database, id);
    for (const version of [0, 2]) {
      expect(await sut.cancel(scope, id, version)).toMatchObject(conflictWith('RATE_LIMITED'));
    }
    expect(await queueRow(db.database, id)).toEqual(before);
    expect(announced).toEqual([]);
    const { version } = value(await sut.cancel(scope, id, 1));
    expect(await sut.cancel(scope, id, 1)).toMatchObject(conflictWith('CANCELLED', version));
    expect(await sut.cancel(scope, id, version)).toMatchObject({ ok: true });
  });

  it('finds none of another tenant, and none for a text that is no id', async () => {
    const { changes: sut } = changesOn(db.database);
    const other = await aTenant(db.database);
    const { id } = await make({});
    for (const [asking, name] of [
      [other, id],
      [scope, NOBODY],
      [scope, 'no id'],
    ] as const) {
      expect(await sut.cancel(asking, name)).toMatchObject({ ok: false, error: { kind: 'notFound' } });
    }
    expect(await queueRow(db.database, id)).toMatchObject({ state: 'pending' });
  });

  it('and the intent to send cannot both win', async () => {
    const { changes: sut } = changesOn(await db.another());
    for (let round = 0; round < 40; round += 1) {
      const delivery = await make({ state: 'claimed' });
      const [cancelled, intended] = await Promise.all([sut.cancel(scope, delivery.id), intend(delivery)]);
      expect(cancelled.ok).not.toBe(intended);
      expect(cancelled).toMatchObject(intended ? conflictWith('SENDING', 2) : { value: { status: 'CANCELLED' } });
    }
  });

  it('and a claim: whichever is first, the delivery is cancelled and never sent', async () => {
    const { changes: sut } = changesOn(await db.another());
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
    const { changes: sut, announced } = changesOn(db.database);
    const now = Date.now();
    const expiresAt = new Date(now + 120_000);
    const dueAt = new Date(now - 60_000);
    const delivery = await make({ state, dueAt, expiresAt });
    const at = inAnHour();
    const row = value(await sut.reschedule(scope, delivery.id, at, 1));
    expect(row).toMatchObject({ status: 'PENDING', dueAt: at, version: 2 });
    expect(await queueRow(db.database, delivery.id)).toMatchObject({
      ready_at: at,
      wait_reason: 'none',
      expires_at: new Date(at.getTime() + 180_000),
    });
    expect(await laneOpenAt(db.database, delivery)).toEqual(new Date(at.getTime() - CLAIM_LEAD_MS));
    expect(announced.map((event) => event.kind).sort()).toEqual(['deliveryChanged', 'workAvailable']);
    expect(await audited(db.database, scope, delivery.id)).toEqual([
      { actor: 'tester', action: 'delivery.reschedule', details: { from: dueAt.toISOString(), to: at.toISOString() } },
    ]);
  });

  it('never makes a channel look later than it would have', async () => {
    const { changes: sut } = changesOn(db.database);
    const delivery = await make({});
    const sooner = new Date(Date.now() + 60_000);
    await db.database.execute('UPDATE channel_lanes SET open_at = $2 WHERE channel_id = $1', [
      delivery.channelId,
      sooner,
    ]);
    value(await sut.reschedule(scope, delivery.id, inAnHour(), null));
    expect(await laneOpenAt(db.database, delivery)).toEqual(sooner);
  });

  it('leaves one of a paused schedule parked, for the new time', async () => {
    const { changes: sut } = changesOn(db.database);
    const delivery = await make({ state: 'parked' });
    const at = inAnHour();
    value(await sut.reschedule(scope, delivery.id, at, null));
    expect(await queueRow(db.database, delivery.id)).toMatchObject({
      ready_at: Number.POSITIVE_INFINITY,
      parked_at: at,
      wait_reason: 'paused',
    });
    expect(await laneOpenAt(db.database, delivery)).toBe(Number.POSITIVE_INFINITY);
  });

  it('by two people at once who saw one version is done once, and the other is told the new one', async () => {
    const people = [changesOn(db.database).changes, changesOn(await db.another()).changes];
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
      const { changes: sut } = changesOn(db.database);
      const { id, ...rest } = await make({ state });
      const before = await findRow(db.database, scope, id);
      expect(await sut.reschedule(scope, id, inAnHour(), null)).toMatchObject({
        ok: false,
        error: { kind: 'conflict' },
      });
      expect(await findRow(db.database, scope, id)).toEqual(before);
      expect(await laneOpenAt(db.database, { id, ...rest })).toBe(Number.POSITIVE_INFINITY);
    },
  );

  it('takes an instant ahead of now, at most 366 days', async () => {
    const { changes: sut } = changesOn(db.database);
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
    const { changes: sut } = changesOn(db.database);
    const { id } = await make({});
    expect(await sut.reschedule(await aTenant(db.database), id, inAnHour(), null)).toMatchObject({
      ok: false,
      error: { kind: 'notFound' },
    });
  });
});
