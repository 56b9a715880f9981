import type { TenantScope } from '../support/factories/rows.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { aDelivery, type DeliveryInput } from '../support/factories/deliveries.js';
import { aContact, aMessage, aRun, aSchedule } from '../support/factories/rows.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';

interface DeliveryNode {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly [field: string]: unknown;
}
interface DeliveryPage {
  readonly deliveries: {
    readonly nodes: DeliveryNode[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly totalCount?: number;
  };
}

const LIST = `query ($first: Int, $after: String, $filter: DeliveryFilter) {
  deliveries(first: $first, after: $after, filter: $filter) { nodes { id status version } pageInfo { hasNextPage endCursor } totalCount } }`;
const ONE = `query ($id: ID!) { delivery(id: $id) { id runId status priority content variation nicknameUsed dueAt attempt
  gatewayMessageId gatewayResponse errorCode errorMessage clientMessageId createdAt sentAt deliveredAt readAt failedAt version
  schedule { id name } contact { id name } channel { id name }
  attempts { number startedAt finishedAt outcome errorCode errorMessage durationMs } } }`;

/** An API process alone: nothing is dispatched, so a delivery stays as it is put. */
describe('deliveries', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let scope: TenantScope;
  let otherKey: string;

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    scope = await sql.firstTenant();
    otherKey = await app.newTenant('Other');
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const make = (input: DeliveryInput = {}) => aDelivery(sql, scope, input);
  const find = async (id: string, key?: string) =>
    (await app.data<{ delivery: DeliveryNode | null }>(ONE, { id }, key)).delivery;
  const list = async (variables: Readonly<Record<string, unknown>>, key?: string) =>
    (await app.data<DeliveryPage>(LIST, variables, key)).deliveries;
  const refusal = async (query: string, variables: Readonly<Record<string, unknown>>, key?: string) => {
    const { data, errors } = await app.gql(query, variables, key);
    expect(data).toBeNull();
    return errors?.[0]?.extensions;
  };

  it('are told with everything that belongs to them', async () => {
    const contactId = await aContact(sql, scope, { name: 'Maria' });
    const made = await make({ state: 'failed', contactId, content: 'Olá Maria', attempt: 2, gatewayMessageId: 'm-1' });
    expect(await find(made.id)).toMatchObject({
      id: made.id,
      runId: made.runId,
      status: 'FAILED',
      content: 'Olá Maria',
      attempt: 2,
      gatewayMessageId: 'm-1',
      errorCode: 'UNKNOWN_NUMBER',
      schedule: { id: made.scheduleId },
      contact: { id: contactId, name: 'Maria' },
      channel: { id: made.channelId },
      attempts: [
        { number: 1, outcome: 'not_processed' },
        { number: 2, outcome: 'rejected' },
      ],
    });
    const open = await find((await make({ state: 'sending' })).id);
    expect(open?.['attempts']).toEqual([expect.objectContaining({ outcome: 'calling', finishedAt: null })]);
  });

  it('show the text as it was sent, or as it would be sent now, and never a brace that nobody wrote', async () => {
    const contactId = await aContact(sql, scope, { name: 'José', nickname: 'Zé', city: 'Cuiabá' });
    const messageId = await aMessage(sql, scope, {
      content: 'x',
      variations: ['Oi {nome}', 'Oi {nome} de {cidade}, {pedido} {{ok}'],
    });
    const scheduleId = await aSchedule(sql, scope, { messageId });
    const text = async (input: DeliveryInput) => (await find((await make({ scheduleId, ...input })).id))?.['content'];
    expect(await text({ contactId, variation: 1 })).toBe('Oi Zé de Cuiabá, [pedido?] {ok}');
    expect(
      await text({ contactId: await aContact(sql, scope, { name: 'Ana' }), variation: 0, state: 'rate_limited' }),
    ).toBe('Oi Ana');
    expect(
      await text({
        state: 'retrying',
        content: 'as tried before',
        variation: 0,
        contactId: await aContact(sql, scope, { name: 'Bia' }),
      }),
    ).toBe('Oi Bia');
    expect(await text({ state: 'sent', content: 'Oi como foi' })).toBe('Oi como foi');
  });

  it('have no contact any more when it was erased', async () => {
    const { id, contactId } = await make({ state: 'cancelled' });
    await app.data('mutation ($id: ID!) { deleteContact(id: $id) }', { id: contactId });
    expect(await find(id)).toMatchObject({ contact: null, content: 'Olá [nome?]' });
  });

  it('are listed newest first, in pages that do not overlap, with the total when it is asked for', async () => {
    const scheduleId = await aSchedule(sql, scope);
    const made: string[] = [];
    for (let n = 0; n < 5; n += 1) made.unshift((await make({ scheduleId })).id);
    const filter = { scheduleId };
    const first = await list({ first: 2, filter });
    expect(first).toMatchObject({ totalCount: 5, pageInfo: { hasNextPage: true } });
    const second = await list({ first: 3, filter, after: first.pageInfo.endCursor });
    expect(second.pageInfo.hasNextPage).toBe(false);
    expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual(made);
    expect((await list({ filter: { scheduleId, statuses: ['SENT'] } })).totalCount).toBe(0);
    expect((await list({ filter: { scheduleId: 'no id' } })).totalCount).toBe(0);
  });

  it('refuse a cursor that is garbage, of another filter, or too old, and name the argument', async () => {
    const scheduleId = await aSchedule(sql, scope);
    for (let n = 0; n < 2; n += 1) await make({ scheduleId });
    const { endCursor } = (await list({ first: 1, filter: { scheduleId } })).pageInfo;
    const body = JSON.parse(Buffer.from(endCursor ?? '', 'base64url').toString()) as { t: number; k: string[] };
    const forged = (change: object) => Buffer.from(JSON.stringify({ ...body, ...change })).toString('base64url');
    const rules: [string | null, object, string][] = [
      ['garbage', { filter: { scheduleId } }, 'cursor.malformed'],
      [forged({ k: ['not an id'] }), { filter: { scheduleId } }, 'cursor.malformed'],
      [endCursor, {}, 'cursor.mismatch'],
      [forged({ t: body.t - 25 * 3_600 }), { filter: { scheduleId } }, 'cursor.expired'],
    ];
    for (const [after, rest, rule] of rules) {
      expect(await refusal(LIST, { after, ...rest })).toMatchObject({
        code: 'BAD_USER_INPUT',
        violations: [{ field: 'after', rule }],
      });
    }
  });

  it('refuse a filter and a page that break rules, all at once', async () => {
    const filter = { search: 'x'.repeat(201), dueFrom: '2026-03-01T09:00:00' };
    const { code, violations } = (await refusal(LIST, { filter })) ?? {};
    expect(code).toBe('BAD_USER_INPUT');
    expect(violations?.map(({ field, rule }) => [field, rule]).sort()).toEqual([
      ['filter.dueFrom', 'dateTime.offset'],
      ['filter.search', 'maxLength'],
    ]);
    expect(await refusal(LIST, { first: 101 })).toMatchObject({
      code: 'BAD_USER_INPUT',
      violations: [{ field: 'first' }],
    });
  });

  it('are counted for schedules, runs and spans of time', async () => {
    const scheduleId = await aSchedule(sql, scope, { type: 'RECURRING' });
    const runId = await aRun(sql, scope, scheduleId);
    const dueAt = new Date('2025-07-01T15:30:00Z');
    await make({ scheduleId, runId, state: 'read', dueAt, sentAt: new Date(dueAt.getTime() + 2_000) });
    await make({ scheduleId, state: 'failed', dueAt: new Date('2025-07-03T15:30:00Z') });
    const { schedule } = await app.data<{ schedule: unknown }>(
      `query ($id: ID!) { schedule(id: $id) { statistics { total read failed successRate }
         deliveries(first: 1, filter: { statuses: [READ] }) { totalCount nodes { status } }
         runs { nodes { id statistics { total read } } } } }`,
      { id: scheduleId },
    );
    expect(schedule).toMatchObject({
      statistics: { total: 2, read: 1, failed: 1, successRate: 0.5 },
      deliveries: { totalCount: 1, nodes: [{ status: 'READ' }] },
      runs: { nodes: expect.arrayContaining([{ id: runId, statistics: { total: 1, read: 1 } }]) as unknown },
    });
    const STATISTICS = `query ($from: DateTime!, $to: DateTime!, $interval: StatisticsInterval!, $scheduleId: ID) {
      deliveryStatistics(from: $from, to: $to, interval: $interval, scheduleId: $scheduleId) { start statistics { total read failed } averageDelaySeconds maxDelaySeconds } }`;
    const span = { from: '2025-07-01T04:00:00Z', to: '2025-07-04T04:00:00Z', scheduleId };
    const { deliveryStatistics } = await app.data<{ deliveryStatistics: unknown[] }>(STATISTICS, {
      ...span,
      interval: 'DAY',
    });
    expect(deliveryStatistics).toEqual([
      {
        start: '2025-07-01T04:00:00.000Z',
        statistics: { total: 1, read: 1, failed: 0 },
        averageDelaySeconds: 2,
        maxDelaySeconds: 2,
      },
      {
        start: '2025-07-02T04:00:00.000Z',
        statistics: { total: 0, read: 0, failed: 0 },
        averageDelaySeconds: null,
        maxDelaySeconds: null,
      },
      {
        start: '2025-07-03T04:00:00.000Z',
        statistics: { total: 1, read: 0, failed: 1 },
        averageDelaySeconds: null,
        maxDelaySeconds: null,
      },
    ]);
    expect(await refusal(STATISTICS, { ...span, interval: 'MINUTE' })).toMatchObject({
      violations: [{ field: 'to', rule: 'maxBuckets' }],
    });
  });

  it('show in the scheduler status while they are due', async () => {
    const STATUS = `{ schedulerStatus { running totalSchedules byStatus { status count } byType { type count } activeJobs queueDepth overdue oldestDueAt
      rateLimits { channelId capacity } } }`;
    interface Status {
      readonly running: boolean;
      readonly totalSchedules: number;
      readonly byStatus: { count: number }[];
      readonly queueDepth: number;
      readonly overdue: number;
      readonly oldestDueAt: string;
      readonly rateLimits: { channelId: string }[];
    }
    const before = (await app.data<{ schedulerStatus: Status }>(STATUS)).schedulerStatus;
    const dueAt = new Date(Date.now() - 7 * 86_400_000);
    const { channelId } = await make({ dueAt });
    const after = (await app.data<{ schedulerStatus: Status }>(STATUS)).schedulerStatus;
    expect(after).toMatchObject({
      queueDepth: before.queueDepth + 1,
      overdue: before.overdue + 1,
      oldestDueAt: dueAt.toISOString(),
      running: false,
    });
    expect(after.totalSchedules).toBe(before.totalSchedules + 1);
    expect(after.byStatus.reduce((sum, { count }) => sum + count, 0)).toBe(after.totalSchedules);
    expect(after.rateLimits.map((limit) => limit.channelId)).toContain(channelId);
    const other = (await app.data<{ schedulerStatus: Status }>(STATUS, {}, otherKey)).schedulerStatus;
    expect(other).toMatchObject({ totalSchedules: 0, queueDepth: 0, oldestDueAt: null, rateLimits: [] });
  });
});
