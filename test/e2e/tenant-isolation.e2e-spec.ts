import { randomUUID } from 'node:crypto';
import { buildSchema, getNamedType, type GraphQLSchema } from 'graphql';
import { startTestApp, type GraphQLAnswer, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { idPlacesOf, kindOf, type IdPlace } from '../support/id-places.js';
import {
  operationInto,
  sampleArguments,
  servedSchema,
  wholeSelection,
  type Fill,
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
const newSchedule = (own: WholeTenant, place: string) => ({
  input: {
    name: 'Aviso',
    type: 'FUTURE',
    scheduledAt: inHours(24),
    channelId: own.channel,
    targetContactIds: [own.contact],
    ...(place === 'input.messageId' ? {} : { message: { title: 'Aviso', content: 'Oi' } }),
  },
});
const MORE: Readonly<Record<string, (own: WholeTenant, place: string) => Record<string, unknown>>> = {
  createSchedule: newSchedule,
  schedulePreview: newSchedule,
  sendMessage: (own, place) => ({
    input: {
      channelId: own.channel,
      contactIds: [own.contact],
      ...(place === 'input.messageId' ? {} : { content: 'Oi' }),
    },
  }),
  sendTestMessage: (own, place) => ({
    input: {
      to: '+5565981234567',
      channelId: own.channel,
      ...(place === 'input.messageId' ? {} : { content: 'Oi' }),
    },
  }),
  importContacts: () => ({ input: { format: 'CSV', content: 'nome,telefone\nMaria,+5565981230001' } }),
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
  function operationAt(place: IdPlace, id: string, own: WholeTenant, fill: Fill = 'nothing'): Operation {
    const isRoot = place.root.field === place.field;
    const samples = sampleArguments(place.field, (path) => own[kindOf(place.field, path)], fill);
    const page = place.field.args.some(({ name }) => name === 'first') ? { first: 5, after: undefined } : {};
    const more = fill === 'nothing' ? MORE[place.field.name]?.(own, place.path.join('.')) : undefined;
    const args: Record<string, unknown> = { ...samples, ...page, ...more };
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

    /** A stranger's tries with an id of ours, and then ours, which must show that the place is reached. */
    async function verdictOn(place: IdPlace, stranger: WholeTenant): Promise<string> {
      const ours = await makeWholeTenant(app, app.adminKey, WORD);
      for (const fill of ['nothing', 'null', 'everything'] as const) {
        const problem = await problemWith(place, fill, ours, stranger);
        if (problem !== undefined) return `with ${fill} else: ${problem}`;
      }
      const [id, nobody] = [ours[place.kind], randomUUID()];
      const unknown = await ask(operationAt(place, nobody, ours), app.adminKey);
      const own = await ask(operationAt(place, id, ours), app.adminKey);
      const isReached = !isSame(without(own, id), without(unknown, nobody));
      return isReached ? 'kept apart' : `the owner is told the same, so this proves nothing: ${JSON.stringify(own)}`;
    }

    /** What a stranger gets with an id of ours must be what it gets with an id that nobody has: nothing, and nothing stored. */
    async function problemWith(
      place: IdPlace,
      fill: Fill,
      ours: WholeTenant,
      stranger: WholeTenant,
    ): Promise<string | undefined> {
      const [id, nobody] = [ours[place.kind], randomUUID()];
      const before = await storedRows(sql);
      const foreign = await ask(operationAt(place, id, stranger, fill), strangerKey);
      if (!isSame(before, await storedRows(sql))) return 'something is stored';
      const unknown = await ask(operationAt(place, nobody, stranger, fill), strangerKey);
      if (!isSame(without(foreign, id), without(unknown, nobody))) {
        return `a foreign id is told from one that does not exist: ${JSON.stringify([foreign, unknown])}`;
      }
      if (contains(without(foreign, id), [WORD, ...Object.values(ours)])) return `leaks: ${JSON.stringify(foreign)}`;
      return refusalProblem(foreign, place, fill);
    }
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

/** Why the refusal of a foreign id is not the right one. Of a query it may be an empty answer. */
function refusalProblem({ errors = [] }: Answer, place: IdPlace, fill: Fill): string | undefined {
  if (errors.length === 0) return place.root.operation === 'mutation' ? 'the change is not refused' : undefined;
  const isOfPlace = (field: string): boolean => `${field}.`.startsWith(`${place.path.join('.')}.`);
  const isRight = errors.every(({ extensions: { code, violations = [] } }) => {
    if (code === 'NOT_FOUND') return true;
    // With everything filled in there is more to complain about.
    return code === 'BAD_USER_INPUT' && (fill !== 'nothing' || violations.every(({ field }) => isOfPlace(field)));
  });
  return isRight ? undefined : `refused for another reason: ${JSON.stringify(errors)}`;
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
