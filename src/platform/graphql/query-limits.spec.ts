import { GraphQLError, buildSchema, getIntrospectionQuery, getOperationAST, parse } from 'graphql';
import { PARSE_OPTIONS, formatTooLong, refuseExpensive, refuseTooLong } from './query-limits.js';

const schema = buildSchema(`
  type Query { item: Item items(first: Int = 50): [Item!]! }
  type Item { id: ID! parent: Item items(first: Int = 50): [Item!]! }
`);

/** The code and the message that an operation is refused with. */
function refusal(query: string, variables: Record<string, unknown> = {}): string | undefined {
  const document = parse(query, PARSE_OPTIONS);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('there is no operation');
  const error = refuseExpensive(schema, document, operation, variables);
  return error && `${String(error.extensions['code'])} ${error.message}`;
}

function parserError(query: string): unknown {
  try {
    parse(query, PARSE_OPTIONS);
  } catch (error) {
    return error;
  }
  throw new Error('the text was parsed');
}

const times = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');
const levels = (count: number): string => (count === 1 ? '{ id }' : `{ parent ${levels(count - 1)} }`);
const aliases = (count: number): string => `{ item { ${times(count, (n) => `a${n}: id`)} } }`;
const roots = (count: number): string => `{ ${times(count, () => 'item { id }')} }`;
/** 100 × (1 + 99 × (1 + 4) + 4). */
const FIFTY_THOUSAND =
  'items(first: 100) { id a: items(first: 99) { items(first: 4) { id } } b: items(first: $n) { id } }';

describe('an operation', () => {
  it.each([
    [
      '12 levels of fields',
      `{ item ${levels(11)} }`,
      `{ item ${levels(12)} }`,
      'nests fields 13 levels, at most 12 are allowed',
    ],
    ['50 renamed fields', aliases(50), aliases(51), 'renames 51 fields, at most 50 are allowed'],
    ['50 root fields', roots(50), roots(51), 'has 51 fields at its root, at most 50 are allowed'],
    [
      '50,000 objects in its answer',
      `query ($n: Int = 4) { ${FIFTY_THOUSAND} }`,
      `query ($n: Int = 4) { item { id } ${FIFTY_THOUSAND} }`,
      'could return 50,001 objects (shorter pages, by "first", return fewer), at most 50,000 are allowed',
    ],
  ])('may have %s and not one more', (_what, most, tooMuch, reason) => {
    expect(refusal(most)).toBeUndefined();
    expect(refusal(tooMuch)).toBe(`QUERY_TOO_EXPENSIVE The operation ${reason}.`);
  });

  it('is measured with the variables that came with it', () => {
    const query = `query ($n: Int = 4) { ${FIFTY_THOUSAND} }`;
    expect(refusal(query, { n: 4 })).toBeUndefined();
    expect(refusal(query, { n: 5 })).toContain('could return 50,100 objects');
  });

  it('is told everything that is too much', () => {
    const all = refusal(`{ ${times(51, (n) => `a${n}: items { items { items { id } } }`)} item ${levels(12)} }`);
    expect(all).toBe(
      'QUERY_TOO_EXPENSIVE The operation nests fields 13 levels, at most 12 are allowed; it renames 51 fields, at most 50 are allowed; ' +
        'it has 52 fields at its root, at most 50 are allowed; ' +
        'it could return 6,505,062 objects (shorter pages, by "first", return fewer), at most 50,000 are allowed.',
    );
  });

  it('is refused when its fragments have no end', () => {
    expect(refusal('{ item { ...F } } fragment F on Item { parent { ...F } }')).toContain('more than a billion');
  });

  it('may ask what tools ask about the types, but not again and again', () => {
    const options = {
      schemaDescription: true,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      inputValueDeprecation: true,
      oneOf: true,
    };
    expect(refusal(getIntrospectionQuery(options))).toBeUndefined();
    const types = 'types { fields { args { type { name } } type { fields { args { name } } } } }';
    expect(refusal(`{ __schema { ${types} } }`)).toContain('QUERY_TOO_EXPENSIVE');
    const introspection = getIntrospectionQuery();
    const fragments = introspection.slice(introspection.indexOf('fragment FullType'));
    const again = times(3, (n) => `s${n}: __schema { types { ...FullType } }`);
    expect(refusal(`{ ${again} } ${fragments}`)).toContain('QUERY_TOO_EXPENSIVE');
  });
});

describe('a text', () => {
  // Braces and the field around them: four tokens, and two for each "id: id" but none for a comma.
  const ofTokens = (count: number): string => `{ item { ${times(count - 5, () => 'id')} } }`;

  it('may have 2,000 tokens and not one more', () => {
    expect(() => parse(ofTokens(2_000), PARSE_OPTIONS)).not.toThrow();
    expect(refuseTooLong(parserError(ofTokens(2_001)))).toMatchObject({
      message: 'The operation has more than 2,000 tokens.',
      extensions: { code: 'QUERY_TOO_EXPENSIVE' },
    });
  });

  it('may have 2,000 comments and not one more: each is kept in memory', () => {
    const commented = (count: number): string => `${'#\n'.repeat(count)}{ item { id } }`;
    expect(() => parse(commented(2_000), PARSE_OPTIONS)).not.toThrow();
    expect(refuseTooLong(parserError(commented(2_001)))?.message).toBe('The operation has more than 2,000 comments.');
  });

  it('may be long in one token: a file to import is one', () => {
    expect(() => parse(`{ item(content: "${'x'.repeat(1_000_000)}") { id } }`, PARSE_OPTIONS)).not.toThrow();
  });

  it('that is wrong and not too long is told what is wrong', () => {
    expect(refuseTooLong(parserError('{ item { '))).toBeUndefined();
    expect(
      refuseTooLong(parserError('{ item "Syntax Error: Document contains more than 1 tokens." }')),
    ).toBeUndefined();
    expect(refuseTooLong(undefined)).toBeUndefined();
  });

  it('is shown as too long, and other errors as they are', () => {
    const format = formatTooLong(({ message, extensions }) => ({
      message,
      extensions: { shown: extensions?.['code'] },
    }));
    const tooLong = parserError(ofTokens(2_001)) as GraphQLError;
    expect(format(tooLong.toJSON(), tooLong).extensions).toEqual({ shown: 'QUERY_TOO_EXPENSIVE' });
    const other = new GraphQLError('Other', { extensions: { code: 'OTHER' } });
    expect(format(other.toJSON(), other)).toEqual({ message: 'Other', extensions: { shown: 'OTHER' } });
  });
});
