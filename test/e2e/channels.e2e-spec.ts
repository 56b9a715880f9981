import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';

interface Channel {
  readonly id: string;
  readonly status: string;
  readonly statusReason: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly timeZone: string;
  readonly webhookPath: string | null;
  readonly rateLimit: Readonly<Record<string, number | null>>;
}

const FIELDS = `id name gateway status statusReason settings timeZone webhookPath
  rateLimit { perMinute burst perContactPerMinute perDay minSpacingSeconds }
  rateLimitStatus { channelId availableTokens capacity waitSeconds activeContactBuckets sentToday }`;
const CREATE = `mutation ($input: CreateChannelInput!) { createChannel(input: $input) { ${FIELDS} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateChannelInput!) { updateChannel(id: $id, input: $input) { ${FIELDS} } }`;
const FIND = `query ($id: ID!) { channel(id: $id) { ${FIELDS} } }`;
const LIST = `{ channels { ${FIELDS} } }`;
const PAUSE = `mutation ($id: ID!) { channel: pauseChannel(id: $id) { ${FIELDS} } }`;
const RESUME = `mutation ($id: ID!) { channel: resumeChannel(id: $id) { ${FIELDS} } }`;
const DELETE = 'mutation ($id: ID!) { deleteChannel(id: $id) }';
const STATUS = 'query ($id: ID!) { rateLimitStatus(channelId: $id) { availableTokens capacity waitSeconds } }';
const RESET = `mutation ($id: ID!, $contactId: ID!) {
  resetContactRateLimit(channelId: $id, contactId: $contactId) { channelId availableTokens } }`;

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const OTHER_SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;
const UNKNOWN = '0198c0de-0000-7000-8000-00000000ffff';

describe('channels', () => {
  let app: TestApp;
  let database: Client;

  beforeAll(async () => {
    app = await startTestApp();
    database = new Client({ connectionString: app.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await app.close();
  });

  const create = async (input: Readonly<Record<string, unknown>> = {}, key?: string): Promise<Channel> =>
    (await app.data<{ createChannel: Channel }>(CREATE, { input: { name: 'Vendas', ...input } }, key)).createChannel;
  const aSimulator = (key?: string) => create({ simulator: {} }, key);
  const aWebhook = () =>
    create({
      webhook: { url: 'http://127.0.0.1:9/messages', secret: SECRET, headers: { Authorization: 'Bearer token-1' } },
    });
  const refusal = async (query: string, variables: Readonly<Record<string, unknown>>, key?: string) => {
    const error = (await app.gql(query, variables, key)).errors?.[0];
    return { code: error?.extensions.code, fields: error?.extensions.violations?.map(({ field }) => field) };
  };
  const stored = async (id: string) =>
    (await database.query('SELECT settings::text, secrets, version FROM channels WHERE id = $1', [id])).rows[0] as {
      settings: string;
      secrets: Buffer | null;
      version: number;
    };

  it('makes a simulator with the defaults of the contract, the installation and the tenant', async () => {
    const channel = await aSimulator();
    expect(channel).toMatchObject({
      name: 'Vendas',
      gateway: 'SIMULATOR',
      status: 'ACTIVE',
      statusReason: null,
      timeZone: 'America/Cuiaba',
      webhookPath: null,
      settings: { latencyMs: 250, latencyJitterMs: 150, failureRate: 0.05, readRate: 0.6, seed: null },
      rateLimit: { perMinute: 5, burst: 10, perContactPerMinute: 1, perDay: null, minSpacingSeconds: 0 },
      rateLimitStatus: {
        channelId: channel.id,
        availableTokens: 10,
        capacity: 10,
        waitSeconds: 0,
        activeContactBuckets: 0,
        sentToday: 0,
      },
    });
    expect((await app.data<{ channel: Channel }>(FIND, { id: channel.id })).channel).toEqual(channel);
  });

  it('stores secrets sealed only, and never shows them', async () => {
    const channel = await aWebhook();
    expect(channel.settings).toEqual({
      url: 'http://127.0.0.1:9/messages',
      secret: '********',
      headers: { Authorization: '********' },
      timeoutMs: 30_000,
      concurrency: 100,
      idempotent: false,
    });
    expect(channel.webhookPath).toBe(`/webhooks/${channel.id}`);
    const row = await stored(channel.id);
    const everything = `${row.settings}${row.secrets?.toString('latin1')}`;
    expect(everything).not.toContain('MfKQ9r8');
    expect(everything).not.toContain('token-1');
    expect(row.secrets?.length).toBeGreaterThan(50);
  });

  it('replaces settings and keeps the secrets that are left out or masked, until they are removed', async () => {
    const { id } = await aWebhook();
    const update = async (webhook: Readonly<Record<string, unknown>>) =>
      (await app.data<{ updateChannel: Channel }>(UPDATE, { id, input: { webhook } })).updateChannel.settings;
    const url = 'https://example.com/m';
    expect(await update({ url, timeoutMs: 500 })).toMatchObject({
      url,
      timeoutMs: 500,
      secret: '********',
      headers: { Authorization: '********' },
    });
    expect(
      await update({ url, secret: '********', headers: { Authorization: '********', 'X-Tenant': 'a' } }),
    ).toMatchObject({
      timeoutMs: 30_000,
      secret: '********',
      headers: { Authorization: '********', 'X-Tenant': '********' },
    });
    expect(await update({ url, secret: null })).toMatchObject({ secret: null, headers: { Authorization: '********' } });
    expect(await update({ url, headers: null, secret: OTHER_SECRET })).toMatchObject({
      secret: '********',
      headers: null,
    });
    expect(await update({ url, secret: null })).toMatchObject({ secret: null, headers: null });
    expect((await stored(id)).secrets).toBeNull();
  });

  it('takes the settings of exactly one gateway, and later only that gateway’s', async () => {
    expect(await refusal(CREATE, { input: { name: 'x' } })).toEqual({ code: 'BAD_USER_INPUT', fields: ['input'] });
    const both = { name: 'x', simulator: {}, webhook: { url: 'https://example.com' } };
    expect((await refusal(CREATE, { input: both })).fields).toEqual(['input']);
    const { id } = await aSimulator();
    expect((await refusal(UPDATE, { id, input: { webhook: { url: 'https://example.com' } } })).fields).toEqual([
      'input.webhook',
    ]);
  });

  it('tells everything that is wrong at once and stores nothing', async () => {
    const before = (await app.data<{ channels: Channel[] }>(LIST)).channels.length;
    const input = {
      name: 'n'.repeat(1_001),
      timeZone: 'Mars/Olympus',
      webhook: { url: 'ftp://x', secret: 'short', headers: { Host: 'a', 'X-A': 1 }, timeoutMs: 99, concurrency: 0 },
      rateLimit: { perMinute: 0, burst: 10_001, perDay: 0, minSpacingSeconds: -1, perContactPerMinute: 0 },
    };
    expect(await refusal(CREATE, { input })).toEqual({
      code: 'BAD_USER_INPUT',
      fields: [
        'input.timeZone',
        'input.name',
        'input.webhook.url',
        'input.webhook.secret',
        'input.webhook.headers.Host',
        'input.webhook.headers.X-A',
        'input.webhook.timeoutMs',
        'input.webhook.concurrency',
        'input.rateLimit.perMinute',
        'input.rateLimit.burst',
        'input.rateLimit.minSpacingSeconds',
        'input.rateLimit.perDay',
        'input.rateLimit.perContactPerMinute',
      ],
    });
    expect((await app.data<{ channels: Channel[] }>(LIST)).channels).toHaveLength(before);
  });

  it('takes no mask for a secret', async () => {
    const webhook = { url: 'https://example.com', headers: { Authorization: '********' } };
    expect((await refusal(CREATE, { input: { name: 'x', webhook } })).fields).toEqual([
      'input.webhook.headers.Authorization',
    ]);
  });

  it('changes what is given and leaves the rest; each change is a new version', async () => {
    const { id } = await aSimulator();
    const rateLimit = { perMinute: 120, burst: 4, perDay: 1000, minSpacingSeconds: 2 };
    const changed = await app.data<{ updateChannel: Channel }>(UPDATE, { id, input: { rateLimit } });
    expect(changed.updateChannel).toMatchObject({
      name: 'Vendas',
      settings: { latencyMs: 250 },
      rateLimit: { ...rateLimit, perContactPerMinute: 12 },
      rateLimitStatus: { capacity: 4 },
    });
    const renamed = await app.data<{ updateChannel: Channel }>(UPDATE, {
      id,
      input: { name: 'Suporte', timeZone: 'Europe/Lisbon' },
    });
    expect(renamed.updateChannel).toMatchObject({
      name: 'Suporte',
      timeZone: 'Europe/Lisbon',
      rateLimit: { perMinute: 120 },
    });
    expect((await stored(id)).version).toBe(3);
    await app.data(UPDATE, { id, input: {} });
    expect((await stored(id)).version).toBe(3);
    expect(
      (await refusal(UPDATE, { id, input: { name: null, rateLimit: { perMinute: 1, burst: 0 } } })).fields,
    ).toEqual(['input.name', 'input.rateLimit.burst']);
  });

  it('pauses and resumes, each once and again, and says who paused', async () => {
    const { id } = await aSimulator();
    const act = async (mutation: string) => (await app.data<{ channel: Channel }>(mutation, { id })).channel;
    expect(await act(PAUSE)).toMatchObject({ status: 'PAUSED', statusReason: 'Paused by admin.' });
    expect(await act(PAUSE)).toMatchObject({ status: 'PAUSED' });
    expect((await stored(id)).version).toBe(2);
    expect(await act(RESUME)).toMatchObject({ status: 'ACTIVE', statusReason: null });
    expect(await act(RESUME)).toMatchObject({ status: 'ACTIVE' });
    expect((await stored(id)).version).toBe(3);
  });

  it('deletes a channel with its secrets, and only when nothing needs it any more', async () => {
    const { id } = await aWebhook();
    const { rows } = await database.query<{ tenant: string }>(
      'SELECT tenant_id AS tenant FROM channels WHERE id = $1',
      [id],
    );
    const tenant = rows[0]?.tenant;
    const message = '0198c0de-0000-7000-8000-00000000aaaa';
    await database.query(
      `INSERT INTO messages (tenant_id, id, title, content, type, status, created_by) VALUES ($1, $2, 't', 'c', 'TEXT', 'ACTIVE', 'test')`,
      [tenant, message],
    );
    await database.query(
      `INSERT INTO schedules (tenant_id, id, name, type, status, message_id, channel_id, time_zone, misfire_policy, priority,
                              use_nicknames, respect_rate_limit, retry_policy, guarantee, created_by)
       VALUES ($1, $2, 's', 'FUTURE', 'PAUSED', $2, $3, 'UTC', 'LATEST', 0, true, true, '{}', 'AT_MOST_ONCE', 'test')`,
      [tenant, message, id],
    );
    const refused = await app.gql(DELETE, { id });
    expect(refused.errors?.[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      current: { status: 'ACTIVE', openSchedules: 1, hasWaitingDeliveries: false },
    });
    await database.query(`UPDATE schedules SET status = 'COMPLETED' WHERE id = $1`, [message]);
    expect(await app.data(DELETE, { id })).toEqual({ deleteChannel: true });
    expect(await app.data(FIND, { id })).toEqual({ channel: null });
    expect((await stored(id)).secrets).toBeNull();
    for (const query of [DELETE, PAUSE, RESUME, STATUS]) expect((await refusal(query, { id })).code).toBe('NOT_FOUND');
    expect((await refusal(UPDATE, { id, input: { name: 'x' } })).code).toBe('NOT_FOUND');
  });

  it('tells the state of the limiter and resets a contact’s bucket', async () => {
    const { id } = await aSimulator();
    expect(await app.data(STATUS, { id })).toEqual({
      rateLimitStatus: { availableTokens: 10, capacity: 10, waitSeconds: 0 },
    });
    const { createContact } = await app.data<{ createContact: { id: string } }>(
      'mutation { createContact(input: { name: "Ana" }) { id } }',
    );
    expect(await app.data(RESET, { id, contactId: createContact.id })).toMatchObject({
      resetContactRateLimit: { channelId: id },
    });
    expect((await refusal(RESET, { id, contactId: UNKNOWN })).code).toBe('NOT_FOUND');
    expect((await refusal(RESET, { id: UNKNOWN, contactId: createContact.id })).code).toBe('NOT_FOUND');
  });

  it('keeps another tenant’s channels out of reach', async () => {
    const otherKey = await app.newTenant('Outra');
    const { id } = await aSimulator();
    const own = await aSimulator(otherKey);
    expect((await app.data<{ channels: Channel[] }>(LIST, {}, otherKey)).channels.map((channel) => channel.id)).toEqual(
      [own.id],
    );
    expect(await app.data(FIND, { id }, otherKey)).toEqual({ channel: null });
    for (const query of [DELETE, PAUSE, RESUME, STATUS])
      expect((await refusal(query, { id }, otherKey)).code).toBe('NOT_FOUND');
    expect((await refusal(UPDATE, { id, input: { name: 'Minha' } }, otherKey)).code).toBe('NOT_FOUND');
    expect((await app.data<{ channel: Channel }>(FIND, { id })).channel).toMatchObject({
      name: 'Vendas',
      status: 'ACTIVE',
    });
  });

  it('lets nobody but an administrator keep channels', async () => {
    const { createApiKey } = await app.data<{ createApiKey: { key: string } }>(
      'mutation { createApiKey(name: "op", role: OPERATOR) { key } }',
    );
    expect((await refusal(CREATE, { input: { name: 'x', simulator: {} } }, createApiKey.key)).code).toBe('FORBIDDEN');
    const { id } = await aSimulator();
    expect(await app.data(PAUSE, { id }, createApiKey.key)).toMatchObject({
      channel: { statusReason: 'Paused by op.' },
    });
  });
});
