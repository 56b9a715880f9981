import { FiringRepository } from '../../src/modules/schedules/persistence/firing.repository.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aChannel, aMessage, aRun, aTenant } from '../support/factories/rows.js';
import { aTimedSchedule, openScheduling, runsOf, scheduleOf, type Scheduling } from '../support/scheduling.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Far away, whenever this runs: the stored next run counts as an occurrence all the same. */
const YEARLY = '0 0 1 1 *';

let db: SqlDatabase;
let scope: TenantScope;
const open: Scheduling[] = [];

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.database.execute('TRUNCATE schedules CASCADE');
  scope = await aTenant(db.database);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function replica(...args: [Parameters<typeof openScheduling>[1]?, number?]): Scheduling {
  const scheduling = openScheduling(db, ...args);
  open.push(scheduling);
  return scheduling;
}

/** The start of this second or hour, so that an expression may name it. */
const startOf = (unit: number): Date => new Date(Math.floor(Date.now() / unit) * unit);

async function someDue(count: number, input: Parameters<typeof aTimedSchedule>[2] = {}): Promise<string[]> {
  const channelId = await aChannel(db.database, scope);
  const messageId = await aMessage(db.database, scope);
  const ids: string[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(await aTimedSchedule(db.database, scope, { channelId, messageId, ...input }));
  }
  return ids;
}

const tally = (sql: string) => db.database.query<{ count: number }>(sql).then((rows) => rows[0]?.count);

describe('firing', () => {
  it('does not call runs overlapping before the next one is due', async () => {
    const [id = ''] = await someDue(1, { type: 'RECURRING', cronExpression: '* * * * * *', dueInSeconds: 1 });
    await aRun(db.database, scope, id, { status: 'RUNNING' });
    expect((await replica().poller.runOnce()).fired).toEqual([]);
    expect((await runsOf(db.database, id)).map((run) => run.status)).toEqual(['RUNNING']);
  });

  it('creates the run of a due single instant and leaves nothing to fire', async () => {
    const [id = ''] = await someDue(1, { dueInSeconds: -5 });
    const { fired, createdRuns } = await replica().poller.runOnce();
    expect({ fired: fired.length, createdRuns }).toEqual({ fired: 1, createdRuns: 1 });
    const schedule = await scheduleOf(db.database, id);
    const [run] = await runsOf(db.database, id);
    expect(schedule).toMatchObject({ status: 'PROCESSING', nextRunAt: null, runCount: 1, version: 2 });
    expect(run).toMatchObject({ status: 'CREATED', dueAt: schedule.lastRunAt });
    expect((await replica().poller.runOnce()).fired).toEqual([]);
  });

  it('prepares a run within the lead before its time, and nothing before that', async () => {
    const [soon = '', later = ''] = [
      ...(await someDue(1, { dueInSeconds: 0.8 })),
      ...(await someDue(1, { dueInSeconds: 5 })),
    ];
    await replica().poller.runOnce();
    const [run] = await runsOf(db.database, soon);
    expect(run?.startedAt).toEqual(run?.dueAt);
    expect(await runsOf(db.database, later)).toEqual([]);
  });

  it('fires each schedule exactly once when sixteen clients see the same ones', async () => {
    const ids = await someDue(150, { cronExpression: YEARLY, dueInSeconds: -5 });
    const clients = Array.from({ length: 16 }, () => replica({}, 1));
    const reports = await Promise.all(clients.flatMap(({ poller }) => [poller.runOnce(), poller.runOnce()]));
    expect(reports.reduce((sum, report) => sum + report.createdRuns, 0)).toBe(150);
    expect(await tally('SELECT count(*)::int AS count FROM schedule_runs')).toBe(150);
    expect(await tally('SELECT count(DISTINCT schedule_id)::int AS count FROM schedule_runs')).toBe(150);
    const schedules = await Promise.all(ids.map((id) => scheduleOf(db.database, id)));
    expect(new Set(schedules.map(({ runCount, version }) => `${runCount} ${version}`))).toEqual(new Set(['1 2']));
    expect(schedules.every(({ nextRunAt }) => nextRunAt !== null && nextRunAt.getTime() > Date.now())).toBe(true);
  });

  it('never creates more runs than maxRuns, also when many clients fire again and again', async () => {
    const ids = await someDue(20, { cronExpression: '* * * * * *', nextRunAt: startOf(1_000), maxRuns: 3 });
    const clients = Array.from({ length: 16 }, () => replica({}, 1));
    for (let round = 0; round < 6; round += 1) {
      await Promise.all(clients.map(({ poller }) => poller.runOnce()));
      // The runs end, and the next occurrences come due at once.
      await db.database.execute(
        `UPDATE schedule_runs SET status = CASE status WHEN 'CREATED' THEN 'COMPLETED' ELSE status END,
                due_at = due_at - random() * interval '1000 days' - interval '1 day'`,
      );
      await db.database.execute(
        `UPDATE schedules SET next_run_at = date_trunc('second', clock_timestamp()) WHERE next_run_at IS NOT NULL`,
      );
    }
    const schedules = await Promise.all(ids.map((id) => scheduleOf(db.database, id)));
    expect(new Set(schedules.map(({ runCount }) => runCount))).toEqual(new Set([3]));
    expect(new Set(schedules.map(({ nextRunAt }) => nextRunAt))).toEqual(new Set([null]));
    expect(await tally(`SELECT count(*)::int AS count FROM schedule_runs WHERE status = 'COMPLETED'`)).toBe(60);
  });

  it('goes on when the run of an occurrence is there already, and does not count it', async () => {
    const dueAt = startOf(1_000);
    const [id = ''] = await someDue(1, { cronExpression: YEARLY, nextRunAt: dueAt });
    await aRun(db.database, scope, id, { dueAt, status: 'COMPLETED' });
    await replica().poller.runOnce();
    const schedule = await scheduleOf(db.database, id);
    expect(schedule).toMatchObject({ status: 'PENDING', runCount: 0 });
    expect(schedule.nextRunAt?.getTime()).toBeGreaterThan(dueAt.getTime());
    expect(await runsOf(db.database, id)).toHaveLength(1);
  });

  it('skips an occurrence while an earlier run is not finished, and records it', async () => {
    const dueAt = startOf(1_000);
    const [id = ''] = await someDue(1, {
      cronExpression: YEARLY,
      nextRunAt: dueAt,
      maxRuns: 1,
      status: 'PROCESSING',
    });
    await aRun(db.database, scope, id, { dueAt: new Date(dueAt.getTime() - HOUR), status: 'RUNNING' });
    await replica().poller.runOnce();
    expect((await runsOf(db.database, id)).map(({ status, reason }) => [status, reason])).toEqual([
      ['RUNNING', null],
      ['SKIPPED', 'OVERLAP'],
    ]);
    expect(await scheduleOf(db.database, id)).toMatchObject({ status: 'PROCESSING', runCount: 0 });
  });

  describe('after nobody was there', () => {
    it('runs the newest occurrence and records the others as missed', async () => {
      const newest = startOf(HOUR);
      const first = new Date(newest.getTime() - 90 * HOUR);
      const hourly = { cronExpression: '0 * * * *', misfireGraceSeconds: 7_200 };
      const [id = ''] = await someDue(1, { ...hourly, nextRunAt: first });
      await replica().poller.runOnce();
      const [missed, run] = await runsOf(db.database, id);
      expect(missed).toMatchObject({
        status: 'MISSED',
        reason: 'SUPERSEDED',
        dueAt: first,
        missedCount: 90,
        startedAt: null,
      });
      expect(run).toMatchObject({ status: 'CREATED', dueAt: newest });
      expect(await scheduleOf(db.database, id)).toMatchObject({ runCount: 1, status: 'PROCESSING' });
    });

    it('catches up with ALL, and with NONE runs only what is merely late', async () => {
      const first = new Date(startOf(HOUR).getTime() - 2 * HOUR);
      const recurring = { cronExpression: '0 * * * *', nextRunAt: first };
      const [all = ''] = await someDue(1, { ...recurring, misfirePolicy: 'ALL' });
      const [none = ''] = await someDue(1, { ...recurring, misfirePolicy: 'NONE', misfireGraceSeconds: 86_400 });
      await replica().poller.runOnce();
      expect((await runsOf(db.database, all)).map((run) => run.status)).toEqual(['CREATED', 'CREATED', 'CREATED']);
      const isEarlyInTheHour = Date.now() - startOf(HOUR).getTime() <= 30 * MINUTE;
      expect((await runsOf(db.database, none)).map((run) => run.status)).toEqual(
        isEarlyInTheHour ? ['MISSED', 'CREATED'] : ['MISSED'],
      );
    });

    it('fails a single instant that is older than its grace, and says why', async () => {
      const [id = ''] = await someDue(1, { dueInSeconds: -25 * 3_600 });
      const [patient = ''] = await someDue(1, { dueInSeconds: -25 * 3_600, misfireGraceSeconds: 26 * 3_600 });
      await replica().poller.runOnce();
      expect(await runsOf(db.database, id)).toMatchObject([{ status: 'MISSED', reason: 'TOO_LATE', missedCount: 1 }]);
      expect(await scheduleOf(db.database, id)).toMatchObject({
        status: 'FAILED',
        statusReason: 'Nothing was there to start it in time.',
        nextRunAt: null,
      });
      expect(await runsOf(db.database, patient)).toMatchObject([{ status: 'CREATED' }]);
    });
  });

  describe('a schedule that cannot be fired', () => {
    it('fails alone when its zone is not known any more', async () => {
      const [bad = ''] = await someDue(1, { timeZone: 'Mars/Olympus' });
      const [good = ''] = await someDue(1);
      await replica().poller.runOnce();
      expect(await scheduleOf(db.database, bad)).toMatchObject({ status: 'FAILED', nextRunAt: null });
      expect((await scheduleOf(db.database, bad)).statusReason).toContain('Mars/Olympus');
      expect(await runsOf(db.database, good)).toMatchObject([{ status: 'CREATED' }]);
    });

    it('fails alone when the database refuses what is written for it', async () => {
      const [bad = ''] = await someDue(1, { runCount: 2_147_483_647 });
      const [good = ''] = await someDue(1);
      await replica().poller.runOnce();
      expect(await scheduleOf(db.database, bad)).toMatchObject({
        status: 'FAILED',
        statusReason: 'Its next run cannot be computed.',
      });
      expect(await runsOf(db.database, bad)).toEqual([]);
      expect(await runsOf(db.database, good)).toMatchObject([{ status: 'CREATED' }]);
      expect(await scheduleOf(db.database, good)).toMatchObject({ status: 'PROCESSING', runCount: 1 });
    });

    it('is not failed by a lost connection: everything is fired later', async () => {
      class CutFiring extends FiringRepository {
        override async insertOccurrences(...args: Parameters<FiringRepository['insertOccurrences']>) {
          await args[0].query('SELECT pg_terminate_backend(pg_backend_pid())');
          return super.insertOccurrences(...args);
        }
      }
      const [id = ''] = await someDue(1);
      await expect(replica({ firing: new CutFiring() }).poller.runOnce()).rejects.toThrow();
      expect(await scheduleOf(db.database, id)).toMatchObject({ status: 'PENDING', version: 1 });
      await replica().poller.runOnce();
      expect(await runsOf(db.database, id)).toMatchObject([{ status: 'CREATED' }]);
    });
  });

  it('and a cancel at the same moment leave either a run of a cancelled schedule or no run, never a live one', async () => {
    const ids = await someDue(40);
    const one = replica();
    const other = replica();
    await Promise.all([
      one.poller.runOnce(),
      ...ids.map((id) => other.control.cancel(scope, id)),
      one.poller.runOnce(),
    ]);
    await other.sweeper.runOnce();
    const schedules = await Promise.all(ids.map((id) => scheduleOf(db.database, id)));
    expect(new Set(schedules.map(({ status, nextRunAt }) => `${status} ${String(nextRunAt)}`))).toEqual(
      new Set(['CANCELLED null']),
    );
    expect(await tally(`SELECT count(*)::int AS count FROM schedule_runs WHERE status <> 'CANCELLED'`)).toBe(0);
  });

  it('reads only what is due, however many schedules wait', async () => {
    const [id = ''] = await someDue(1, { dueInSeconds: 86_400 });
    await db.database.execute(
      `INSERT INTO schedules (tenant_id, id, name, type, status, message_id, channel_id, time_zone, misfire_policy, priority,
                              use_nicknames, respect_rate_limit, retry_policy, guarantee, created_by, next_run_at)
       SELECT tenant_id, gen_random_uuid(), name, type, status, message_id, channel_id, time_zone, misfire_policy, priority,
              use_nicknames, respect_rate_limit, retry_policy, guarantee, created_by, next_run_at + n * interval '1 second'
         FROM schedules CROSS JOIN generate_series(1, 20000) n WHERE id = $1`,
      [id],
    );
    await db.database.execute('ANALYZE schedules');
    const plan = await db.database.query<{ 'QUERY PLAN': string }>(
      `EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, COSTS OFF)
       SELECT id FROM schedules WHERE next_run_at <= (SELECT clock_timestamp() + 1000::float8 * interval '1 millisecond')
        ORDER BY next_run_at, id LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED`,
    );
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');
    expect(text).toMatch(/Index Cond: \(next_run_at <= /);
    expect(text).not.toContain('Seq Scan');
  });
});

describe('hints', () => {
  it('set one timer a schedule that is near, and none for the others', async () => {
    const [near = ''] = await someDue(1, { dueInSeconds: 300 });
    await someDue(1, { dueInSeconds: 1_200 });
    const { hints, registry } = replica();
    await hints.sync();
    expect(hints.activeJobs()).toBe(1);
    expect(registry.getTimeouts()).toEqual([`schedule:${near}`]);
    await db.database.execute('UPDATE schedules SET next_run_at = NULL');
    await hints.sync();
    expect(hints.activeJobs()).toBe(0);
    expect(registry.getTimeouts()).toEqual([]);
  });

  it('wake the poller in time, and stop with the process', async () => {
    const { hints, poller, registry } = replica();
    poller.start();
    await poller.stop();
    const [id = ''] = await someDue(1, { dueInSeconds: 1.2 });
    const woken = new Promise<void>((resolve) => {
      poller.kick = resolve;
    });
    await hints.sync();
    await woken;
    expect(hints.activeJobs()).toBe(0);
    expect(registry.getTimeouts()).toEqual([]);
    expect((await scheduleOf(db.database, id)).nextRunAt?.getTime()).toBeGreaterThan(Date.now());
    await someDue(1, { dueInSeconds: 60 });
    await hints.sync();
    await hints.stop();
    expect(registry.getTimeouts()).toEqual([]);
  });
});
