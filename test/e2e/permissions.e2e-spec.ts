import type { GraphQLSchema } from 'graphql';
import { WebSocket } from 'ws';
import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { PERMISSIONS, ROLES, type Role } from '../support/permissions.js';
import {
  operationOf,
  rootFieldsOf,
  sampleArguments,
  servedSchema,
  type RootField,
} from '../support/schema-operations.js';
import { storedRows } from '../support/stored-rows.js';
import { subscriber, type StreamResult, type Subscriber } from '../support/subscriber.js';

const LISTED = Object.keys(PERMISSIONS);
const STREAMS = LISTED.filter((key) => key.startsWith('Subscription.'));
const CALLS = LISTED.filter((key) => !STREAMS.includes(key));
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } } }`;

/** An API process alone, so that nothing but the calls changes what is stored. */
describe('who may do what', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let schema: GraphQLSchema;
  const keys = {} as Record<Role, string>;
  let revokedKey: string;

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    schema = await servedSchema(app);
    for (const role of Object.values(ROLES)) keys[role] = (await newKey(role)).key;
    const revoked = await newKey('ADMIN');
    await app.data('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: revoked.apiKey.id });
    revokedKey = revoked.key;
    await app.data('mutation { createChannel(input: { name: "Only", simulator: {} }) { id } }');
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  async function newKey(role: Role): Promise<{ key: string; apiKey: { id: string } }> {
    const data = await app.data<{ createApiKey: { key: string; apiKey: { id: string } } }>(
      'mutation ($role: Role!) { createApiKey(name: "Key", role: $role) { key apiKey { id } } }',
      { role },
    );
    return data.createApiKey;
  }

  const rootField = (key: string): RootField => {
    const found = rootFieldsOf(schema).find((root) => root.key === key);
    if (!found) throw new Error(`The server has no ${key}.`);
    return found;
  };

  /** The code of each error; none for an operation that goes through. */
  async function codesOf(key: string, apiKey: string): Promise<string[]> {
    const root = rootField(key);
    const { query, variables } = operationOf(root, sampleArguments(root.field));
    const { errors = [] } = await app.gql(query, variables, apiKey);
    return errors.map(({ extensions }) => extensions.code);
  }

  it('is said of every operation that the server has, and of no other', () => {
    const served = rootFieldsOf(schema).map(({ key }) => key);
    expect([...LISTED].sort()).toEqual(served.sort());
  });

  describe.each(Object.values(ROLES))('%s', (role) => {
    const allowed = CALLS.filter((key) => PERMISSIONS[key]?.includes(role));
    const forbidden = CALLS.filter((key) => !allowed.includes(key));

    it.each(allowed)('may use %s', async (key) => {
      const codes = await codesOf(key, keys[role]);
      for (const refusal of ['FORBIDDEN', 'UNAUTHENTICATED', 'INTERNAL']) expect(codes).not.toContain(refusal);
    });

    // An administrator may do everything.
    if (forbidden.length === 0) return;

    it.each(forbidden)('may not use %s, and stores nothing by trying', async (key) => {
      const before = await storedRows(sql);
      expect(await codesOf(key, keys[role])).toEqual(['FORBIDDEN']);
      expect(await storedRows(sql)).toEqual(before);
    });
  });

  it.each([
    ['no key', () => ''],
    ['a wrong key', () => 'wrong-key-0123456789abcdef'],
    ['a revoked key', () => revokedKey],
    ['the right key with something behind it', () => `${app.adminKey}x`],
  ])('is nothing for a client with %s', async (_which, apiKey) => {
    const before = await storedRows(sql);
    const answers: [string, string[]][] = [];
    for (const key of CALLS) answers.push([key, await codesOf(key, apiKey())]);
    expect(answers).toEqual(CALLS.map((key) => [key, ['UNAUTHENTICATED']]));
    expect(await storedRows(sql)).toEqual(before);
  });

  describe('over a WebSocket', () => {
    const open: Subscriber[] = [];
    afterEach(async () => {
      await Promise.all(open.splice(0).map((client) => client.close()));
    });
    const stream = (client: Subscriber, key: string): AsyncIterableIterator<StreamResult<unknown>> => {
      const root = rootField(key);
      const { query, variables } = operationOf(root, sampleArguments(root.field));
      return client.iterate(query, { ...variables });
    };
    const connect = (apiKey: string): Subscriber => {
      const client = subscriber(app.url, apiKey);
      open.push(client);
      return client;
    };

    it.each(Object.values(ROLES))('%s hears what it may subscribe to, and is refused the rest', async (role) => {
      const client = connect(keys[role]);
      const heard = new Map<string, unknown>();
      for (const key of STREAMS) {
        const first = stream(client, key).next();
        first.then(
          ({ value }) =>
            heard.set(key, (value as StreamResult<unknown>).errors?.map((error) => error.extensions) ?? 'an event'),
          (errors: { extensions: unknown }[]) =>
            heard.set(
              key,
              errors.map(({ extensions }) => extensions),
            ),
        );
      }
      // Nothing acknowledges a subscription but its first event, and sending is an event of each.
      const input = { content: 'Oi', to: ['+5565981238888'] };
      while (heard.size < STREAMS.length) await app.data(SEND, { input });
      const expected = STREAMS.map((key) => [
        key,
        PERMISSIONS[key]?.includes(role) ? 'an event' : [{ code: 'FORBIDDEN' }],
      ]);
      expect(heard).toEqual(new Map(expected as [string, unknown][]));
    });

    it('a query is answered, and a mutation refused, as over HTTP', async () => {
      const client = connect(keys.VIEWER);
      const viewer = await client.iterate('{ viewer { role } }').next();
      expect(viewer.value).toEqual({ data: { viewer: { role: 'VIEWER' } } });
      const before = await storedRows(sql);
      const refused = await client.iterate('mutation { createContact(input: { name: "Maria" }) { id } }').next();
      expect(refused.value).toMatchObject({ data: null, errors: [{ extensions: { code: 'FORBIDDEN' } }] });
      expect(await storedRows(sql)).toEqual(before);
    });

    it.each([
      ['no key', () => ({})],
      ['a wrong key', () => ({ authorization: 'Bearer wrong-key-0123456789abcdef' })],
      ['a revoked key', () => ({ authorization: `Bearer ${revokedKey}` })],
      ['a key that is no text', () => ({ authorization: { toString: app.adminKey } })],
    ])('connection_init with %s closes the socket with 4403', async (_which, payload) => {
      const socket = new WebSocket(`${app.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
      const messages: string[] = [];
      socket.on('message', (message: Buffer) => messages.push(message.toString()));
      socket.on('open', () => socket.send(JSON.stringify({ type: 'connection_init', payload: payload() })));
      const code = await new Promise<number>((resolve, reject) => {
        socket.on('close', resolve);
        socket.on('error', reject);
      });
      expect(code).toBe(4403);
      expect(messages).toEqual([]);
    });
  });
});
