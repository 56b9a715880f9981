import { CLAIM_LEAD_MS } from '../../src/core/dispatch/claim-lead.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aChannel, aContact, aRun, aTenant } from '../support/factories/rows.js';
import {
  aTimedSchedule,
  openScheduling,
  runsOf,
  scheduleOf,
  type Scheduling,
  type TimedScheduleInput,
} from '../support/scheduling.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

let db: SqlDatabase;
let scope: TenantScope;
const open: Scheduling[] = [];

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(async () => {
  await db.database.execute('TRUNCATE schedules, deliveries, delivery_queue CASCADE');
  scope = await aTenant(db.database);
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
});

function replica(): Scheduling {
  const scheduling = openScheduling(db);
  open.push(scheduling);
  return scheduling;
}

const ahead = (ms: number) => new Date(Date.now() + ms);
const aContactIn = (timeZone?: string) => aContact(db.database, scope, timeZone === undefined ? {} : { timeZone });
const schedule = (input: TimedScheduleInput) =>
  aTimedSchedule(db.database, scope, { perContactTimeZone: true, timeZone: 'UTC', ...input });

interface Made {
  readonly zone: string;
  readonly status: string;
  readonly dueAt: Date;
  readonly readyAt: Date | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** What the contacts of a schedule got, by their zone; "" for none. */
async function madeFor(scheduleId: string): Promise<Record<string, Made>> {
  const rows = await db.database.query<Made>(
    `SELECT coalesce(c.time_zone, '') AS zone, d.status::text, d.due_at AS "dueAt", q.ready_at AS "readyAt",
            d.error_code AS "errorCode", d.error_message AS "errorMessage"
       FROM deliveries d JOIN contacts c ON c.id = d.contact_id
       LEFT JOIN delivery_queue q ON q.delivery_id = d.id WHERE d.schedule_id = $1`,
    [scheduleId],
  );
  return Object.fromEntries(rows.map((row) => [row.zone, row]));
}

/** Materialises a run of a schedule at an instant, made now. */
async function materialised(input: TimedScheduleInput, dueAt: Date): Promise<Record<string, Made>> {
  const id = await schedule({ ...input, nextRunAt: dueAt });
  await aRun(db.database, scope, id, { status: 'CREATED', dueAt });
  const { materialiser } = replica();
  while (await materialiser.runOnce());
  return madeFor(id);
}

describe('a run for the time zones of its contacts', () => {
  const ZONES = ['Asia/Tokyo', 'America/Sao_Paulo', 'America/Los_Angeles', 'America/Cuiaba'];

  it.each([
    [
      'on an ordinary day',
      '2030-06-03T13:00:00Z',
      {
        'Asia/Tokyo': '2030-06-03T00:00:00.000Z',
        'America/Sao_Paulo': '2030-06-03T12:00:00.000Z',
        'America/Los_Angeles': '2030-06-03T16:00:00.000Z',
      },
    ],
    [
      'at 02:30 of a day on which Los Angeles has none: at 03:00',
      '2030-03-10T06:30:00Z',
      {
        'Asia/Tokyo': '2030-03-09T17:30:00.000Z',
        'America/Sao_Paulo': '2030-03-10T05:30:00.000Z',
        'America/Los_Angeles': '2030-03-10T10:00:00.000Z',
      },
    ],
    [
      'at 01:30 of a day on which Los Angeles has two: at the first',
      '2030-11-03T05:30:00Z',
      {
        'Asia/Tokyo': '2030-11-02T16:30:00.000Z',
        'America/Sao_Paulo': '2030-11-03T04:30:00.000Z',
        'America/Los_Angeles': '2030-11-03T08:30:00.000Z',
      },
    ],
  ])('gives each its own instant %s', async (_when, nominal, expected) => {
    const contactIds = await Promise.all([...ZONES, undefined].map(aContactIn));
    const dueAt = new Date(nominal);
    const made = await materialised({ timeZone: 'America/Cuiaba', contactIds }, dueAt);
    const instants = Object.fromEntries(Object.values(made).map((each) => [each.zone, each.dueAt.toISOString()]));
    const own = dueAt.toISOString();
    expect(instants).toEqual({ ...expected, 'America/Cuiaba': own, '': own });
    for (const each of Object.values(made)) expect(each.readyAt).toEqual(each.dueAt);
  });

  it('sends nothing at a wrong hour to whom it would come too late, and says why', async () => {
    const dueAt = ahead(2 * HOUR);
    const contactIds = await Promise.all(['Etc/GMT-14', 'Asia/Tokyo', 'Etc/GMT+5', undefined].map(aContactIn));
    const made = await materialised({ contactIds }, dueAt);
    expect(made['Asia/Tokyo']).toMatchObject({
      status: 'suppressed',
      dueAt: new Date(dueAt.getTime() - 9 * HOUR),
      readyAt: null,
      errorCode: 'LOCAL_TIME_PASSED',
      errorMessage: 'The local time had passed in the time zone of the contact.',
    });
    expect(made['Etc/GMT-14']).toMatchObject({ status: 'suppressed', errorCode: 'LOCAL_TIME_PASSED' });
    expect(made['Etc/GMT+5']).toMatchObject({ status: 'pending', readyAt: new Date(dueAt.getTime() + 5 * HOUR) });
    expect(made['']).toMatchObject({ status: 'pending', readyAt: dueAt });
  });

  it('that is made late still goes to those whose instant is the nominal one, and to those still ahead', async () => {
    const dueAt = ahead(-10 * MINUTE);
    const contactIds = await Promise.all(['Etc/UTC', 'Etc/GMT-1', 'Etc/GMT+1', undefined].map(aContactIn));
    const made = await materialised({ contactIds }, dueAt);
    expect(Object.fromEntries(Object.values(made).map(({ zone, status }) => [zone, status]))).toEqual({
      'Etc/UTC': 'pending',
      'Etc/GMT-1': 'suppressed',
      'Etc/GMT+1': 'pending',
      '': 'pending',
    });
  });

  it.each([
    [50 * SECOND, 'pending'],
    [70 * SECOND, 'suppressed'],
  ])('takes what is %i ms late as %s', async (lateMs, status) => {
    const contactIds = [await aContactIn('Etc/GMT-1')];
    const made = await materialised({ contactIds }, ahead(HOUR - lateMs));
    expect(made['Etc/GMT-1']).toMatchObject({ status });
  });

  it('keeps the distance of the deadline for each', async () => {
    const contactIds = await Promise.all(['Etc/GMT+3', undefined].map(aContactIn));
    const dueAt = ahead(HOUR);
    const id = await schedule({ contactIds, nextRunAt: dueAt, expiresAfterSeconds: 60 });
    await aRun(db.database, scope, id, { status: 'CREATED', dueAt });
    await replica().materialiser.runOnce();
    const rows = await db.database.query<{ seconds: number }>(
      `SELECT extract(epoch FROM q.expires_at - d.due_at)::int AS seconds
         FROM delivery_queue q JOIN deliveries d ON d.id = q.delivery_id WHERE d.schedule_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ seconds: 60 }, { seconds: 60 }]);
  });

  it('reads zones part by part, and opens the lane for the first of them', async () => {
    const channelId = await aChannel(db.database, scope);
    const contactIds: string[] = [];
    for (let n = 0; n < 520; n += 1) contactIds.push(await aContactIn(n < 510 ? 'Etc/GMT+1' : 'Etc/GMT-1'));
    const dueAt = ahead(3 * HOUR);
    const id = await schedule({ contactIds, nextRunAt: dueAt, channelId });
    await aRun(db.database, scope, id, { status: 'CREATED', dueAt });
    const { materialiser } = replica();
    const laneOpenAt = async () => {
      const text = 'SELECT open_at AS "openAt" FROM channel_lanes WHERE channel_id = $1';
      return (await db.database.query<{ openAt: Date }>(text, [channelId]))[0]?.openAt;
    };
    expect(await materialiser.runOnce()).toMatchObject({ taken: 500, isLast: false });
    expect(await laneOpenAt()).toEqual(new Date(dueAt.getTime() - CLAIM_LEAD_MS));
    expect(await materialiser.runOnce()).toMatchObject({ taken: 20, isLast: true });
    expect(await laneOpenAt()).toEqual(new Date(dueAt.getTime() - HOUR - CLAIM_LEAD_MS));
    const counts = await db.database.query(
      'SELECT due_at AS at, count(*)::int AS count FROM deliveries WHERE schedule_id = $1 GROUP BY 1 ORDER BY 1',
      [id],
    );
    expect(counts).toEqual([
      { at: new Date(dueAt.getTime() - HOUR), count: 10 },
      { at: new Date(dueAt.getTime() + HOUR), count: 510 },
    ]);
  });
});

describe('firing for the time zones of contacts', () => {
  // UTC+14 against the schedule's offset, and a minute to prepare.
  it.each([
    ['UTC', 14 * HOUR + 30 * SECOND, true],
    ['UTC', 14 * HOUR + 90 * SECOND, false],
    ['America/Cuiaba', 18 * HOUR + 30 * SECOND, true],
    ['America/Cuiaba', 18 * HOUR + 90 * SECOND, false],
    ['Pacific/Kiritimati', 30 * SECOND, true],
    ['Pacific/Kiritimati', 90 * SECOND, false],
    ['Etc/GMT+12', 26 * HOUR + 30 * SECOND, true],
    ['Etc/GMT+12', 26 * HOUR + 90 * SECOND, false],
  ])('a schedule in %s that is due in %i ms: %p', async (timeZone, inMs, isFired) => {
    const nextRunAt = ahead(inMs);
    const id = await schedule({ timeZone, nextRunAt });
    const other = await schedule({ timeZone, nextRunAt, perContactTimeZone: false });
    const report = await replica().firer.fireBatch();
    expect(report.createdRuns).toBe(isFired ? 1 : 0);
    expect(await runsOf(db.database, other)).toEqual([]);
    const runs = await runsOf(db.database, id);
    if (!isFired) {
      expect(runs).toEqual([]);
      expect(await scheduleOf(db.database, id)).toMatchObject({ status: 'PENDING', nextRunAt });
      return;
    }
    expect(runs).toMatchObject([{ dueAt: nextRunAt, status: 'CREATED' }]);
    expect(runs[0]?.startedAt?.getTime()).toBeLessThanOrEqual(Date.now() + SECOND);
    expect(await scheduleOf(db.database, id)).toMatchObject({ status: 'PROCESSING', nextRunAt: null, runCount: 1 });
  });

  it('makes each run once, by its nominal instant, when sixteen clients see the same ones', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 30; n += 1) {
      ids.push(await schedule({ cronExpression: '0 9 * * *', nextRunAt: ahead(n % 2 === 0 ? HOUR : -SECOND) }));
    }
    const clients = Array.from({ length: 16 }, replica);
    await Promise.all(clients.map(({ firer }) => firer.fireBatch()));
    for (const id of ids) expect((await runsOf(db.database, id)).map(({ status }) => status)).toEqual(['CREATED']);
  });

  it('waits for an unfinished run until the nominal instant, and keeps nobody else waiting', async () => {
    const waiting: string[] = [];
    for (let n = 0; n < 101; n += 1) {
      const id = await schedule({ cronExpression: '0 9 * * *', nextRunAt: ahead(HOUR) });
      await aRun(db.database, scope, id, { status: 'RUNNING' });
      waiting.push(id);
    }
    const free = await schedule({ nextRunAt: ahead(2 * HOUR) });
    const { firer } = replica();
    await firer.fireBatch();
    expect(await runsOf(db.database, free)).toHaveLength(1);
    const [first = ''] = waiting;
    expect(await runsOf(db.database, first)).toHaveLength(1);
    await db.database.execute(`UPDATE schedules SET next_run_at = now() WHERE id = $1`, [first]);
    await firer.fireBatch();
    expect((await runsOf(db.database, first)).map(({ status }) => status).sort()).toEqual(['RUNNING', 'SKIPPED']);
  });

  it('fires at its own instant what is in a zone that is not known any more, and fails it alone', async () => {
    const bad = await schedule({ timeZone: 'Mars/Olympus', nextRunAt: ahead(HOUR) });
    const good = await schedule({ nextRunAt: ahead(HOUR) });
    const { firer } = replica();
    await firer.fireBatch();
    expect(await scheduleOf(db.database, bad)).toMatchObject({ status: 'PENDING' });
    expect(await runsOf(db.database, good)).toHaveLength(1);
    await db.database.execute('UPDATE schedules SET next_run_at = now() WHERE id = $1', [bad]);
    await firer.fireBatch();
    expect(await scheduleOf(db.database, bad)).toMatchObject({ status: 'FAILED' });
  });
});
