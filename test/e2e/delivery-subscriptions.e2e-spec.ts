import { WebSocket } from 'ws';
import type { TenantScope } from '../support/factories/rows.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { eventually as until } from '../support/eventually.js';
import { aDelivery } from '../support/factories/deliveries.js';
import { aChannel, aContact } from '../support/factories/rows.js';
import { subscriber, type StreamResult, type Subscriber } from '../support/subscriber.js';

interface Update {
  readonly deliveryUpdated: {
    readonly previousStatus: string | null;
    readonly status: string;
    readonly at: string;
    readonly delivery: {
      readonly id: string;
      readonly status: string;
      readonly version: number;
      readonly contact: { readonly name: string } | null;
    };
  };
}
interface Flat {
  readonly messageSent: {
    readonly event: string;
    readonly version: string;
    readonly data: {
      readonly messageId: string;
      readonly status: string;
      readonly to: string;
      readonly error: string | null;
      readonly clientMessageId: string | null;
    };
  };
}

const UPDATES = `subscription ($filter: DeliveryFilter) { deliveryUpdated(filter: $filter) {
  previousStatus status at delivery { id status version contact { name } } } }`;
const FLAT =
  'subscription { messageSent { event version data { messageId status to timestamp error clientMessageId } } }';
const CANCEL = 'mutation ($id: ID!) { cancelDelivery(id: $id) { id } }';
const RESCHEDULE = 'mutation ($id: ID!, $at: DateTime!) { rescheduleDelivery(id: $id, at: $at) { id } }';
const SEND = 'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { deliveries { id } } }';

describe('subscriptions to deliveries', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let mine: TenantScope;
  let theirs: TenantScope;
  let theirKey: string;
  const open: Subscriber[] = [];

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    mine = await sql.firstTenant();
    theirKey = await app.newTenant('Theirs');
    theirs = await sql.tenantNamed('Theirs');
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const connect = (key: string): Subscriber => {
    const client = subscriber(app.url, key);
    open.push(client);
    return client;
  };

  /**
   * A stream of updates that is known to listen: nothing acknowledges a subscription but its first event, so a delivery
   * of its own is moved until it tells so. Gives what returns the next update of any other delivery.
   */
  async function listen(key: string, scope: TenantScope): Promise<() => Promise<Update['deliveryUpdated']>> {
    const { id } = await aDelivery(sql, scope);
    const stream = connect(key).iterate<Update>(UPDATES);
    let isHeard = false;
    const first = stream.next().then(() => (isHeard = true));
    while (!isHeard) await app.data(RESCHEDULE, { id, at: inHours(1) }, key);
    await first;
    return async () => {
      for (;;) {
        const { value } = (await stream.next()) as IteratorResult<StreamResult<Update>, undefined>;
        if (!value?.data) throw new Error(`the stream has ended or failed: ${JSON.stringify(value)}`);
        if (value.data.deliveryUpdated.delivery.id !== id) return value.data.deliveryUpdated;
      }
    };
  }

  it('tell each change with the delivery as it is', async () => {
    const next = await listen(app.adminKey, mine);
    const contactId = await aContact(sql, mine, { name: 'Maria' });
    const { id } = await aDelivery(sql, mine, { state: 'rate_limited', contactId });
    await app.data(CANCEL, { id });
    expect(await next()).toEqual({
      previousStatus: 'RATE_LIMITED',
      status: 'CANCELLED',
      at: expect.stringMatching(/^\d{4}-.*Z$/) as unknown,
      delivery: { id, status: 'CANCELLED', version: 2, contact: { name: 'Maria' } },
    });
  });

  it('tell only what the filter holds for, on ids, statuses and what only the row says', async () => {
    const contactId = await aContact(sql, mine, { name: 'Joaquim Raro' });
    const wanted = await aDelivery(sql, mine, { contactId, clientMessageId: 'only-me' });
    const other = await aDelivery(sql, mine);
    const client = connect(app.adminKey);
    const { id, scheduleId, runId, channelId } = wanted;
    const ids = [{ scheduleId }, { runId }, { channelId }, { contactId }];
    const rest = [
      { statuses: ['PENDING'], contactId },
      { clientMessageId: 'only-me' },
      { dueTo: inHours(2) },
      { search: 'joaquim raro' },
    ];
    const heard: (string | undefined)[] = [];
    for (const filter of [...ids, ...rest]) {
      const next = client.iterate<Update>(UPDATES, { filter }).next();
      void next.then(({ value }) => heard.push((value as StreamResult<Update>).data?.deliveryUpdated.delivery.id));
    }
    const silent = client.iterate<Update>(UPDATES, { filter: { scheduleId, statuses: ['SENT'] } });
    let isSilent = true;
    const nothing = silent.next().then(({ done }) => (isSilent = done === true));
    while (heard.length < ids.length + rest.length) {
      await app.data(RESCHEDULE, { id: other.id, at: inHours(3) });
      await app.data(RESCHEDULE, { id, at: inHours(1) });
    }
    expect(new Set(heard)).toEqual(new Set([id]));
    await silent.return?.();
    await nothing;
    expect(isSilent).toBe(true);
  });

  it('tell a tenant nothing of another one', async () => {
    const next = await listen(theirKey, theirs);
    const other = await aDelivery(sql, mine);
    const asking = connect(theirKey).iterate<Update>(UPDATES, { filter: { scheduleId: other.scheduleId } });
    const never = asking.next();
    const flat = collect(connect(theirKey).iterate<Flat>(FLAT));
    const theirChannel = await aChannel(sql, theirs);
    const input = { content: 'Oi', to: ['+5565981238888'], channelId: theirChannel };
    const sent: string[] = [];
    while (flat.length === 0) sent.push(await send(input, theirKey));

    await app.data(CANCEL, { id: other.id });
    const own = await aDelivery(sql, theirs);
    await app.data(CANCEL, { id: own.id }, theirKey);
    for (let told = await next(); told.delivery.id !== own.id; told = await next()) {
      expect(sent).toContain(told.delivery.id);
    }
    await until(() => flat.some(({ data }) => data.messageId === own.id));
    expect(flat.map(({ data }) => data.messageId)).not.toContain(other.id);
    await asking.return?.();
    expect((await never).done).toBe(true);
  });

  it('tell front ends in five words what becomes of a message', async () => {
    const channelId = await aChannel(sql, mine);
    const events = collect(connect(app.adminKey).iterate<Flat>(FLAT));
    const sent: string[] = [];
    while (events.length === 0) {
      const clientMessageId = `cm-${sent.length}`;
      sent.push(await send({ content: 'Oi', to: ['+5565981239999'], channelId, clientMessageId }));
    }
    const id = sent.at(-1) as string;
    await app.data(CANCEL, { id });
    await until(() => events.some(({ data }) => data.status === 'failed'));
    expect(events[0]).toMatchObject({
      event: 'message_sent',
      version: 'v1',
      data: { status: 'queued', to: '+5565981239999', error: null },
    });
    expect(events[0]?.data.clientMessageId).toMatch(/^cm-/);
    expect(events.at(-1)).toMatchObject({ data: { messageId: id, status: 'failed', error: 'CANCELLED' } });
  });

  it('refuse a wrong key when the connection is made', async () => {
    const stream = connect('wrong-key-0123456789abcdef').iterate<Update>(UPDATES);
    await expect(stream.next()).rejects.toMatchObject({ code: 4403 });
  });

  it('refuse an operation before connection_init, and the legacy protocol', async () => {
    const closed = (protocol: string) =>
      new Promise<number | string>((resolve) => {
        const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, protocol);
        socket.on('open', () =>
          socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: UPDATES } })),
        );
        socket.on('close', (code) => resolve(code));
        socket.on('error', () => resolve('refused'));
      });
    expect(await closed('graphql-transport-ws')).toBe(4401);
    expect(await closed('graphql-ws')).toBe('refused');
  });

  it('end when the key is revoked', async () => {
    const { createApiKey } = await app.data<{ createApiKey: { key: string; apiKey: { id: string } } }>(
      'mutation { createApiKey(name: "short", role: VIEWER) { key apiKey { id } } }',
    );
    const stream = connect(createApiKey.key).iterate<Update>(UPDATES);
    const first = stream.next();
    let isOver = false;
    const over = first.finally(() => (isOver = true)).catch((error: unknown) => error);
    const { id } = await aDelivery(sql, mine);
    await app.data('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: createApiKey.apiKey.id });
    // Nothing happens to any delivery: the stream asks by itself.
    const error = await over;
    expect(isOver).toBe(true);
    expect(error).toEqual([expect.objectContaining({ extensions: { code: 'UNAUTHENTICATED' } })]);
    await app.data(CANCEL, { id });
  }, 15_000);

  it('refuse a filter that breaks rules', async () => {
    const stream = connect(app.adminKey).iterate<Update>(UPDATES, { filter: { search: 'x'.repeat(201) } });
    const outcome = await stream.next().then(
      ({ value }) => (value as StreamResult<Update>).errors,
      (error: unknown) => error,
    );
    expect(outcome).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) as unknown }),
    ]);
  });

  /** The id of the one delivery that a message makes. */
  async function send(input: Readonly<Record<string, unknown>>, key = app.adminKey): Promise<string> {
    const data = await app.data<{ sendMessage: { deliveries: { id: string }[] } }>(SEND, { input }, key);
    return data.sendMessage.deliveries[0]?.id as string;
  }

  /** Everything that the stream tells from now on. */
  function collect(stream: AsyncIterableIterator<StreamResult<Flat>>): Flat['messageSent'][] {
    const events: Flat['messageSent'][] = [];
    const read = async (): Promise<void> => {
      for await (const { data } of stream) if (data) events.push(data.messageSent);
    };
    void read();
    return events;
  }
});

const inHours = (hours: number) => new Date(Date.now() + hours * 3_600_000).toISOString();
