import type { TenantScope } from '../support/factories/rows.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { aDelivery, type DeliveryInput } from '../support/factories/deliveries.js';
import { aChannel } from '../support/factories/rows.js';
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
const ONE = 'query ($id: ID!) { delivery(id: $id) { id status version } }';
const CANCEL = `mutation ($id: ID!, $expectedVersion: Int) {
  delivery: cancelDelivery(id: $id, expectedVersion: $expectedVersion) { id status version } }`;
const RETRY = `mutation ($id: ID!, $expectedVersion: Int) {
  delivery: retryDelivery(id: $id, expectedVersion: $expectedVersion) { id status version } }`;
const RESCHEDULE = `mutation ($id: ID!, $at: DateTime!, $expectedVersion: Int) {
  delivery: rescheduleDelivery(id: $id, at: $at, expectedVersion: $expectedVersion) { id status version dueAt } }`;
const RESOLVE = `mutation ($id: ID!, $resolution: UncertainResolution!) {
  delivery: resolveUncertainDelivery(id: $id, resolution: $resolution) { id status version } }`;
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  schedule { id type statistics { total pending } }
  deliveries { id status content clientMessageId contact { phone } } } }`;

/** An API process alone: nothing is dispatched, so a delivery stays as it is put. */
describe('changes of deliveries', () => {
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
  const change = async (query: string, variables: Readonly<Record<string, unknown>>) =>
    (await app.data<{ delivery: DeliveryNode }>(query, variables)).delivery;
  const refusal = async (query: string, variables: Readonly<Record<string, unknown>>, key?: string) => {
    const { data, errors } = await app.gql(query, variables, key);
    expect(data).toBeNull();
    return errors?.[0]?.extensions;
  };

  it('belong to their tenant', async () => {
    const { id, scheduleId } = await make({ state: 'failed' });
    expect(await find(id, otherKey)).toBeNull();
    expect((await list({}, otherKey)).totalCount).toBe(0);
    expect((await list({ filter: { scheduleId } }, otherKey)).totalCount).toBe(0);
    const at = new Date(Date.now() + 60_000).toISOString();
    for (const [query, more] of [
      [CANCEL, {}],
      [RETRY, {}],
      [RESCHEDULE, { at }],
      [RESOLVE, { resolution: 'MARK_SENT' }],
    ] as const) {
      expect(await refusal(query, { id, ...more }, otherKey)).toMatchObject({ code: 'NOT_FOUND' });
    }
    expect((await find(id))?.status).toBe('FAILED');
  });

  it('are cancelled, and told why not when it is too late', async () => {
    const { id } = await make();
    expect(await change(CANCEL, { id })).toMatchObject({ status: 'CANCELLED' });
    expect(await change(CANCEL, { id })).toMatchObject({ status: 'CANCELLED' });
    const sending = await make({ state: 'sending' });
    expect(await refusal(CANCEL, { id: sending.id })).toMatchObject({
      code: 'CONFLICT',
      current: { status: 'SENDING', version: 1 },
    });
  });

  it('of a version that was read too long ago are refused, and the answer says what happened', async () => {
    const sentAt = new Date(Date.now() - 60_000);
    const sent = await make({ state: 'sent', sentAt });
    const waiting = await make();
    const failed = await make({ state: 'failed' });
    const told = async (query: string, id: string) => {
      const { errors } = await app.gql(query, { id, expectedVersion: 7 });
      return [errors?.[0]?.message, errors?.[0]?.extensions.current];
    };
    expect(await told(CANCEL, sent.id)).toEqual([
      `The delivery was sent at ${sentAt.toISOString()}, before this reached it.`,
      {
        status: 'SENT',
        version: 1,
        dueAt: expect.any(String) as string,
        sentAt: sentAt.toISOString(),
      },
    ]);
    expect(await told(CANCEL, waiting.id)).toMatchObject([
      'There is no version 7 of it yet: it is version 1 now, PENDING.',
      { version: 1 },
    ]);
    expect(await told(RETRY, failed.id)).toMatchObject([
      'There is no version 7 of it yet: it is version 1 now, FAILED.',
      { version: 1 },
    ]);
    expect([(await find(waiting.id))?.status, (await find(failed.id))?.status]).toEqual(['PENDING', 'FAILED']);
    expect(await change(CANCEL, { id: waiting.id, expectedVersion: 1 })).toMatchObject({ status: 'CANCELLED' });
    expect(await change(RETRY, { id: failed.id, expectedVersion: 1 })).toMatchObject({ status: 'PENDING' });
  });

  it('are retried, rescheduled and resolved', async () => {
    expect(await change(RETRY, { id: (await make({ state: 'failed' })).id })).toMatchObject({ status: 'PENDING' });
    const at = new Date(Date.now() + 3_600_000).toISOString();
    const { id } = await make({ state: 'rate_limited' });
    expect(await change(RESCHEDULE, { id, at, expectedVersion: 1 })).toMatchObject({
      status: 'PENDING',
      dueAt: at,
      version: 2,
    });
    expect(await refusal(RESCHEDULE, { id, at, expectedVersion: 1 })).toMatchObject({
      code: 'CONFLICT',
      current: { status: 'PENDING', version: 2 },
    });
    const past = new Date(Date.now() - 1_000).toISOString();
    expect(await refusal(RESCHEDULE, { id, at: past })).toMatchObject({
      code: 'BAD_USER_INPUT',
      violations: [{ field: 'at', rule: 'future' }],
    });
    for (const [resolution, status] of [
      ['MARK_SENT', 'SENT'],
      ['MARK_FAILED', 'FAILED'],
      ['SEND_AGAIN', 'PENDING'],
    ]) {
      expect(await change(RESOLVE, { id: (await make({ state: 'uncertain' })).id, resolution })).toMatchObject({
        status,
      });
    }
  });

  it('are made by sendMessage, once for one clientMessageId, and answered at once', async () => {
    const channelId = await aChannel(sql, scope);
    const input = {
      content: 'Oi {nome|você}',
      to: ['(65) 98123-0001', '+5565981230002'],
      channelId,
      clientMessageId: 'cm-1',
    };
    const first = await app.data<{ sendMessage: { schedule: { id: string }; deliveries: DeliveryNode[] } }>(SEND, {
      input,
    });
    expect(first.sendMessage).toMatchObject({
      schedule: { type: 'IMMEDIATE', statistics: { total: 2, pending: 2 } },
      deliveries: [
        { status: 'PENDING', content: 'Oi você', clientMessageId: 'cm-1', contact: { phone: '+5565981230001' } },
        { status: 'PENDING', contact: { phone: '+5565981230002' } },
      ],
    });
    const again = await app.data<{ sendMessage: { schedule: { id: string }; deliveries: DeliveryNode[] } }>(SEND, {
      input,
    });
    expect(again.sendMessage.deliveries.map(({ id }) => id)).toEqual(first.sendMessage.deliveries.map(({ id }) => id));
    expect((await list({ filter: { clientMessageId: 'cm-1' } })).totalCount).toBe(2);
    expect(await refusal(SEND, { input: { ...input, content: 'Outro' } })).toMatchObject({ code: 'CONFLICT' });
    expect(await refusal(SEND, { input: { to: ['12'], channelId } })).toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});
