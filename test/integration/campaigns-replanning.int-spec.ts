import { dateText, dayNumberAt } from '../../src/core/openings/openings.js';
import { parseTimeZone } from '../../src/core/recurrence/time-zone.js';
import { ReplanningRepository } from '../../src/modules/schedules/persistence/replanning.repository.js';
import type { DeliveryChanged } from '../../src/platform/events/event.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { eventually } from '../support/eventually.js';
import { aChannel, aMessage, aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { openScheduling, type Scheduling } from '../support/scheduling.js';
import { aLine, enqueue } from '../support/workers.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

const zone = parseTimeZone('America/Cuiaba');
if (!zone.ok) throw new Error('unreachable');
const TOMORROW = dateText(dayNumberAt(zone.value, Date.now()) + 1);

let db: SqlDatabase;
let scope: TenantScope;
let channelId: string;
let replica: Scheduling;

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.database.execute('TRUNCATE schedules, delivery_queue, deliveries CASCADE');
  scope = await aTenant(db.database);
  channelId = await aChannel(db.database, scope);
  replica = openScheduling(db);
});
afterEach(() => replica.close());

/** A campaign for so many contacts, planned for the whole of tomorrow, which is to be planned anew. */
async function aCampaign(size: number, runCount = 0): Promise<{ scheduleId: string; runId: string }> {
  const messageId = await aMessage(db.database, scope);
  const scheduleId = await aSchedule(db.database, scope, {
    type: 'CAMPAIGN',
    status: 'PENDING',
    channelId,
    messageId,
    campaign: {
      startsOn: TOMORROW,
      weekdays: [1, 2, 3, 4, 5, 6, 7],
      fromMinute: 0,
      toMinute: 24 * 60,
      maxPerDay: 100_000,
      minSpacingSeconds: 0,
      seed: 'a seed',
    },
    runCount: 0,
  });
  await db.database.execute(
    `WITH people AS (
       INSERT INTO contacts (tenant_id, id, name, phone, phone_key)
       SELECT $1, ordered_uuid(clock_timestamp(), n), 'Contato ' || n, '+55659' || (80000000 + n), '+55659' || (80000000 + n)
         FROM generate_series(1, $3::int) n RETURNING id)
     INSERT INTO schedule_target_contacts (tenant_id, schedule_id, contact_id) SELECT $1, $2, id FROM people`,
    [scope.tenantId, scheduleId, size],
  );
  const runId = await aRun(db.database, scope, scheduleId, { status: 'CREATED', dueAt: new Date() });
  await db.database.execute('UPDATE schedule_runs SET planned_from = created_at WHERE id = $1', [runId]);
  await replica.materialiser.runOnce();
  await db.database.execute('UPDATE schedule_runs SET needs_plan = true WHERE id = $1', [runId]);
  await db.database.execute('UPDATE schedules SET run_count = $2 WHERE id = $1', [scheduleId, runCount]);
  return { scheduleId, runId };
}

const slots = (scheduleId: string) =>
  db.database.query('SELECT delivery_id, slot_at, version FROM delivery_queue WHERE schedule_id = $1 ORDER BY 1', [
    scheduleId,
  ]);

describe('a campaign that is planned anew', () => {
  it.each([
    ['before it begins', 0],
    ['while it is under way', 1],
  ])('lets a pause %s go first, and keeps nothing of the plan that it overtook', async (_when, runCount) => {
    const { scheduleId } = await aCampaign(20, runCount);
    const before = await slots(scheduleId);
    const planning = db.database.transaction(async (tx) => {
      // The plan that is made waits here, with its run locked.
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`planning:${channelId}`]);
      const replanned = replica.replanner.runOnce();
      // Who tried the run's lock to see whether it is held would be in the way of who is to take it.
      await eventually(async () => {
        const waiting = await db.database.query(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        return waiting.length === 1;
      });
      const paused = await db.database.execute(
        `UPDATE schedules SET status = 'PAUSED', next_run_at = NULL, version = version + 1 WHERE id = $1`,
        [scheduleId],
      );
      expect(paused).toBe(1);
      return { replanned };
    });
    const { replanned } = await planning;
    expect(await replanned).toEqual([]);
    expect(await slots(scheduleId)).toEqual(before);
    await db.database.execute(`UPDATE schedules SET status = 'PENDING', version = version + 1 WHERE id = $1`, [
      scheduleId,
    ]);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 20 }]);
  });

  it('tells which deliveries have another instant, with the versions that they have', async () => {
    const { scheduleId } = await aCampaign(20);
    replica.events.length = 0;
    await replica.replanner.runOnce();
    const told = replica.events.filter((event): event is DeliveryChanged => event.kind === 'deliveryChanged');
    const stored = await db.database.query<{ id: string; version: number }>(
      `SELECT d.id, d.version + q.version AS version FROM deliveries d
         JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id WHERE d.schedule_id = $1 ORDER BY 1`,
      [scheduleId],
    );
    expect(
      told.map(({ deliveryId, version }) => ({ id: deliveryId, version })).sort((a, b) => (a.id < b.id ? -1 : 1)),
    ).toEqual(stored);
    expect(told[0]).toMatchObject({ scheduleId, channelId, previousStatus: 'PENDING', status: 'PENDING' });
    expect(told.every(({ version }) => version > 1)).toBe(true);
  });

  it('tells of a large one only that it changed', async () => {
    const { scheduleId } = await aCampaign(1_001);
    replica.events.length = 0;
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 1_001 }]);
    expect(replica.events).toContainEqual(expect.objectContaining({ kind: 'scheduleChanged', scheduleId }));
    expect(replica.events.filter(({ kind }) => kind === 'deliveryChanged')).toEqual([]);
  });
});

describe('looking for campaigns that have missed an instant', () => {
  it('reads none of the many deliveries that wait for theirs, or in a campaign that is paused', async () => {
    for (const [status, offset] of [
      ['PAUSED', '-1 hour'],
      ['PROCESSING', '1 day'],
    ]) {
      const line = await aLine(db.database);
      await enqueue(db.database, line, 20_000);
      await db.database.execute('UPDATE schedule_runs SET planned_from = now() WHERE schedule_id = $1', [
        line.scheduleId,
      ]);
      await db.database.execute('UPDATE schedules SET status = $2 WHERE id = $1', [line.scheduleId, status]);
      await db.database.execute('UPDATE delivery_queue SET slot_at = now() + $2::interval WHERE channel_id = $1', [
        line.channelId,
        offset,
      ]);
    }
    await db.database.execute('ANALYZE');
    db.takeStatements();
    expect(await new ReplanningRepository().withWork(db.database, 50, null)).toEqual([]);
    const [statement] = db.takeStatements();
    const plan = await db.database.query<{ 'QUERY PLAN': readonly [{ readonly Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${statement}`,
      ['00000000-0000-0000-0000-000000000000', 50],
    );
    const read = nodesOf(plan[0]?.['QUERY PLAN'][0].Plan as PlanNode).filter(
      (node) => node['Relation Name'] === 'delivery_queue',
    );
    expect(read.map((node) => node['Node Type'])).toEqual(['Index Scan']);
    expect(read.map((node) => node['Rows Removed by Filter'] ?? 0)).toEqual([0]);
  }, 30_000);
});

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
