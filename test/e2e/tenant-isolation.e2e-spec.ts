import { randomUUID } from 'node:crypto';
import { buildSchema, getNamedType, isRequiredArgument, type GraphQLSchema } from 'graphql';
import { startTestApp, type GraphQLAnswer, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { idPlacesOf, kindOf, type IdPlace } from '../support/id-places.js';
import {
  operationInto,
  operationOf,
  rootFieldsOf,
  sampleArguments,
  servedSchema,
  wholeSelection,
  type Operation,
  type Step,
} from '../support/schema-operations.js';
import { storedRows } from '../support/stored-rows.js';
import { makeWholeTenant, type OwnedKind, type WholeTenant } from '../support/whole-tenant.js';

type Answer = GraphQLAnswer<Record<string, unknown>>;

/** Stands in every text of a tenant, so that it is found wherever it leaks. */
const WORD = 'jaguatirica';
const OTHER_WORD = 'capivara';
const NOW = Date.now();
const inHours = (hours: number): string => new Date(NOW + hours * 3_600_000).toISOString();

/** What an operation needs besides samples, so that it comes as far as to look for the id. */
const MORE: Readonly<Record<string, (own: WholeTenant, place: string) => Record<string, unknown>>> = {
  createSchedule: (own, place) => ({
    input: {
      name: 'Aviso',
      type: 'FUTURE',
      scheduledAt: inHours(24),
      channelId: own.channel,
      targetContactIds: [own.contact],
      ...(place === 'input.messageId' ? {} : { message: { title: 'Aviso', content: 'Oi' } }),
    },
  }),
  sendMessage: (own, place) => ({
    input: {
      channelId: own.channel,
      contactIds: [own.contact],
      ...(place === 'input.messageId' ? {} : { content: 'Oi' }),
    },
  }),
  importContacts: () => ({ input: { format: 'CSV', content: 'nome,telefone\nMaria,+5565981230001' } }),
  nextRuns: () => ({ cronExpression: '0 9 * * *', timeZone: 'America/Cuiaba', after: inHours(0) }),
  deliveryStatistics: () => ({ from: inHours(-24), to: inHours(24), interval: 'HOUR' }),
};
/** Fields inside objects are asked of one that has what they look for. */
const PARENTS: Readonly<Record<string, OwnedKind>> = { Schedule: 'sentSchedule' };

/** An API process alone, so that nothing but the calls changes what is stored. */
describe('a tenant', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let schema: GraphQLSchema;
  let strangerKey: string;

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    schema = await servedSchema(app);
    strangerKey = await app.newTenant('Strangers');
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const ask = ({ query, variables }: Operation, key: string): Promise<Answer> => app.gql(query, variables, key);

  /** The operation with one id in one place and, wherever else it needs ids, the caller's own. */
  function operationAt(place: IdPlace, id: string, own: WholeTenant): Operation {
    const isRoot = place.root.field === place.field;
    const samples = sampleArguments(place.field, (path) => own[kindOf(place.field, path)]);
    const page = place.field.args.some(({ name }) => name === 'first') ? { first: 5 } : {};
    const args = { ...samples, ...page, ...MORE[place.field.name]?.(own, place.path.join('.')) };
    put(args, place.path, place.isList ? [id] : id);
    const parentType = getNamedType(place.root.field.type);
    const steps: Step[] = [{ field: place.field, args }];
    if (!isRoot)
      steps.unshift({
        field: place.root.field,
        args: { id: own[PARENTS[parentType.name] ?? kindOf(place.root.field, ['id'])] },
      });
    return operationInto(place.root.operation, steps, wholeSelection(getNamedType(place.field.type), 2));
  }

  describe('gives nothing to another one', () => {
    it('by any of its ids, at any place that takes ids', async () => {
      const stranger = await makeWholeTenant(app, strangerKey, OTHER_WORD);
      const places = idPlacesOf(schema).filter(({ root }) => root.operation !== 'subscription');
      const verdicts: [string, string][] = [];
      for (const place of places) verdicts.push([place.name, await verdictOn(place, stranger)]);
      expect(verdicts.length).toBeGreaterThan(40);
      expect(verdicts).toEqual(verdicts.map(([name]) => [name, 'kept apart']));
    }, 120_000);

    /** A stranger's try with an id of ours, held against the same with an id that nobody has; then ours, which must differ. */
    async function verdictOn(place: IdPlace, stranger: WholeTenant): Promise<string> {
      const ours = await makeWholeTenant(app, app.adminKey, WORD);
      const id = ours[place.kind];
      const nobody = randomUUID();
      const before = await storedRows(sql);
      const foreign = await ask(operationAt(place, id, stranger), strangerKey);
      if (!isSame(before, await storedRows(sql))) return 'something is stored';
      const unknown = await ask(operationAt(place, nobody, stranger), strangerKey);
      if (!isSame(without(foreign, id), without(unknown, nobody))) {
        return `a foreign id is told from one that does not exist: ${JSON.stringify([foreign, unknown])}`;
      }
      const refusal = refusalOf(foreign, place);
      if (refusal !== undefined) return refusal;
      if (contains(without(foreign, id), [WORD, ...Object.values(ours)])) return `leaks: ${JSON.stringify(foreign)}`;
      const ownUnknown = await ask(operationAt(place, nobody, ours), app.adminKey);
      const own = await ask(operationAt(place, id, ours), app.adminKey);
      if (isSame(without(own, id), without(ownUnknown, nobody))) {
        return `the owner gets no more than the stranger, so this proves nothing: ${JSON.stringify(own)}`;
      }
      return 'kept apart';
    }

    it('in any list or count, whatever the other one has', async () => {
      const roots = rootFieldsOf(schema).filter(
        ({ operation, field }) =>
          operation === 'query' &&
          !field.args.filter(isRequiredArgument).some(({ type }) => getNamedType(type).name === 'ID'),
      );
      const read = async (key: string): Promise<Map<string, Answer>> => {
        const answers = new Map<string, Answer>();
        for (const root of roots) {
          const page = root.field.args.some(({ name }) => name === 'first') ? { first: 5 } : {};
          const args = { ...sampleArguments(root.field), ...MORE[root.field.name]?.({} as WholeTenant, ''), ...page };
          const answer = await ask(operationOf(root, args, wholeSelection(getNamedType(root.field.type), 2)), key);
          expect([root.key, answer.errors]).toEqual([root.key, undefined]);
          answers.set(root.key, withoutUse(answer));
        }
        return answers;
      };
      const emptyKey = await app.newTenant('Empty');
      const [emptyBefore, ownBefore] = [await read(emptyKey), await read(app.adminKey)];
      await makeWholeTenant(app, app.adminKey, WORD);
      const ownAfter = await read(app.adminKey);
      expect(await read(emptyKey)).toEqual(emptyBefore);
      const same = roots.map(({ key }) => key).filter((key) => isSame(ownBefore.get(key), ownAfter.get(key)));
      // Who asks, and what a cron expression means, is all that does not depend on what is stored.
      expect(same.sort()).toEqual(['Query.nextRuns', 'Query.viewer']);
    });

    it('by the cursor of a page', async () => {
      for (const word of [WORD, WORD]) await makeWholeTenant(app, app.adminKey, word);
      const lists = rootFieldsOf(schema).filter(
        ({ field }) =>
          field.args.some(({ name }) => name === 'after') && field.args.some(({ name }) => name === 'first'),
      );
      expect(lists.length).toBeGreaterThan(3);
      for (const list of lists) {
        const page = async (key: string, after: string | null): Promise<Answer> => {
          const selection = `pageInfo { endCursor } ${wholeSelection(getNamedType(list.field.type), 2)}`;
          return ask(operationOf(list, { first: 1, after }, selection), key);
        };
        const [connection] = Object.values((await page(app.adminKey, null)).data ?? {}) as {
          pageInfo: { endCursor: string };
        }[];
        const { endCursor } = connection?.pageInfo ?? {};
        expect([list.key, typeof endCursor]).toEqual([list.key, 'string']);
        const answer = await page(strangerKey, endCursor ?? null);
        expect([list.key, answer.errors, contains(answer, [WORD])]).toEqual([list.key, undefined, false]);
      }
    });
  });

  it('does not clash with another one that chose the same names, numbers and references', async () => {
    const { tenantId } = await sql.firstTenant();
    const secondKey = await app.newTenant('Second');
    const choose = async (key: string, text: string): Promise<readonly string[]> => {
      const { createChannel: channel } = await app.data<{ createChannel: { id: string } }>(
        'mutation { createChannel(input: { name: "Zap", simulator: {} }) { id } }',
        {},
        key,
      );
      const { createContact: contact } = await app.data<{ createContact: { id: string } }>(
        `mutation { createContact(input: { name: "${text}", phone: "+5565981237777" }) { id } }`,
        {},
        key,
      );
      await app.data('mutation { createContactGroup(name: "Clientes") { id } }', {}, key);
      const input = { content: text, to: ['+5565981237777'], channelId: channel.id, clientMessageId: 'order 1' };
      const sent = await app.data<{ sendMessage: { deliveries: { id: string; contact: { id: string } }[] } }>(
        'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { deliveries { id contact { id } } } }',
        { input },
        key,
      );
      expect(sent.sendMessage.deliveries[0]?.contact.id).toBe(contact.id);
      const schedule = {
        name: text,
        type: 'FUTURE',
        scheduledAt: inHours(24),
        channelId: channel.id,
        clientReference: 'campaign 1',
        message: { title: text, content: text },
        targetContactIds: [contact.id],
      };
      const made = await app.data<{ createSchedule: { id: string } }>(
        'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id } }',
        { input: schedule },
        key,
      );
      const csv = { format: 'CSV', content: 'nome,telefone,grupos\nJoão,(65) 98123-7777,Clientes' };
      await app.data(
        'mutation ($input: ImportContactsInput!) { importContacts(input: $input) { updated } }',
        { input: csv },
        key,
      );
      await app.data(
        'mutation ($id: ID!) { setContactOptOut(id: $id, optedOut: true) { id } }',
        { id: contact.id },
        key,
      );
      return [channel.id, contact.id, made.createSchedule.id, sent.sendMessage.deliveries[0]?.id ?? ''];
    };
    const ids = await choose(app.adminKey, WORD);
    await app.data('mutation ($id: ID!) { setContactOptOut(id: $id, optedOut: false) { id } }', { id: ids[1] });
    const before = await storedRows(sql, tenantId);
    const theirs = await choose(secondKey, OTHER_WORD);
    expect(theirs.filter((id) => ids.includes(id))).toEqual([]);
    expect(await storedRows(sql, tenantId)).toEqual(before);
    const filter = { clientMessageId: 'order 1' };
    const found = await app.data<{ deliveries: { nodes: { id: string }[] } }>(
      'query ($filter: DeliveryFilter) { deliveries(filter: $filter) { nodes { id } } }',
      { filter },
      secondKey,
    );
    expect(found.deliveries.nodes).toEqual([{ id: theirs[3] }]);
  });
});

describe('a new place that takes ids', () => {
  it('fails the test until somebody has said whose ids they are', () => {
    const vault = buildSchema('type Query { open(vaultId: ID!): Boolean }');
    expect(() => idPlacesOf(vault)).toThrow('Whose id is open(vaultId)?');
    const thing = buildSchema('type Query { thing(id: ID!): Thing } type Thing { id: ID! }');
    expect(() => idPlacesOf(thing)).toThrow('Whose id is thing(id)?');
    const hidden = buildSchema(
      'type Query { a: Thing } type Thing { b(in: [In!]): Int } input In { deep: In more: [More!] } input More { contactId: ID! }',
    );
    expect(() => idPlacesOf(hidden)).toThrow('No query gives one Thing, so nothing tries Thing.b: in.more.contactId.');
  });
});

/** Why an answer to a foreign id is not allowed; undefined for one that is. */
function refusalOf({ errors = [] }: Answer, place: IdPlace): string | undefined {
  if (errors.length === 0) return place.root.operation === 'mutation' ? 'the change is not refused' : undefined;
  const field = place.path.join('.');
  const isAllowed = errors.every(
    ({ extensions: { code, violations = [] } }) =>
      code === 'NOT_FOUND' ||
      (code === 'BAD_USER_INPUT' &&
        violations.length > 0 &&
        violations.every((violation) => `${violation.field}.`.startsWith(`${field}.`))),
  );
  return isAllowed ? undefined : `refused for another reason: ${JSON.stringify(errors)}`;
}

function put(target: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [name = '', ...rest] = path;
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = { ...(target[name] as Record<string, unknown> | undefined) };
  put(inner, rest, value);
  target[name] = inner;
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const without = (answer: unknown, id: string): string => JSON.stringify(answer).replaceAll(id, 'the id');
const contains = (answer: unknown, texts: readonly string[]): boolean =>
  texts.some((text) => JSON.stringify(answer).includes(text));
/** When a key was last used is written late. */
const withoutUse = (answer: Answer): Answer =>
  JSON.parse(JSON.stringify(answer, (name, value: unknown) => (name === 'lastUsedAt' ? null : value))) as Answer;
