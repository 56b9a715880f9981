import { buildSchema, getIntrospectionQuery, getOperationAST, parse, validate, type DocumentNode } from 'graphql';
import { measureQuery, type QueryMeasure } from './query-limits-measure.js';

const schema = buildSchema(`
  type Query {
    item: Item
    tags: [Tag!]!
    grid: [[Tag!]!]!
    some(first: Int = 2): [Item!]!
    items(first: Int = 3): ItemConnection!
    thing: Thing
  }
  interface Thing { id: ID! }
  type Item implements Thing { id: ID! parent: Item tags: [Tag!]! items(first: Int = 3): ItemConnection! }
  type ItemConnection { nodes: [Item!]! pageInfo: PageInfo! totalCount: Int! }
  type PageInfo { hasNextPage: Boolean! }
  type Tag implements Thing { id: ID! item: Item }
`);

/** The measure of the only operation, or of the one with the given name. */
function measure(query: string, variables: Record<string, unknown> = {}, operationName?: string): QueryMeasure {
  const document = parse(query);
  return measureQuery(schema, document, operationOf(document, operationName), variables);
}

function operationOf(document: DocumentNode, name?: string) {
  const operation = getOperationAST(document, name);
  if (!operation) throw new Error('there is no such operation');
  return operation;
}

const objects = (query: string, variables?: Record<string, unknown>): number => measure(query, variables).objects;

describe('the number of objects', () => {
  it.each([
    ['of one object', '{ item { id } }', 1],
    ['of objects in each other', '{ item { parent { parent { id } } } }', 3],
    ['of a list without a length', '{ tags { id } }', 20],
    ['of a list inside a list', '{ tags { item { tags { id } } } }', 20 * (1 + 1 + 20)],
    ['of lists of lists', '{ grid { id } }', 400],
    ['of a list that is asked for by length', '{ some(first: 7) { id } }', 7],
    ['of a list whose length is written as null', '{ some(first: null) { id } }', 2],
    ['of a list by its default length', '{ some { tags { id } } }', 2 * (1 + 20)],
    [
      'of a page, whose length counts for its nodes alone',
      '{ items(first: 7) { totalCount pageInfo { hasNextPage } nodes { id } } }',
      1 + 1 + 7,
    ],
    ['of a page by its default length', '{ items { nodes { id } } }', 1 + 3],
    [
      'of pages inside pages',
      '{ items(first: 10) { nodes { items(first: 5) { nodes { id } } } } }',
      1 + 10 * (1 + 1 + 5),
    ],
    ['of a page without its nodes', '{ items(first: 100) { totalCount } }', 1],
    [
      'of the same list under two names',
      '{ a: items(first: 7) { nodes { id } } b: items(first: 7) { nodes { id } } }',
      16,
    ],
    ['of the nodes under two names', '{ items(first: 7) { a: nodes { id } b: nodes { id } } }', 15],
    ['in an inline fragment', '{ items(first: 7) { ... on ItemConnection { ... { nodes { id } } } } }', 8],
    [
      'in inline fragments on what an interface may be',
      '{ thing { ... on Item { tags { id } } ... on Tag { item { id } } } }',
      1 + 20 + 1,
    ],
    ['in a fragment', '{ items(first: 7) { ...F } } fragment F on ItemConnection { nodes { id } }', 8],
    [
      'in a fragment of a fragment',
      '{ items(first: 7) { ...F } } fragment F on ItemConnection { ...G } fragment G on ItemConnection { nodes { ...H } } fragment H on Item { tags { id } }',
      1 + 7 * 21,
    ],
    [
      'in a fragment that stands at two places, at each with its length',
      '{ a: items(first: 7) { ...F } b: items(first: 9) { ...F } } fragment F on ItemConnection { nodes { id } }',
      18,
    ],
    [
      'in a fragment that stands twice at one place',
      '{ items(first: 7) { ...F ...F } } fragment F on ItemConnection { nodes { id } }',
      8,
    ],
    ['of no field', '{ __typename }', 0],
  ])('%s', (_name, query, expected) => {
    expect(validate(schema, parse(query))).toEqual([]);
    expect(objects(query)).toBe(expected);
  });

  it.each([
    ['its value', '($n: Int)', { n: 7 }, 7],
    ["its value, not the operation's default", '($n: Int = 5)', { n: 7 }, 7],
    ["the operation's default", '($n: Int = 5)', {}, 5],
    ["the field's default", '($n: Int)', {}, 2],
    ["the field's default for null", '($n: Int = 5)', { n: null }, 2],
    ["the field's default for a default of null", '($n: Int = null)', {}, 2],
    ['a full page for a length that no page has', '($n: Int)', { n: 1_000_000 }, 100],
    ['a full page for a negative length', '($n: Int)', { n: -1_000_000 }, 100],
    ['a full page for what is no number', '($n: Int)', { n: '7' }, 100],
  ])('by a variable is %s', (_name, definitions, variables, expected) => {
    expect(objects(`query ${definitions} { some(first: $n) { id } }`, variables)).toBe(expected);
  });

  it('is that of the operation which runs', () => {
    const document =
      'query Small($n: Int = 1) { some(first: $n) { id } } query Large($n: Int = 9) { some(first: $n) { id } }';
    expect(measure(document, {}, 'Small').objects).toBe(1);
    expect(measure(document, {}, 'Large').objects).toBe(9);
  });

  it('is endless for fragments that contain themselves, straight or by others', () => {
    for (const query of [
      '{ item { ...F } } fragment F on Item { parent { ...F } }',
      '{ item { ...F } } fragment F on Item { id ...G } fragment G on Item { parent { ...F } }',
    ]) {
      expect(measure(query)).toEqual({ depth: Infinity, aliases: Infinity, rootFields: 1, objects: Infinity });
    }
  });

  it('is found at once for a document whose fragments double thirty times', () => {
    const fragments = Array.from(
      { length: 30 },
      (_, n) => `fragment F${n} on Item { a${n}: parent { ...F${n + 1} } b${n}: parent { ...F${n + 1} } }`,
    );
    const { objects: counted, aliases } = measure(
      `{ item { ...F0 } } ${fragments.join(' ')} fragment F30 on Item { id }`,
    );
    expect(counted).toBe(2 ** 31 - 1);
    expect(aliases).toBe(2 ** 31 - 2);
  });
});

describe('depth, aliases and root fields', () => {
  it.each([
    [
      'count fields on the longest way',
      '{ item { id } tags { item { id } } }',
      { depth: 3, aliases: 0, rootFields: 2 },
    ],
    [
      'pass through fragments',
      '{ ...Q } fragment Q on Query { item { ... on Item { ...F } } } fragment F on Item { parent { id } }',
      { depth: 3, aliases: 0, rootFields: 1 },
    ],
    [
      'count a fragment wherever it is spread',
      '{ a: item { ...F } b: item { ...F } } fragment F on Item { x: id y: id }',
      { depth: 2, aliases: 6, rootFields: 2 },
    ],
    [
      'count root fields in fragments, and the same field again',
      '{ __typename item { id } ...Q ... { item { id } } } fragment Q on Query { item { id } tags { id } }',
      { depth: 2, aliases: 0, rootFields: 5 },
    ],
    ['do not count what tools ask about types', getIntrospectionQuery(), { depth: 1, aliases: 0, rootFields: 1 }],
    [
      'count aliases inside introspection',
      '{ __schema { a: types { b: name } } }',
      { depth: 1, aliases: 2, rootFields: 1 },
    ],
    [
      'count what stands beside introspection',
      '{ __type(name: "Item") { name } item { parent { id } } }',
      { depth: 3, aliases: 0, rootFields: 2 },
    ],
  ])('%s', (_name, query, expected) => {
    expect(validate(schema, parse(query))).toEqual([]);
    expect(measure(query)).toMatchObject(expected);
  });

  it('know introspection by its place, not by the name of a field', () => {
    const query = '{ __schema: item { __type: parent { id } } }';
    expect(measure(query)).toEqual({ depth: 3, aliases: 2, rootFields: 1, objects: 2 });
  });
});
