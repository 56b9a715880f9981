import { getNamedType, isInputObjectType, isRequiredArgument, type GraphQLSchema } from 'graphql';
import { startTestApp, type GraphQLAnswer, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import {
  operationOf,
  rootFieldsOf,
  sampleArguments,
  servedSchema,
  wholeSelection,
  type RootField,
} from '../support/schema-operations.js';
import { storedRows } from '../support/stored-rows.js';
import { makeWholeTenant } from '../support/whole-tenant.js';

type Answer = GraphQLAnswer<Record<string, unknown>>;

/** Stands in every text of a tenant, so that it is found wherever it leaks. */
const WORD = 'jaguatirica';
const OTHER_WORD = 'capivara';
const NOW = Date.now();
const inHours = (hours: number): string => new Date(NOW + hours * 3_600_000).toISOString();

const RUNS = { cronExpression: '0 9 * * *', timeZone: 'America/Cuiaba', after: inHours(0) };

/** What these queries need besides samples. */
const MORE: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  nextRuns: RUNS,
  nextRunDetails: RUNS,
  deliveryStatistics: { from: inHours(-24), to: inHours(24), interval: 'HOUR' },
};

/** Its input has to name things of the tenant: tenant-isolation.e2e-spec tries it with foreign ones. */
const NEEDS_IDS: ReadonlySet<string> = new Set(['schedulePreview']);

/** An API process alone, so that nothing but the calls changes what is stored. */
describe('what a tenant has', () => {
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

  /** The answer of a query that needs no ids, with all it tells. */
  async function read(
    root: RootField,
    key: string,
    args: Readonly<Record<string, unknown>> = {},
    also = '',
  ): Promise<Answer> {
    const page = isPaged(root) ? { first: 5 } : {};
    const all = { ...sampleArguments(root.field), ...MORE[root.field.name], ...page, ...args };
    const selection = `${also} ${wholeSelection(getNamedType(root.field.type), 2)}`.trim();
    const { query, variables } = operationOf(root, all, selection);
    const answer: Answer = await app.gql(query, variables, key);
    expect([root.key, answer.errors]).toEqual([root.key, undefined]);
    return withoutUse(answer);
  }

  it('is in no list and in no count of another one', async () => {
    const roots = rootFieldsOf(schema).filter(
      ({ operation, field }) =>
        operation === 'query' &&
        !NEEDS_IDS.has(field.name) &&
        !field.args.filter(isRequiredArgument).some(({ type }) => getNamedType(type).name === 'ID'),
    );
    const readAll = async (key: string): Promise<Map<string, Answer>> => {
      const answers = new Map<string, Answer>();
      for (const root of roots) answers.set(root.key, await read(root, key));
      return answers;
    };
    const emptyKey = await app.newTenant('Empty');
    const [emptyBefore, ownBefore] = [await readAll(emptyKey), await readAll(app.adminKey)];
    await makeWholeTenant(app, app.adminKey, WORD);
    const ownAfter = await readAll(app.adminKey);
    expect(await readAll(emptyKey)).toEqual(emptyBefore);
    const same = roots.map(({ key }) => key).filter((key) => isSame(ownBefore.get(key), ownAfter.get(key)));
    // Who asks, and what a cron expression means, is all that does not depend on what is stored.
    expect(same.sort()).toEqual(['Query.nextRunDetails', 'Query.nextRuns', 'Query.viewer']);
  });

  it('is found by no search of another one', async () => {
    await makeWholeTenant(app, app.adminKey, WORD);
    const searched = rootFieldsOf(schema).filter(({ field }) => {
      const filter = field.args.find(({ name }) => name === 'filter');
      const type = filter && getNamedType(filter.type);
      return field.args.some(({ name }) => name === 'first') && isInputObjectType(type) && 'search' in type.getFields();
    });
    expect(searched.length).toBeGreaterThan(3);
    for (const root of searched) {
      const find = async (key: string): Promise<Answer> => read(root, key, { filter: { search: WORD } });
      expect([root.key, contains(await find(app.adminKey), WORD)]).toEqual([root.key, true]);
      expect((await find(strangerKey)).data?.[root.field.name]).toMatchObject({ nodes: [], totalCount: 0 });
    }
  });

  it("is reached by no cursor of the owner's pages", async () => {
    for (const word of [WORD, WORD]) await makeWholeTenant(app, app.adminKey, word);
    const lists = rootFieldsOf(schema).filter(isPaged);
    expect(lists.length).toBeGreaterThan(3);
    for (const list of lists) {
      const page = async (key: string, after: string | null): Promise<Answer> =>
        read(list, key, { first: 1, after }, 'pageInfo { endCursor }');
      const first = (await page(app.adminKey, null)).data?.[list.field.name] as { pageInfo: { endCursor: string } };
      const { endCursor } = first.pageInfo;
      expect([list.key, contains(await page(app.adminKey, endCursor), WORD)]).toEqual([list.key, true]);
      expect([list.key, contains(await page(strangerKey, endCursor), WORD)]).toEqual([list.key, false]);
    }
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

const isPaged = ({ field }: RootField): boolean =>
  ['first', 'after'].every((name) => field.args.some((arg) => arg.name === name));
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);
const contains = (answer: unknown, text: string): boolean => JSON.stringify(answer).includes(text);
/** When a key was last used is written late. */
const withoutUse = (answer: Answer): Answer =>
  JSON.parse(JSON.stringify(answer, (name, value: unknown) => (name === 'lastUsedAt' ? null : value))) as Answer;
