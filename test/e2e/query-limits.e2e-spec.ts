import { getIntrospectionQuery, getNamedType, isObjectType, isRequiredArgument, type GraphQLSchema } from 'graphql';
import { startTestApp, type TestApp } from '../support/app.js';
import { servedSchema } from '../support/schema-operations.js';
import { subscriber, type StreamResult, type Subscriber } from '../support/subscriber.js';

const times = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');
const inGroups = (levels: number): string =>
  levels === 0 ? 'id' : `groups { contacts(first: 1) { nodes { ${inGroups(levels - 1)} } } }`;

const PAGES = `query ($first: Int!) { contactGroups(first: $first) { nodes { contacts(first: $first) { nodes { groups { id } } } } } }`;

const FRAGMENTS = times(
  4,
  (n) => `fragment F${n} on Contact { groups { contacts(first: 1) { nodes { ${n === 3 ? 'id' : `...F${n + 1}`} } } } }`,
);

interface Expensive {
  readonly what: string;
  readonly query: string;
  readonly variables?: Record<string, unknown>;
}

/** What is too much, each by another limit. */
const TOO_MUCH: readonly Expensive[] = [
  { what: 'is deeper than 12 fields', query: `{ contacts(first: 1) { nodes { ${inGroups(4)} } } }` },
  { what: 'is deep by fragments', query: `{ contacts(first: 1) { nodes { ...F0 } } } ${FRAGMENTS}` },
  { what: 'renames more than 50 fields', query: `{ viewer { ${times(51, (n) => `a${n}: name`)} } }` },
  {
    what: 'renames a few fields in a fragment that stands many times',
    query: `{ ${times(17, (n) => `a${n}: viewer { ...F }`)} } fragment F on Viewer { x: name y: name }`,
  },
  { what: 'has more than 50 root fields', query: `{ ${times(51, () => 'viewer { name }')} }` },
  { what: 'has more than 2,000 tokens', query: `{ viewer { ${times(2_000, () => 'name')} } }` },
  { what: 'has more than 2,000 comments', query: `${'#\n'.repeat(2_001)}{ viewer { name } }` },
  { what: 'asks for pages inside pages', query: PAGES, variables: { first: 100 } },
];

async function errorsOf(stream: AsyncIterableIterator<StreamResult<unknown>>): Promise<unknown> {
  return stream.next().then(
    ({ value }) => (value as StreamResult<unknown>).errors,
    (errors: unknown) => errors,
  );
}

describe('an operation that asks for too much', () => {
  let app: TestApp;
  let client: Subscriber;

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    client = subscriber(app.url, app.adminKey);
  });
  afterAll(async () => {
    await client.close();
    await app.close();
  });

  const refused = [expect.objectContaining({ extensions: { code: 'QUERY_TOO_EXPENSIVE' } }) as unknown];

  it.each(TOO_MUCH)('is refused over HTTP when it $what', async ({ query, variables = {} }) => {
    const { data, errors } = await app.gql(query, variables);
    expect(data).toBeUndefined();
    expect(errors).toEqual(refused);
  });

  it.each(TOO_MUCH)('is refused over a WebSocket when it $what', async ({ query, variables = {} }) => {
    expect(await errorsOf(client.iterate(query, variables))).toEqual(refused);
  });

  it('is refused for a client without a key as well, before anything is read', async () => {
    for (const { query, variables = {} } of TOO_MUCH)
      expect((await app.gql(query, variables, '')).errors).toEqual(refused);
  });

  it('is measured each time, though the text is known to be valid', async () => {
    for (const first of [1, 100, 1]) {
      const { errors } = await app.gql(PAGES, { first });
      expect(errors).toEqual(first === 1 ? undefined : refused);
    }
  });

  it('is answered with status 400', async () => {
    const ask = async (query: string): Promise<number> => {
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${app.adminKey}` };
      return (await fetch(`${app.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).status;
    };
    expect(await ask('{ viewer { name } }')).toBe(200);
    for (const { query, variables } of TOO_MUCH) if (!variables) expect(await ask(query)).toBe(400);
  });

  it('does nothing of what it asks for', async () => {
    const many = `mutation { ${times(51, (n) => `a${n}: createContact(input: { name: "Maria" }) { id }`)} }`;
    expect((await app.gql(many)).errors).toEqual(refused);
    expect(await errorsOf(client.iterate(many))).toEqual(refused);
    expect(await app.data('{ contacts { totalCount } }')).toEqual({ contacts: { totalCount: 0 } });
  });

  it('is refused as a subscription, and the other operations of the socket go on', async () => {
    const updates = client.iterate<{ scheduleUpdated: { id: string } }>('subscription { scheduleUpdated { id } }');
    const first = updates.next();
    const deep = `subscription { deliveryUpdated { delivery { contact { ${inGroups(4)} } } } }`;
    expect(await errorsOf(client.iterate(deep))).toEqual(refused);
    expect(await errorsOf(client.iterate('{ viewer { '))).toEqual([
      expect.objectContaining({ extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }) as unknown }),
    ]);
    await app.data('mutation { createChannel(input: { name: "Only", simulator: {} }) { id } }');
    let isHeard = false;
    void first.then(() => (isHeard = true));
    const input = { content: 'Oi', to: ['+5565981238888'] };
    while (!isHeard)
      await app.data('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } } }', {
        input,
      });
    expect((await first).value).toMatchObject({ data: { scheduleUpdated: {} } });
  });

  it('says so, not that its fragments contain themselves', async () => {
    const { errors } = await app.gql(
      '{ contacts { nodes { ...F } } } fragment F on Contact { groups { contacts { nodes { ...F } } } }',
    );
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('an operation within the limits', () => {
  let app: TestApp;
  let schema: GraphQLSchema;

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    schema = await servedSchema(app);
    await app.data('mutation { createContact(input: { name: "Maria" }) { id } }');
    await app.data('mutation { createContactGroup(name: "All") { id } }');
    await app.data('mutation { createChannel(input: { name: "Only", simulator: {} }) { id } }');
    await app.data(`mutation { sendMessage(input: { content: "Oi", to: ["+5565981238888"] }) { schedule { id } } }`);
  });
  afterAll(() => app.close());

  it('may be what GraphiQL asks about the types', async () => {
    const query = getIntrospectionQuery({
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect((await app.gql(query)).errors).toBeUndefined();
    const client = subscriber(app.url, app.adminKey);
    expect((await client.iterate(query).next()).value).toMatchObject({ data: { __schema: {} } });
    await client.close();
  });

  it('may be a large one', async () => {
    const query = `{ schedules(first: 20) { nodes { id name message { title } channel { name } targetGroups { name }
      deliveries(first: 20) { nodes { id status contact { name nicknames { nickname } } attempts { number } } pageInfo { endCursor } } } } }`;
    expect((await app.gql(query)).errors).toBeUndefined();
  });

  it('never gets more than 100 rows of any list that takes first, as the measure trusts', async () => {
    const paths = pagedFields(schema);
    expect(paths.length).toBeGreaterThan(0);
    for (const path of paths) {
      const ask = async (first: number): Promise<unknown> =>
        (await app.gql(path(first))).errors?.map(({ extensions }) => extensions);
      expect([path(100), await ask(100)]).toEqual([path(100), undefined]);
      const violation = { field: 'first', rule: expect.any(String) as unknown, message: expect.any(String) as unknown };
      for (const first of [101, 0]) {
        expect([path(first), await ask(first)]).toEqual([
          path(first),
          [{ code: 'BAD_USER_INPUT', violations: [violation] }],
        ]);
      }
    }
  });
});

describe('a server that hides its schema', () => {
  it('hides it over a WebSocket too, also from error messages', async () => {
    const app = await startTestApp({ ROLE: 'api', INTROSPECTION: 'false' });
    const client = subscriber(app.url, app.adminKey);
    const both = async (query: string): Promise<string[]> => {
      const http = (await app.gql(query)).errors as readonly { message: string }[] | undefined;
      const webSocket = (await errorsOf(client.iterate(query))) as readonly { message: string }[] | undefined;
      return [...(http ?? []), ...(webSocket ?? [])].map(({ message }) => message);
    };
    const introspection = await both('{ __schema { queryType { name } } }');
    expect(introspection.length).toBeGreaterThanOrEqual(2);
    expect(await both('{ viewers { name } }')).toEqual([
      'Cannot query field "viewers" on type "Query".',
      'Cannot query field "viewers" on type "Query".',
    ]);
    await client.close();
    await app.close();
  });
});

/** An operation for each field with `first`, wherever it lies in the schema, by the shortest way without other arguments. */
function pagedFields(schema: GraphQLSchema): ((first: number) => string)[] {
  const found: ((first: number) => string)[] = [];
  const query = schema.getQueryType();
  if (!query) return found;
  const ways = new Map([[query.name, (inside: string) => `{ ${inside} }`]]);
  for (const [typeName, way] of ways) {
    const type = schema.getType(typeName);
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const inner = getNamedType(field.type);
      if (!isObjectType(inner) || field.args.some(isRequiredArgument)) continue;
      if (field.args.some(({ name }) => name === 'first')) {
        found.push((first) => way(`${field.name}(first: ${first}) { __typename }`));
      }
      // A Map goes on with what is added while it is walked.
      if (!ways.has(inner.name)) ways.set(inner.name, (inside) => way(`${field.name} { ${inside} }`));
    }
  }
  return found;
}
