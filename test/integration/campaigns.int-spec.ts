import type { CampaignSettings } from '../../src/core/planning/campaign-settings.js';
import { dateText, dayNumberAt } from '../../src/core/openings/openings.js';
import { parseTimeZone, toLocal } from '../../src/core/recurrence/time-zone.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aChannel, aContact, aMessage, aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { addTargets, openScheduling, type Scheduling } from '../support/scheduling.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

const ZONE = 'America/Cuiaba';
const parsed = parseTimeZone(ZONE);
if (!parsed.ok) throw new Error('unreachable');
const zone = parsed.value;
const TOMORROW = dateText(dayNumberAt(zone, Date.now()) + 1);
const MINUTE_MS = 60_000;

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

const SETTINGS: CampaignSettings = {
  startsOn: TOMORROW,
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  fromMinute: 9 * 60,
  toMinute: 10 * 60,
  maxPerDay: 1_000,
  minSpacingSeconds: 60,
  seed: 'a seed',
};

async function contacts(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 0; n < count; n++) ids.push(await aContact(db.database, scope));
  return ids;
}

interface Campaign {
  readonly scheduleId: string;
  readonly runId: string;
}

/** A campaign as createSchedule stores it, not planned yet. */
async function aCampaign(contactIds: readonly string[], settings: Partial<CampaignSettings> = {}): Promise<Campaign> {
  const messageId = await aMessage(db.database, scope);
  const scheduleId = await aSchedule(db.database, scope, {
    type: 'CAMPAIGN',
    status: 'PENDING',
    channelId,
    messageId,
    campaign: { ...SETTINGS, ...settings },
    runCount: 0,
  });
  await addTargets(db.database, scope, scheduleId, contactIds, []);
  const runId = await aRun(db.database, scope, scheduleId, { status: 'CREATED', dueAt: new Date() });
  await db.database.execute('UPDATE schedule_runs SET planned_from = created_at WHERE id = $1', [runId]);
  return { scheduleId, runId };
}

interface Planned {
  readonly id: string;
  readonly contactId: string;
  readonly dueAt: Date;
  readonly status: string;
  readonly errorCode: string | null;
  readonly readyAt: Date | null;
  readonly slotAt: Date | null;
  readonly slotUntil: Date | null;
  readonly spacingSeconds: number | null;
  readonly waitReason: string | null;
}

function planOf({ scheduleId }: Campaign): Promise<Planned[]> {
  return db.database.query<Planned>(
    `SELECT d.id, d.contact_id AS "contactId", d.due_at AS "dueAt", d.status, d.error_code AS "errorCode",
            nullif(q.ready_at, 'infinity') AS "readyAt", q.slot_at AS "slotAt", q.slot_until AS "slotUntil",
            q.spacing_seconds AS "spacingSeconds", q.wait_reason AS "waitReason"
       FROM deliveries d LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id
      WHERE d.schedule_id = $1 ORDER BY d.due_at, d.id`,
    [scheduleId],
  );
}

const made = async (...campaigns: readonly Campaign[]): Promise<void> => {
  for (const _ of campaigns) await replica.materialiser.runOnce();
};
const instants = (plan: readonly Planned[]): number[] => plan.map(({ dueAt }) => dueAt.getTime());
const instantOf = (plan: readonly Planned[]) =>
  new Map(plan.map(({ contactId, dueAt }) => [contactId, dueAt.getTime()]));
const gaps = (sorted: readonly number[]): number[] =>
  sorted.slice(1).map((at, index) => at - (sorted[index] as number));
const together = (...plans: readonly (readonly Planned[])[]): number[] => plans.flatMap(instants).sort((a, b) => a - b);

async function scheduleRow({ scheduleId }: Campaign) {
  const rows = await db.database.query<{ status: string; nextRunAt: Date | null; runCount: number }>(
    `SELECT status, next_run_at AS "nextRunAt", run_count AS "runCount" FROM schedules WHERE id = $1`,
    [scheduleId],
  );
  return rows[0];
}

describe('a campaign that is made', () => {
  it('gives each contact an instant in the window, apart from each other, and says what it has reserved', async () => {
    const campaign = await aCampaign(await contacts(20));
    await made(campaign);
    const plan = await planOf(campaign);
    expect(plan).toHaveLength(20);
    for (const { dueAt, readyAt, slotAt, slotUntil, spacingSeconds } of plan) {
      const { hour } = toLocal(zone, dueAt.getTime());
      expect(hour === 9 || toLocal(zone, dueAt.getTime()).minute === 0).toBe(true);
      expect([readyAt, slotAt, spacingSeconds]).toEqual([dueAt, dueAt, 60]);
      expect(slotUntil?.getTime()).toBeGreaterThan(dueAt.getTime());
    }
    expect(Math.min(...gaps(instants(plan)))).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('waits for its first instant as PENDING, and for the same audience and seed has the same plan', async () => {
    const ids = await contacts(5);
    const [first, second] = [await aCampaign(ids), await aCampaign(ids)];
    await made(first);
    const plan = await planOf(first);
    expect(await scheduleRow(first)).toEqual({ status: 'PENDING', nextRunAt: plan[0]?.dueAt, runCount: 0 });
    await db.database.execute('TRUNCATE deliveries, delivery_queue');
    await made(second);
    expect(instantOf(await planOf(second))).toEqual(instantOf(plan));
  });

  it('keeps its distance to another campaign of the channel, which fills the gaps that are left', async () => {
    const [one, other] = [await aCampaign(await contacts(20)), await aCampaign(await contacts(15), { seed: 'other' })];
    await made(one, other);
    const all = together(await planOf(one), await planOf(other));
    expect(all).toHaveLength(35);
    expect(Math.min(...gaps(all))).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('leaves the channel to a schedule that comes due in its window', async () => {
    const at = new Date(Date.parse(`${TOMORROW}T09:30:00-04:00`));
    const future = await aSchedule(db.database, scope, {
      type: 'FUTURE',
      status: 'PENDING',
      channelId,
      scheduledAt: at,
      nextRunAt: at,
    });
    await addTargets(db.database, scope, future, await contacts(25), []);
    const campaign = await aCampaign(await contacts(20));
    await made(campaign);
    // 25 messages at 60 a minute with a burst of 10 take until 15 seconds later, and the spacing is kept on both sides.
    const busy = instants(await planOf(campaign)).filter(
      (slot) => slot > at.getTime() - MINUTE_MS && slot < at.getTime() + 75_000,
    );
    expect(busy).toEqual([]);
  });

  it('gives no contact the minute of the day that it had on the channel in the last 31 days', async () => {
    const ids = await contacts(10);
    const window = { fromMinute: 540, toMinute: 552, minSpacingSeconds: 60 };
    const [one, other] = [
      await aCampaign(ids, window),
      await aCampaign(ids, { ...window, startsOn: dateText(dayNumberAt(zone, Date.now()) + 2) }),
    ];
    await made(one, other);
    const minute = (at: number) => toLocal(zone, at).hour * 60 + toLocal(zone, at).minute;
    const before = instantOf(await planOf(one));
    for (const [contactId, at] of instantOf(await planOf(other))) {
      expect(minute(at)).not.toBe(minute(before.get(contactId) as number));
    }
  });

  it('logs who cannot be written to, and gives them no instant', async () => {
    const [fine, optedOut] = [
      await aContact(db.database, scope),
      await aContact(db.database, scope, { optedOut: true }),
    ];
    const phoneless = await aContact(db.database, scope, { phone: null });
    const campaign = await aCampaign([fine, optedOut, phoneless]);
    await made(campaign);
    const byContact = new Map((await planOf(campaign)).map((row) => [row.contactId, row]));
    expect(byContact.get(fine)).toMatchObject({ status: 'pending', errorCode: null });
    expect(byContact.get(optedOut)).toMatchObject({ status: 'suppressed', errorCode: 'OPTED_OUT', slotAt: null });
    expect(byContact.get(phoneless)).toMatchObject({ status: 'suppressed', errorCode: 'NO_ADDRESS', slotAt: null });
  });

  it('ends at once when nobody can be written to', async () => {
    const campaign = await aCampaign([await aContact(db.database, scope, { phone: null })]);
    await made(campaign);
    await replica.finisher.runOnce([campaign.runId]);
    expect(await scheduleRow(campaign)).toMatchObject({ status: 'COMPLETED', nextRunAt: null });
  });

  it('begins at its first instant', async () => {
    const campaign = await aCampaign(await contacts(2));
    await made(campaign);
    await db.database.execute('UPDATE schedules SET next_run_at = now() WHERE id = $1', [campaign.scheduleId]);
    await replica.poller.runOnce();
    expect(await scheduleRow(campaign)).toEqual({ status: 'PROCESSING', nextRunAt: null, runCount: 1 });
  });

  it('is over as soon as nothing of it is left, also before its first instant', async () => {
    const campaign = await aCampaign(await contacts(2));
    await made(campaign);
    await db.database.execute('DELETE FROM delivery_queue');
    await db.database.execute(`UPDATE deliveries SET status = 'cancelled'`);
    await replica.finisher.runOnce([campaign.runId]);
    expect(await scheduleRow(campaign)).toMatchObject({ status: 'COMPLETED', nextRunAt: null });
  });
});

/** As if the first deliveries of a campaign had been due a while ago and nothing had sent them. */
async function missInstants(plan: readonly Planned[], minutesAgo: number): Promise<void> {
  await db.database.execute(
    `UPDATE delivery_queue SET slot_at = clock_timestamp() - $2::int * interval '1 minute',
            ready_at = clock_timestamp() - $2::int * interval '1 minute' WHERE delivery_id = ANY ($1::uuid[])`,
    [plan.map(({ id }) => id), minutesAgo],
  );
}

describe('a campaign that is planned anew', () => {
  it('after a pause gives everything that has not gone a new instant, and nothing before', async () => {
    const campaign = await aCampaign(await contacts(10));
    await made(campaign);
    const before = await planOf(campaign);
    await replica.control.pause(scope, campaign.scheduleId);
    expect(
      (await planOf(campaign)).every(({ readyAt, waitReason }) => readyAt === null && waitReason === 'paused'),
    ).toBe(true);
    await replica.control.resume(scope, campaign.scheduleId);
    expect((await planOf(campaign)).every(({ readyAt }) => readyAt === null)).toBe(true);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 10 }]);
    const after = await planOf(campaign);
    expect(Math.min(...gaps(instants(after)))).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(
      after.every(({ readyAt, dueAt, waitReason }) => readyAt?.getTime() === dueAt.getTime() && waitReason === 'none'),
    ).toBe(true);
    expect(instantOf(after)).not.toEqual(instantOf(before));
    expect(await scheduleRow(campaign)).toEqual({ status: 'PENDING', nextRunAt: after[0]?.dueAt, runCount: 0 });
    expect(await replica.replanner.runOnce()).toEqual([]);
  });

  it('moves only what has missed its instant by more than a minute; the others keep theirs', async () => {
    const campaign = await aCampaign(await contacts(10));
    await made(campaign);
    const before = await planOf(campaign);
    await missInstants(before.slice(0, 3), 2);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 3 }]);
    const [earlier, after] = [instantOf(before), await planOf(campaign)];
    const moved = new Set(before.slice(0, 3).map(({ contactId }) => contactId));
    for (const { contactId, dueAt } of after) {
      if (!moved.has(contactId)) expect(dueAt.getTime()).toBe(earlier.get(contactId));
    }
    expect(Math.min(...gaps(instants(after)))).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('leaves alone what is late by less, what waits to be tried again, and what its channel holds back', async () => {
    const campaign = await aCampaign(await contacts(3));
    await made(campaign);
    const plan = await planOf(campaign);
    await missInstants(plan.slice(0, 1), 0);
    await missInstants(plan.slice(1), 5);
    await db.database.execute(`UPDATE delivery_queue SET wait_reason = 'retry' WHERE delivery_id = $1`, [plan[1]?.id]);
    await db.database.execute(`UPDATE channels SET status = 'PAUSED' WHERE id = $1`, [channelId]);
    expect(await replica.replanner.runOnce()).toEqual([]);
    await db.database.execute(`UPDATE channels SET status = 'ACTIVE' WHERE id = $1`, [channelId]);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 1 }]);
  });

  it('plans what was being tried again when its window has closed', async () => {
    const campaign = await aCampaign(await contacts(1));
    await made(campaign);
    await missInstants(await planOf(campaign), 5);
    await db.database.execute(`UPDATE delivery_queue SET wait_reason = 'retry', slot_until = clock_timestamp()`);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 1 }]);
  });

  it('follows changed settings with all that has not gone', async () => {
    const campaign = await aCampaign(await contacts(10));
    await made(campaign);
    const changed = {
      startsOn: TOMORROW,
      window: { from: '15:00', to: '16:00' },
      minSpacingSeconds: 120,
      maxPerDay: 4,
    };
    const updated = await replica.updating.update(scope, campaign.scheduleId, { campaign: changed }, null, []);
    expect(updated).toMatchObject({ ok: true, value: { campaign: { fromMinute: 900, seed: 'a seed', maxPerDay: 4 } } });
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 10 }]);
    const plan = await planOf(campaign);
    const days = new Map<string, number>();
    for (const at of instants(plan)) {
      expect(toLocal(zone, at).hour).toBe(15);
      const day = dateText(dayNumberAt(zone, at));
      days.set(day, (days.get(day) ?? 0) + 1);
    }
    expect([...days.values()]).toEqual([4, 4, 2]);
    expect(Math.min(...gaps(instants(plan)))).toBeGreaterThanOrEqual(2 * MINUTE_MS);
    expect(plan.every(({ spacingSeconds }) => spacingSeconds === 120)).toBe(true);
  });

  it('keeps what was sent and what a person gave a time of its own', async () => {
    const campaign = await aCampaign(await contacts(4));
    await made(campaign);
    const plan = await planOf(campaign);
    const chosen = new Date(Date.now() + 3 * 86_400_000);
    await db.database.execute(
      `UPDATE delivery_queue SET slot_at = $2, ready_at = $2, slot_until = NULL WHERE delivery_id = $1`,
      [plan[0]?.id, chosen],
    );
    await db.database.execute(`DELETE FROM delivery_queue WHERE delivery_id = $1`, [plan[1]?.id]);
    await db.database.execute(`UPDATE deliveries SET status = 'sent', sent_at = now() WHERE id = $1`, [plan[1]?.id]);
    await db.database.execute('UPDATE schedule_runs SET needs_plan = true WHERE id = $1', [campaign.runId]);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 2 }]);
    const kept = (await planOf(campaign)).find(({ id }) => id === plan[0]?.id);
    expect(kept?.readyAt).toEqual(chosen);
  });

  it('gives what a person retries a new instant instead of sending it in a burst', async () => {
    const campaign = await aCampaign(await contacts(3));
    await made(campaign);
    const plan = await planOf(campaign);
    await db.database.execute('DELETE FROM delivery_queue');
    await db.database.execute(`UPDATE deliveries SET status = 'failed', failed_at = now(), needs_attention = true`);
    await replica.requeuer.retrySchedule(scope, campaign.scheduleId);
    expect((await planOf(campaign)).every(({ readyAt }) => readyAt === null)).toBe(true);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 3 }]);
    expect(Math.min(...gaps(instants(await planOf(campaign))))).toBeGreaterThanOrEqual(MINUTE_MS);
    expect(plan).toHaveLength(3);
  });

  it.each(['COMPLETED', 'FAILED'])('also gives it one when it is %s already', async (status) => {
    const campaign = await aCampaign(await contacts(2));
    await made(campaign);
    await db.database.execute('DELETE FROM delivery_queue');
    await db.database.execute(`UPDATE deliveries SET status = 'failed', failed_at = now(), needs_attention = true`);
    await db.database.execute(`UPDATE schedule_runs SET status = 'COMPLETED_WITH_FAILURES'`);
    await db.database.execute('UPDATE schedules SET status = $1, next_run_at = NULL, run_count = 1', [status]);
    await replica.requeuer.retrySchedule(scope, campaign.scheduleId);
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 2 }]);
    expect((await planOf(campaign)).every(({ readyAt }) => readyAt !== null)).toBe(true);
  });

  it('waits for nobody who changes its schedule: it is looked at again', async () => {
    const campaign = await aCampaign(await contacts(2));
    await made(campaign);
    await db.database.execute('UPDATE schedule_runs SET needs_plan = true');
    for (const runCount of [0, 1]) {
      await db.database.execute('UPDATE schedules SET run_count = $1', [runCount]);
      await db.database.transaction(async (tx) => {
        await tx.query('SELECT FROM schedules WHERE id = $1 FOR NO KEY UPDATE', [campaign.scheduleId]);
        expect(await replica.replanner.runOnce()).toEqual([]);
      });
    }
    expect(await replica.replanner.runOnce()).toMatchObject([{ moved: 2 }]);
  });

  it('leaves free what only those reserve that have no instant', async () => {
    const waiting = await aCampaign(await contacts(50));
    await made(waiting);
    await db.database.execute(`UPDATE delivery_queue SET ready_at = 'infinity', slot_until = 'infinity'`);
    const other = await aCampaign(await contacts(50));
    await made(other);
    const dates = (await planOf(other)).map(({ dueAt }) => dateText(dayNumberAt(zone, dueAt.getTime())));
    expect(new Set(dates)).toEqual(new Set([TOMORROW]));
  });

  it('is planned by one replica, whoever asks', async () => {
    const campaign = await aCampaign(await contacts(10));
    await made(campaign);
    await missInstants((await planOf(campaign)).slice(0, 5), 2);
    const other = openScheduling(db);
    const both = await Promise.all([replica.replanner.runOnce(), other.replanner.runOnce()]);
    await other.close();
    expect(both.flat().reduce((sum, { moved }) => sum + moved, 0)).toBe(5);
    expect(Math.min(...gaps(instants(await planOf(campaign))))).toBeGreaterThanOrEqual(MINUTE_MS);
  });

  it('never gives two campaigns of a channel one instant when both are made at once', async () => {
    const campaigns = [await aCampaign(await contacts(20)), await aCampaign(await contacts(20), { seed: 'other' })];
    const other = openScheduling(db);
    await Promise.all([replica.materialiser.runOnce(), other.materialiser.runOnce()]);
    await other.close();
    const all = together(...(await Promise.all(campaigns.map(planOf))));
    expect(all).toHaveLength(40);
    expect(Math.min(...gaps(all))).toBeGreaterThanOrEqual(MINUTE_MS);
  });
});
