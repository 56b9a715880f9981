import { getNamedType, type GraphQLSchema } from 'graphql';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { idPlacesOf } from '../support/id-places.js';
import {
  operationOf,
  rootFieldsOf,
  servedSchema,
  wholeSelection,
  type RootField,
} from '../support/schema-operations.js';
import { subscriber, type Subscriber } from '../support/subscriber.js';
import { makeWholeTenant, type WholeTenant } from '../support/whole-tenant.js';

/** Stand in every text of a tenant, so that they are found wherever they leak. */
const WORD = 'jaguatirica';
const OTHER_WORD = 'capivara';

/** What a stream has told so far, errors included. */
interface Heard {
  readonly name: string;
  readonly messages: string[];
}

describe('the subscriptions of a tenant', () => {
  let app: TestApp;
  let schema: GraphQLSchema;
  let strangerKey: string;
  const clients: Subscriber[] = [];
  const streams: Heard[] = [];

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    schema = await servedSchema(app);
    strangerKey = await app.newTenant('Strangers');
  });
  afterAll(async () => {
    // An event that is still on its way would be read from a database that is gone.
    let told = -1;
    await eventually(() => {
      const before = told;
      told = streams.reduce((sum, { messages }) => sum + messages.length, 0);
      return told === before;
    });
    await Promise.all(clients.map((client) => client.close()));
    await app.close();
  });

  function listen(client: Subscriber, name: string, root: RootField, args: Record<string, unknown> = {}): Heard {
    const { query, variables } = operationOf(root, args, wholeSelection(getNamedType(root.field.type), 2));
    const messages: string[] = [];
    streams.push({ name, messages });
    const read = async (): Promise<void> => {
      for await (const message of client.iterate(query, { ...variables })) messages.push(JSON.stringify(message));
    };
    read().catch((error: unknown) => messages.push(`refused: ${JSON.stringify(error)}`));
    return { name, messages };
  }

  /** Opens a stream for each field, and one for each place that takes an id, with the given ids. */
  function listenToAll(key: string, ids: WholeTenant): { open: Heard[]; filtered: Heard[] } {
    const client = subscriber(app.url, key);
    clients.push(client);
    const places = idPlacesOf(schema).filter(({ root }) => root.operation === 'subscription');
    const filtered = places.map(({ name, root, path, isList, kind }) => {
      const value: unknown = isList ? [ids[kind]] : ids[kind];
      const nested = [...path].reverse().reduce((inside, field) => ({ [field]: inside }), value);
      return listen(client, name, root, nested as Record<string, unknown>);
    });
    const roots = rootFieldsOf(schema).filter(({ operation }) => operation === 'subscription');
    return { open: roots.map((root) => listen(client, root.key, root)), filtered };
  }

  /** Something that every subscription tells of. */
  async function act(key: string, { delivery, sentSchedule, schedule, channel, contact }: WholeTenant): Promise<void> {
    const at = new Date(Date.now() + 3_600_000).toISOString();
    await app.data(
      'mutation ($id: ID!, $at: DateTime!) { rescheduleDelivery(id: $id, at: $at) { id } }',
      { id: delivery, at },
      key,
    );
    const input = { content: 'Oi', contactIds: [contact], channelId: channel };
    await app.data(
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } } }',
      { input },
      key,
    );
    for (const id of [schedule, sentSchedule]) {
      await app.data(
        'mutation ($id: ID!) { pauseSchedule(id: $id) { id } resumeSchedule(id: $id) { id } }',
        { id },
        key,
      );
    }
  }

  /** Acts until each of the streams has told something more: nothing else acknowledges a subscription. */
  async function actUntilHeard(key: string, own: WholeTenant, awaited: readonly Heard[]): Promise<void> {
    const before = new Map(awaited.map(({ name, messages }) => [name, messages.length]));
    await eventually(async () => {
      await act(key, own);
      expect(awaited.filter(({ name, messages }) => messages.length <= (before.get(name) ?? 0))).toEqual([]);
    });
  }

  it('tell another one nothing, whatever ids it asks for', async () => {
    const ours = await makeWholeTenant(app, app.adminKey, WORD);
    const theirs = await makeWholeTenant(app, strangerKey, OTHER_WORD);
    const stranger = listenToAll(strangerKey, ours);
    const owner = listenToAll(app.adminKey, ours);
    expect(stranger.filtered.length).toBeGreaterThan(3);

    await actUntilHeard(strangerKey, theirs, stranger.open);
    await actUntilHeard(app.adminKey, ours, [...owner.open, ...owner.filtered]);
    // What was told before this comes has been sent before it.
    await actUntilHeard(strangerKey, theirs, stranger.open);

    expect(stranger.filtered.filter(({ messages }) => messages.length > 0)).toEqual([]);
    const leaks = (text: string): boolean => [WORD, ...Object.values(ours)].some((secret) => text.includes(secret));
    for (const { name, messages } of stranger.open) expect([name, messages.filter(leaks)]).toEqual([name, []]);
    // What the test looks for is there when it is one's own.
    for (const { name, messages } of owner.filtered) expect([name, messages.some(leaks)]).toEqual([name, true]);
    const told = (text: string): boolean =>
      [OTHER_WORD, ...Object.values(theirs)].some((secret) => text.includes(secret));
    for (const { name, messages } of owner.open) expect([name, messages.filter(told)]).toEqual([name, []]);
  });
});
