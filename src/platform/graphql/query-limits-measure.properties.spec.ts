import fc from 'fast-check';
import { buildSchema, execute, getOperationAST, parse, type DocumentNode } from 'graphql';
import { DEFAULT_LIST_LENGTH, measureQuery } from './query-limits-measure.js';

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

function operationOf(document: DocumentNode) {
  const operation = getOperationAST(document);
  if (!operation) throw new Error('there is no operation');
  return operation;
}

/** Resolvers that return as much as the measure expects. */
const fullData = (() => {
  const many = <T>(length: number, make: () => T): T[] => Array.from({ length }, make);
  const tag = (): object => ({ __typename: 'Tag', id: 't', item });
  const page = ({ first }: { first: number }): object => ({
    nodes: () => many(first, item),
    pageInfo: { hasNextPage: false },
    totalCount: 0,
  });
  const item = (): object => ({
    __typename: 'Item',
    id: 'i',
    parent: item,
    tags: () => many(DEFAULT_LIST_LENGTH, tag),
    items: page,
  });
  return {
    item,
    tags: () => many(DEFAULT_LIST_LENGTH, tag),
    grid: () => many(DEFAULT_LIST_LENGTH, () => many(DEFAULT_LIST_LENGTH, tag)),
    some: ({ first }: { first: number }) => many(first, item),
    items: page,
    thing: item,
  };
})();

type TypeName = 'Query' | 'Item' | 'ItemConnection' | 'PageInfo' | 'Tag' | 'Thing';
const LEAVES: Record<TypeName, string> = {
  Query: '__typename',
  Item: 'id',
  ItemConnection: 'totalCount',
  PageInfo: 'hasNextPage',
  Tag: 'id',
  Thing: 'id',
};
const BRANCHES: Record<TypeName, readonly (readonly [field: string, type: TypeName, isPaged?: boolean])[]> = {
  Query: [
    ['item', 'Item'],
    ['tags', 'Tag'],
    ['grid', 'Tag'],
    ['some', 'Item', true],
    ['items', 'ItemConnection', true],
    ['thing', 'Thing'],
  ],
  Item: [
    ['parent', 'Item'],
    ['tags', 'Tag'],
    ['items', 'ItemConnection', true],
  ],
  ItemConnection: [
    ['nodes', 'Item'],
    ['pageInfo', 'PageInfo'],
  ],
  PageInfo: [],
  Tag: [['item', 'Item']],
  Thing: [],
};
const TYPES = Object.keys(LEAVES) as TypeName[];
const FRAGMENT_LEVELS = 3;

const firstArgument = fc.oneof(
  fc.integer({ min: 1, max: 3 }).map((length) => `(first: ${length})`),
  fc.constant('(first: $n)'),
  fc.constant(''),
);

/**
 * Selections of a type. A field has its name or any of three others, so that equal ones meet and merge; fragments are
 * spread from those of later levels, so that none contains itself.
 */
function selectionsOf(type: TypeName, depth: number, level: number): fc.Arbitrary<string> {
  const leaf = fc.constant(LEAVES[type]);
  const branches =
    depth === 0
      ? []
      : BRANCHES[type].map(([name, child, isPaged = false]) =>
          fc
            .tuple(
              fc.constantFrom('', '', 'a', 'b'),
              isPaged ? firstArgument : fc.constant(''),
              selectionsOf(child, depth - 1, level),
            )
            // One name has one field and one length, or the document would not be valid.
            .map(
              ([alias, first, inside]) =>
                `${alias === '' && first === '' ? '' : `${alias}_${name}_${first.replace(/\W/g, '')}: `}${name}${first} { ${inside} }`,
            ),
        );
  const inline =
    depth === 0 ? [] : [selectionsOf(type, depth - 1, level).map((inside) => `... on ${type} { ${inside} }`)];
  const narrowed =
    type === 'Thing' && depth > 0
      ? [selectionsOf('Item', depth - 1, level).map((inside) => `... on Item { ${inside} }`)]
      : [];
  const spreads =
    level < FRAGMENT_LEVELS ? [fc.integer({ min: level, max: FRAGMENT_LEVELS - 1 }).map((n) => `...${type}${n}`)] : [];
  return fc
    .tuple(leaf, fc.array(fc.oneof(...branches, ...inline, ...narrowed, ...spreads, leaf), { maxLength: 3 }))
    .map(([first, others]) => [first, ...others].join(' '));
}

const documents = fc
  .tuple(
    selectionsOf('Query', 3, 0),
    fc.tuple(
      ...TYPES.flatMap((type) =>
        Array.from({ length: FRAGMENT_LEVELS }, (_, level) =>
          selectionsOf(type, 1, level + 1).map((inside) => `fragment ${type}${level} on ${type} { ${inside} }`),
        ),
      ),
    ),
  )
  .map(([root, fragments]) => `query ($n: Int = 2) { ${root} }\n${fragments.join('\n')}`);

interface Counted {
  readonly objects: number;
  readonly depth: number;
}

function count(value: unknown): Counted {
  if (Array.isArray(value)) return total(value.map(count));
  if (typeof value !== 'object' || value === null) return { objects: 0, depth: 0 };
  const inside = total(Object.values(value).map(count));
  return { objects: 1 + inside.objects, depth: 1 + inside.depth };
}

function total(counts: readonly Counted[]): Counted {
  return {
    objects: counts.reduce((sum, { objects: each }) => sum + each, 0),
    depth: Math.max(0, ...counts.map(({ depth }) => depth)),
  };
}

describe('any operation', () => {
  it('has no answer with more objects, or deeper, than was measured', () => {
    fc.assert(
      fc.property(documents, fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }), (query, n) => {
        const variables = n === undefined ? {} : { n };
        const document = parse(query);
        const measured = measureQuery(schema, document, operationOf(document), variables);
        fc.pre(measured.objects <= 20_000);
        const { data, errors } = execute({ schema, document, rootValue: fullData, variableValues: variables }) as {
          data: object;
          errors?: unknown;
        };
        expect(errors).toBeUndefined();
        const answer = total(Object.values(data).map(count));
        expect(measured.objects).toBeGreaterThanOrEqual(answer.objects);
        expect(measured.depth).toBeGreaterThanOrEqual(answer.depth + 1);
        expect(measured.rootFields).toBeGreaterThanOrEqual(Object.keys(data).length);
      }),
      { numRuns: 300 },
    );
  });

  it('is measured exactly when no two of its fields are one', () => {
    fc.assert(
      fc.property(documents, (query) => {
        let number = 0;
        // Every field gets a name of its own, and fragments are left out: nothing merges.
        const distinct = query
          .split('\nfragment')[0]
          ?.replace(/\.\.\.(?! on )\w+/g, '')
          .replace(
            /(\w+: )?\b(item|tags|grid|some|items|thing|parent|nodes|pageInfo)\b/g,
            (_, __, field: string) => `f${number++}: ${field}`,
          );
        const document = parse(distinct as string);
        const measured = measureQuery(schema, document, operationOf(document), {});
        fc.pre(measured.objects <= 20_000);
        const { data } = execute({ schema, document, rootValue: fullData }) as { data: object };
        expect(total(Object.values(data).map(count)).objects).toBe(measured.objects);
      }),
      { numRuns: 200 },
    );
  });
});
