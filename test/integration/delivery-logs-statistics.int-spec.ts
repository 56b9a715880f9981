import { StatisticsInterval } from '../../src/core/statistics/bucket-starts.js';
import {
  DeliveryStatisticsService,
  type StatisticsQuestion,
} from '../../src/modules/delivery-logs/application/delivery-statistics.service.js';
import { SchedulerStatusRepository } from '../../src/modules/delivery-logs/persistence/scheduler-status.repository.js';
import { StatisticsRepository } from '../../src/modules/delivery-logs/persistence/statistics.repository.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import { aDelivery, type DeliveryInState } from '../support/factories/deliveries.js';
import { aRun, aSchedule, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

let db: SqlDatabase;
let sut: DeliveryStatisticsService;

beforeAll(async () => {
  db = await openSqlDatabase();
  sut = new DeliveryStatisticsService(new StatisticsRepository(db.database));
});
afterAll(() => db.close());

async function buckets(scope: TenantScope, question: Partial<StatisticsQuestion> & { from: Date; to: Date }) {
  const result = await sut.overTime(scope, { interval: StatisticsInterval.DAY, timeZone: 'UTC', ...question });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

const at = (text: string) => new Date(text);

describe('the statistics of schedules and runs', () => {
  it('count every delivery once, the ones that wait for whatever reason as pending', async () => {
    const scope = await aTenant(db.database);
    const scheduleId = await aSchedule(db.database, scope);
    const states: DeliveryInState[] = [
      'pending',
      'rate_limited',
      'retrying',
      'parked',
      'claimed',
      'sending',
      'uncertain',
      'uncertain_waiting',
      'sent',
      'delivered',
      'read',
      'failed',
      'cancelled',
      'expired',
      'suppressed',
    ];
    for (const state of states) await aDelivery(db.database, scope, { scheduleId, state });
    expect((await sut.ofSchedules(scope, [scheduleId])).get(scheduleId)).toEqual({
      total: 15,
      pending: 5,
      sending: 1,
      sent: 1,
      delivered: 1,
      read: 1,
      failed: 1,
      uncertain: 2,
      cancelled: 1,
      expired: 1,
      suppressed: 1,
      successRate: 3 / 7,
    });
  });

  it('keep schedules and runs apart, answer for those without deliveries, and take one statement', async () => {
    const scope = await aTenant(db.database);
    const [one, two, empty] = [
      await aSchedule(db.database, scope),
      await aSchedule(db.database, scope),
      await aSchedule(db.database, scope),
    ];
    const [first, second] = [await aRun(db.database, scope, one), await aRun(db.database, scope, one)];
    await aDelivery(db.database, scope, { scheduleId: one, runId: first, state: 'sent' });
    await aDelivery(db.database, scope, { scheduleId: one, runId: second, state: 'failed' });
    await aDelivery(db.database, scope, { scheduleId: two });
    db.takeStatements();
    const schedules = await sut.ofSchedules(scope, [one, two, empty]);
    expect(db.takeStatements()).toHaveLength(1);
    expect([one, two, empty].map((id) => schedules.get(id)?.total)).toEqual([2, 1, 0]);
    const runs = await sut.ofRuns(scope, [first, second]);
    expect(runs.get(first)).toMatchObject({ total: 1, sent: 1, successRate: 1 });
    expect(runs.get(second)).toMatchObject({ total: 1, failed: 1, successRate: 0 });
  });

  it('count nothing of another tenant', async () => {
    const [mine, theirs] = [await aTenant(db.database), await aTenant(db.database)];
    const { scheduleId, runId, dueAt } = { ...(await aDelivery(db.database, theirs)), dueAt: new Date() };
    expect((await sut.ofSchedules(mine, [scheduleId])).get(scheduleId)?.total).toBe(0);
    expect((await sut.ofRuns(mine, [runId])).get(runId)?.total).toBe(0);
    const [bucket] = await buckets(mine, {
      from: new Date(dueAt.getTime() - 3_600_000),
      to: new Date(dueAt.getTime() + 1),
    });
    expect(bucket?.statistics.total).toBe(0);
  });
});

describe('statistics over time', () => {
  it('put each delivery into the local day of its due time, and tell the empty days too', async () => {
    const scope = await aTenant(db.database);
    // 23:30 and 00:30 in Cuiabá (UTC−4).
    await aDelivery(db.database, scope, {
      state: 'sent',
      dueAt: at('2026-03-02T03:30:00Z'),
      sentAt: at('2026-03-02T03:30:02Z'),
    });
    await aDelivery(db.database, scope, {
      state: 'sent',
      dueAt: at('2026-03-02T04:30:00Z'),
      sentAt: at('2026-03-02T04:30:01Z'),
    });
    await aDelivery(db.database, scope, { state: 'failed', dueAt: at('2026-03-02T05:00:00Z') });
    const found = await buckets(scope, {
      from: at('2026-03-01T04:00:00Z'),
      to: at('2026-03-04T04:00:00Z'),
      timeZone: 'America/Cuiaba',
    });
    expect(found.map(({ start, statistics }) => [start.toISOString(), statistics.sent, statistics.failed])).toEqual([
      ['2026-03-01T04:00:00.000Z', 1, 0],
      ['2026-03-02T04:00:00.000Z', 1, 1],
      ['2026-03-03T04:00:00.000Z', 0, 0],
    ]);
    expect(found[2]).toMatchObject({
      averageDelaySeconds: null,
      maxDelaySeconds: null,
      statistics: { total: 0, successRate: null },
    });
  });

  it('tell how late what was sent went to the gateway, never less than nothing', async () => {
    const scope = await aTenant(db.database);
    const dueAt = at('2026-03-01T12:00:00Z');
    for (const [state, sentAt] of [
      ['sent', '2026-03-01T12:00:01Z'],
      ['read', '2026-03-01T12:00:04Z'],
      ['failed', '2026-03-01T12:00:07Z'],
      ['sent', '2026-03-01T11:59:00Z'],
    ] as const) {
      await aDelivery(db.database, scope, { state, dueAt, sentAt: at(sentAt) });
    }
    await aDelivery(db.database, scope, { state: 'pending', dueAt });
    const [bucket] = await buckets(scope, {
      from: dueAt,
      to: at('2026-03-01T12:01:00Z'),
      interval: StatisticsInterval.MINUTE,
    });
    expect(bucket).toMatchObject({ averageDelaySeconds: 3, maxDelaySeconds: 7, statistics: { total: 5 } });
  });

  it('count the day on which clocks change as one day, of 25 hours', async () => {
    const scope = await aTenant(db.database);
    for (const dueAt of ['2026-10-24T22:00:00Z', '2026-10-25T22:59:59Z', '2026-10-25T23:00:00Z']) {
      await aDelivery(db.database, scope, { dueAt: at(dueAt) });
    }
    const found = await buckets(scope, {
      from: at('2026-10-24T22:00:00Z'),
      to: at('2026-10-26T23:00:00Z'),
      timeZone: 'Europe/Paris',
    });
    expect(found.map(({ statistics }) => statistics.total)).toEqual([2, 1]);
  });

  it('count only what lies in the span, and only the channel and schedule that were asked for', async () => {
    const scope = await aTenant(db.database);
    const dueAt = at('2026-03-01T12:30:00Z');
    const { channelId, scheduleId } = await aDelivery(db.database, scope, { dueAt });
    await aDelivery(db.database, scope, { dueAt });
    const span = { from: at('2026-03-01T12:15:00Z'), to: dueAt, interval: StatisticsInterval.HOUR };
    expect((await buckets(scope, span))[0]?.statistics.total).toBe(0);
    const hour = { ...span, to: at('2026-03-01T13:00:00Z') };
    expect((await buckets(scope, hour)).map(({ statistics }) => statistics.total)).toEqual([2]);
    expect((await buckets(scope, { ...hour, channelId }))[0]?.statistics.total).toBe(1);
    expect((await buckets(scope, { ...hour, scheduleId }))[0]?.statistics.total).toBe(1);
    expect((await buckets(scope, { ...hour, scheduleId: 'none' }))[0]?.statistics.total).toBe(0);
  });

  it('refuse a span that is empty or has too many intervals', async () => {
    const scope = await aTenant(db.database);
    const span = {
      from: at('2026-03-01T00:00:00Z'),
      to: at('2026-03-03T00:00:00Z'),
      interval: StatisticsInterval.MINUTE,
      timeZone: 'UTC',
    };
    expect(await sut.overTime(scope, span)).toMatchObject({
      ok: false,
      error: { kind: 'invalid', violations: [{ field: 'to', rule: 'maxBuckets' }] },
    });
    expect(await sut.overTime(scope, { ...span, to: span.from })).toMatchObject({
      ok: false,
      error: { kind: 'invalid', violations: [{ field: 'to', rule: 'after' }] },
    });
  });
});

describe('the backlog', () => {
  it('holds what is due and not at a gateway, without what a pause holds back', async () => {
    const scope = await aTenant(db.database);
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1_000);
    await aDelivery(db.database, scope, { state: 'pending', dueAt: ago(5) });
    await aDelivery(db.database, scope, { state: 'claimed', dueAt: ago(30) });
    const oldest = ago(600);
    await aDelivery(db.database, scope, { state: 'rate_limited', dueAt: oldest });
    await aDelivery(db.database, scope, { state: 'retrying', dueAt: ago(90) });
    await aDelivery(db.database, scope, { state: 'parked', dueAt: ago(900) });
    await aDelivery(db.database, scope, { state: 'pending', dueAt: new Date(Date.now() + 60_000) });
    for (const state of ['sending', 'sent', 'failed', 'uncertain_waiting'] as const)
      await aDelivery(db.database, scope, { state, dueAt: ago(900) });
    const backlog = await new SchedulerStatusRepository(db.database).backlog(scope);
    expect(backlog).toEqual({ depth: 4, overdue: 2, oldestDueAt: oldest });
  });

  it('is nothing in a tenant without deliveries', async () => {
    const scope = await aTenant(db.database);
    expect(await new SchedulerStatusRepository(db.database).backlog(scope)).toEqual({
      depth: 0,
      overdue: 0,
      oldestDueAt: null,
    });
  });
});
