import { CLAIM_LEAD_MS } from '../../src/core/dispatch/claim-lead.js';
import { MaterialisingRepository } from '../../src/modules/schedules/persistence/materialising.repository.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aChannel, aContact, aMessage, aRun, aSchedule, aTenant, insertRow } from '../support/factories/rows.js';
import { addTargets, aGroupOf, openScheduling, runsOf, type Scheduling } from '../support/scheduling.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

let db: SqlDatabase;
let scope: TenantScope;
let channelId: string;
const open: Scheduling[] = [];

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.database.execute('TRUNCATE schedules, deliveries, delivery_queue CASCADE');
  scope = await aTenant(db.database);
  channelId = await aChannel(db.database, scope);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function replica(parts: Parameters<typeof openScheduling>[1] = {}): Scheduling {
  const scheduling = openScheduling(db, parts);
  open.push(scheduling);
  return scheduling;
}

interface RunInput {
  readonly contactIds?: readonly string[];
  readonly groupIds?: readonly string[];
  readonly status?: 'PROCESSING' | 'PAUSED' | 'CANCELLED';
  readonly variations?: readonly string[];
  readonly expiresAfterSeconds?: number;
}

/** A run whose audience is to be written down. */
async function aNewRun(input: RunInput = {}): Promise<{ scheduleId: string; runId: string; dueAt: Date }> {
  const messageId = await aMessage(db.database, scope, { variations: input.variations ?? [] });
  const scheduleId = await aSchedule(db.database, scope, { channelId, messageId, ...input });
  await addTargets(db.database, scope, scheduleId, input.contactIds ?? [], input.groupIds ?? []);
  const dueAt = new Date();
  const runId = await aRun(db.database, scope, scheduleId, { status: 'CREATED', dueAt });
  return { scheduleId, runId, dueAt };
}

async function materialiseAll({ materialiser }: Scheduling): Promise<number> {
  let parts = 0;
  while (await materialiser.runOnce()) parts += 1;
  return parts;
}

interface Made {
  readonly contactId: string;
  readonly status: string;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly variation: number | null;
  readonly address: string | null;
  readonly isQueued: boolean;
}

/** The deliveries of a run, in the order of their ids. */
const deliveriesOf = (runId: string) =>
  db.database.query<Made>(
    `SELECT d.contact_id AS "contactId", d.status::text, d.error_code AS "errorCode", d.error_message AS "errorMessage",
            d.variation, d.address, q.delivery_id IS NOT NULL AS "isQueued"
       FROM deliveries d LEFT JOIN delivery_queue q ON q.delivery_id = d.id WHERE d.run_id = $1 ORDER BY d.id`,
    [runId],
  );

const countOf = async (text: string, values: readonly unknown[] = []): Promise<number> =>
  (await db.database.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${text}`, values))[0]?.count ?? -1;

describe('materialising', () => {
  it('makes one delivery a contact, however many groups name it, in the order of contacts', async () => {
    const people = [];
    for (let n = 0; n < 6; n += 1) people.push(await aContact(db.database, scope));
    const groups = [await aGroupOf(db.database, scope, 0), await aGroupOf(db.database, scope, 0)];
    for (const group of groups) {
      for (const contact of people.slice(1, 5)) {
        await insertRow(db.database, 'group_memberships', {
          tenant_id: scope.tenantId,
          group_id: group,
          contact_id: contact,
        });
      }
    }
    const run = await aNewRun({ contactIds: [...people.slice(0, 2), people[5] ?? ''], groupIds: groups });
    expect(await materialiseAll(replica())).toBe(1);
    const made = await deliveriesOf(run.runId);
    expect(made.map((delivery) => delivery.contactId)).toEqual(people);
    expect(made.every((delivery) => delivery.status === 'pending' && delivery.isQueued)).toBe(true);
    expect((await runsOf(db.database, run.scheduleId))[0]).toMatchObject({ status: 'RUNNING' });
  });

  it('logs whom nothing can be sent to, and why', async () => {
    const ana = await aContact(db.database, scope, { phone: '+5565981111111' });
    const again = await aContact(db.database, scope, { phone: '+5565981111111' });
    const silent = await aContact(db.database, scope, { phone: null });
    const optedOut = await aContact(db.database, scope, { optedOut: true });
    const remembered = await aContact(db.database, scope, { phone: '+5565982222222' });
    const deleted = await aContact(db.database, scope, { phone: '+5565983333333' });
    const heir = await aContact(db.database, scope, { phone: '+5565983333333' });
    await insertRow(db.database, 'opt_outs', {
      tenant_id: scope.tenantId,
      phone_key: '+5565982222222',
      opted_out_at: new Date(),
    });
    await db.database.execute('UPDATE contacts SET deleted_at = now() WHERE id = $1', [deleted]);
    const { runId } = await aNewRun({ contactIds: [ana, again, silent, optedOut, remembered, deleted, heir] });
    await materialiseAll(replica());
    const made = new Map((await deliveriesOf(runId)).map((delivery) => [delivery.contactId, delivery]));
    const reasons = [ana, again, silent, optedOut, remembered, deleted, heir].map((id) => made.get(id)?.errorCode);
    expect(reasons).toEqual([null, 'DUPLICATE', 'NO_ADDRESS', 'OPTED_OUT', 'OPTED_OUT', 'CONTACT_DELETED', null]);
    const suppressed = [...made.values()].filter((delivery) => delivery.errorCode !== null);
    expect(suppressed.every((d) => d.status === 'suppressed' && !d.isQueued && d.errorMessage?.endsWith('.'))).toBe(
      true,
    );
  });

  it('gives ids that rise with the place in the audience, whatever its size', async () => {
    const places = [1, 2, 16_383, 16_384, 32_767, 1_000_000, 2 ** 26 - 1];
    const rows = await db.database.query<{ id: string }>(
      `SELECT ordered_uuid('0123456789ab', place, 'fedcba987654') AS id FROM unnest($1::bigint[]) AS place`,
      [places],
    );
    const ids = rows.map(({ id }) => id);
    expect(ids).toEqual([...ids].sort());
    expect(new Set(ids).size).toBe(places.length);
    for (const id of ids) expect(id).toMatch(/^01234567-89ab-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-fedcba987654$/);
  });

  it('writes a large audience part by part, and knows a number from an earlier part', async () => {
    const groupId = await aGroupOf(db.database, scope, 1_200);
    // The last contact of the audience has the first one's number.
    const twin = await aContact(db.database, scope, { phone: '+5566980000001' });
    const { runId, scheduleId } = await aNewRun({
      groupIds: [groupId],
      contactIds: [twin],
      variations: ['a', 'b', 'c'],
    });
    const scheduling = replica();
    expect(await scheduling.materialiser.runOnce()).toMatchObject({
      taken: 500,
      made: 500,
      queued: 500,
      isLast: false,
    });
    expect((await runsOf(db.database, scheduleId))[0]).toMatchObject({ status: 'CREATED' });
    expect(await materialiseAll(scheduling)).toBe(1);
    const made = await deliveriesOf(runId);
    expect(made.map((delivery) => delivery.variation)).toEqual(Array.from({ length: 1_201 }, (_, n) => n % 3));
    expect(made.filter((delivery) => delivery.errorCode !== null)).toMatchObject([
      { contactId: twin, errorCode: 'DUPLICATE' },
    ]);
    expect(new Set(made.map((delivery) => delivery.contactId)).size).toBe(1_201);
  });

  it('gives each contact its delivery once when the connection breaks in the middle of a part', async () => {
    class CutMaterialising extends MaterialisingRepository {
      cuts = 2;
      override async recordPart(...args: Parameters<MaterialisingRepository['recordPart']>): Promise<boolean> {
        if (this.cuts > 0) {
          this.cuts -= 1;
          await args[0].query('SELECT pg_terminate_backend(pg_backend_pid())');
        }
        return super.recordPart(...args);
      }
    }
    const groupId = await aGroupOf(db.database, scope, 1_200);
    const { runId } = await aNewRun({ groupIds: [groupId] });
    const dying = replica({ materialising: new CutMaterialising() });
    await expect(dying.materialiser.runOnce()).rejects.toThrow();
    expect(await countOf('deliveries WHERE run_id = $1', [runId])).toBe(0);
    expect(await replica().materialiser.runOnce()).toMatchObject({ made: 500 });
    await expect(dying.materialiser.runOnce()).rejects.toThrow();
    await materialiseAll(dying);
    expect(await countOf('deliveries WHERE run_id = $1', [runId])).toBe(1_200);
    expect(await countOf('delivery_queue WHERE run_id = $1', [runId])).toBe(1_200);
    expect(await countOf('schedule_runs WHERE id = $1 AND audience_count = 1200', [runId])).toBe(1);
  });

  it('shares the runs out among replicas, and none is written twice', async () => {
    const runs: { runId: string }[] = [];
    for (let n = 0; n < 6; n += 1) runs.push(await aNewRun({ groupIds: [await aGroupOf(db.database, scope, 700)] }));
    await Promise.all([replica(), replica(), replica()].map(materialiseAll));
    for (const { runId } of runs) expect(await countOf('deliveries WHERE run_id = $1', [runId])).toBe(700);
    expect(await countOf(`schedule_runs WHERE status = 'RUNNING'`)).toBe(6);
  });

  it('lets runs take turns: a small one does not wait for the end of a large one', async () => {
    await aNewRun({ groupIds: [await aGroupOf(db.database, scope, 6_000)] });
    const small = await aNewRun({ groupIds: [await aGroupOf(db.database, scope, 10)] });
    const { materialiser } = replica();
    await materialiser.runOnce();
    expect((await materialiser.runOnce())?.run.runId).toBe(small.runId);
  });

  it('parks the deliveries of a paused schedule, and opens the lane for the others', async () => {
    const contactId = await aContact(db.database, scope);
    const lane = () =>
      db.database.query<{ openAt: Date | number }>(
        'SELECT open_at AS "openAt" FROM channel_lanes WHERE channel_id = $1',
        [channelId],
      );
    const paused = await aNewRun({ contactIds: [contactId], status: 'PAUSED' });
    await materialiseAll(replica());
    const queued = (runId: string) =>
      db.database.query<Record<string, unknown>>(
        `SELECT ready_at = 'infinity' AS "isParked", parked_at AS "parkedAt", wait_reason::text AS "waitReason",
                expires_at AS "expiresAt" FROM delivery_queue WHERE run_id = $1`,
        [runId],
      );
    expect(await queued(paused.runId)).toEqual([
      { isParked: true, parkedAt: paused.dueAt, waitReason: 'paused', expiresAt: null },
    ]);
    expect(await lane()).toEqual([{ openAt: Number.POSITIVE_INFINITY }]);
    const going = await aNewRun({ contactIds: [contactId], expiresAfterSeconds: 60 });
    const scheduling = replica();
    await materialiseAll(scheduling);
    expect(await queued(going.runId)).toEqual([
      {
        isParked: false,
        parkedAt: null,
        waitReason: 'none',
        expiresAt: new Date(going.dueAt.getTime() + 60_000),
      },
    ]);
    expect(await lane()).toEqual([{ openAt: new Date(going.dueAt.getTime() - CLAIM_LEAD_MS) }]);
    expect(scheduling.events).toContainEqual({ kind: 'workAvailable', channelIds: [channelId] });
  });

  it('leaves the run of a cancelled schedule alone', async () => {
    const { runId, scheduleId } = await aNewRun({
      contactIds: [await aContact(db.database, scope)],
      status: 'CANCELLED',
    });
    const scheduling = replica();
    expect(await materialiseAll(scheduling)).toBe(0);
    expect(await countOf('deliveries WHERE run_id = $1', [runId])).toBe(0);
    await scheduling.sweeper.runOnce();
    expect((await runsOf(db.database, scheduleId))[0]).toMatchObject({ status: 'CANCELLED' });
  });

  it('does not let a run that cannot be written keep others waiting', async () => {
    const bad = await aNewRun({ contactIds: [await aContact(db.database, scope)] });
    const good = await aNewRun({ contactIds: [await aContact(db.database, scope)] });
    await db.database.execute(`UPDATE schedules SET expires_after_seconds = 2147483647 WHERE id = $1`, [
      bad.scheduleId,
    ]);
    await db.database.execute(`UPDATE schedule_runs SET due_at = '294276-12-31' WHERE id = $1`, [bad.runId]);
    const { materialiser } = replica();
    await expect(materialiser.runOnce()).rejects.toThrow();
    expect((await materialiser.runOnce())?.run.runId).toBe(good.runId);
  });
});
