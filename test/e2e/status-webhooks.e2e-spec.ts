import { createHmac } from 'node:crypto';
import type { TenantScope } from '../support/factories/rows.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { aDelivery, type DeliveryInput } from '../support/factories/deliveries.js';

const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString('base64')}`;
const CREATE = 'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id webhookPath } }';

describe('status webhooks', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let scope: TenantScope;
  let channel: { readonly id: string; readonly webhookPath: string };

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    scope = await sql.firstTenant();
    channel = await create({ webhook: { url: 'http://127.0.0.1:9/', secret: SECRET } });
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const create = async (input: Readonly<Record<string, unknown>>, key?: string) =>
    (
      await app.data<{ createChannel: { id: string; webhookPath: string } }>(
        CREATE,
        { input: { name: 'Hook', ...input } },
        key,
      )
    ).createChannel;
  const make = (input: DeliveryInput = {}) => aDelivery(sql, scope, { channelId: channel.id, state: 'sent', ...input });
  const statusOf = async (id: string) =>
    (await app.data<{ delivery: { status: string } }>('query ($id: ID!) { delivery(id: $id) { status } }', { id }))
      .delivery.status;

  let posts = 0;
  function sign(body: string | Buffer, key = KEY, secondsAgo = 0): Record<string, string> {
    const id = `msg_${(posts += 1)}`;
    const timestamp = String(Math.floor(Date.now() / 1000) - secondsAgo);
    const signature = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
  }

  async function post(
    body: string | Buffer,
    headers: Readonly<Record<string, string>> = sign(body),
    path = channel.webhookPath,
  ) {
    const response = await fetch(`${app.url}${path}`, {
      method: 'POST',
      body: new Uint8Array(Buffer.from(body)),
      headers: { 'content-type': 'application/json', ...headers },
    });
    return { status: response.status, body: (await response.json()) as Readonly<Record<string, unknown>> };
  }

  let events = 0;
  const anEvent = (deliveryId: string, status: string, more: Readonly<Record<string, unknown>> = {}) => ({
    eventId: `e-${(events += 1)}`,
    deliveryId,
    status,
    at: new Date().toISOString(),
    ...more,
  });

  it('are answered when the events are committed, and have their effect', async () => {
    const [one, two] = [await make(), await make()];
    const body = JSON.stringify([
      anEvent(one.id, 'delivered'),
      anEvent(two.id, 'failed', { errorCode: 'E1', errorMessage: 'gone' }),
    ]);
    expect(await post(body)).toEqual({ status: 200, body: { stored: 2 } });
    expect([await statusOf(one.id), await statusOf(two.id)]).toEqual(['DELIVERED', 'FAILED']);
    expect(await post(body)).toEqual({ status: 200, body: { stored: 2 } });
    expect(await sql.query('SELECT FROM provider_events WHERE delivery_id = $1', [one.id])).toHaveLength(1);
  });

  it('cover the bytes as they came, whatever the type of the content says', async () => {
    const { id } = await make();
    const body = ` {"eventId":"e-x", "status":"read" ,"deliveryId":"${id}","at":"2026-03-01T09:00:00Z"}\n`;
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'application/json; charset=utf-8']) {
      expect((await post(body, { ...sign(body), 'content-type': type })).status).toBe(200);
    }
    expect(await statusOf(id)).toBe('READ');
  });

  it('are refused without a valid signature, and nothing is stored', async () => {
    const { id } = await make();
    const body = JSON.stringify(anEvent(id, 'read'));
    const refused = [{}, sign(body, Buffer.alloc(32, 8)), sign(`${body} `), sign(body, KEY, 600)];
    for (const headers of refused) expect((await post(body, headers)).status).toBe(401);
    expect(await statusOf(id)).toBe('SENT');
    expect(await sql.query('SELECT FROM provider_events WHERE delivery_id = $1', [id])).toEqual([]);
  });

  it('are refused when they cannot be read, as a whole', async () => {
    const { id } = await make();
    for (const body of ['no json', JSON.stringify([anEvent(id, 'read'), anEvent(id, 'eaten')]), '']) {
      expect((await post(body)).status).toBe(400);
    }
    expect(await statusOf(id)).toBe('SENT');
  });

  it('are for channels that exist and whose provider posts any', async () => {
    const simulator = await create({ simulator: {} });
    const withoutSecret = await create({ webhook: { url: 'http://127.0.0.1:9/' } });
    const body = JSON.stringify(anEvent((await make()).id, 'read'));
    for (const path of [
      '/webhooks/no-id',
      '/webhooks/00000000-0000-7000-8000-000000000000',
      `/webhooks/${simulator.id}`,
    ]) {
      expect((await post(body, sign(body), path)).status).toBe(404);
    }
    expect((await post(body, sign(body), withoutSecret.webhookPath)).status).toBe(401);
  });

  it('may not be larger than a megabyte', async () => {
    const body = Buffer.alloc(1024 * 1024 + 1, 0x20);
    expect((await post(body)).status).toBe(413);
  });

  it('reach deliveries of their own channel only', async () => {
    const other = await create({ webhook: { url: 'http://127.0.0.1:9/', secret: SECRET } });
    const theirs = await create(
      { webhook: { url: 'http://127.0.0.1:9/', secret: SECRET } },
      await app.newTenant('Theirs'),
    );
    const { id } = await make();
    for (const { webhookPath } of [other, theirs]) {
      const body = JSON.stringify(anEvent(id, 'read'));
      expect((await post(body, sign(body), webhookPath)).status).toBe(200);
    }
    expect(await statusOf(id)).toBe('SENT');
  });

  it('leave the API as it is: JSON only', async () => {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      body: 'x',
      headers: { 'content-type': 'text/plain' },
    });
    expect(response.status).toBeGreaterThanOrEqual(400);
    expect(await app.data<{ viewer: unknown }>('{ viewer { name } }')).toMatchObject({ viewer: { name: 'admin' } });
  });
});
