import type { DocumentNode, GraphQLFormattedError, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { ApiError } from './errors.js';
import { measureQuery } from './query-limits-measure.js';

/** What one operation may ask for. All of it is known before anything is read or changed. */
export const QUERY_LIMITS = {
  /** Words and signs of the request's text; the parser stops there, whatever follows. */
  tokens: 2_000,
  comments: 2_000,
  /** Fields inside fields. */
  depth: 12,
  /** Renamed fields, and fields of the operation itself: both repeat work at almost no length. */
  aliases: 50,
  rootFields: 50,
  /** Objects that the answer can hold, by the lengths of the lists that are asked for. */
  objects: 50_000,
} as const;

/** For graphql-js' `parse`. Comments are no tokens to it, but it keeps each of them. */
export const PARSE_OPTIONS = { maxLexicalTokens: QUERY_LIMITS.tokens, maxComments: QUERY_LIMITS.comments } as const;

/**
 * The error for an operation that asks for too much, undefined for one that does not. It names every limit that is
 * passed. Fields are looked up in the schema, so the document must have been validated against it.
 */
export function refuseExpensive(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): ApiError | undefined {
  const measure = measureQuery(schema, document, operation, variables);
  const passed = [
    over('nests fields', measure.depth, QUERY_LIMITS.depth, 'levels'),
    over('renames', measure.aliases, QUERY_LIMITS.aliases, 'fields'),
    over('has', measure.rootFields, QUERY_LIMITS.rootFields, 'fields at its root'),
    over('could return', measure.objects, QUERY_LIMITS.objects, 'objects (shorter pages, by "first", return fewer)'),
  ].filter((sentence) => sentence !== undefined);
  return passed.length === 0 ? undefined : tooExpensive(`The operation ${passed.join('; it ')}.`);
}

/** What graphql-js says when {@link PARSE_OPTIONS} stop it: its error has no code that would tell. */
const ABORTED = /^Syntax Error: Document contains more tha[nt] \d+ (tokens|comments)\./;

/** The error to show instead of the parser's, undefined when the text is not too long but wrong. */
export function refuseTooLong(error: unknown): ApiError | undefined {
  const [, what] = ABORTED.exec(error instanceof Error ? error.message : '') ?? [];
  if (what !== 'tokens' && what !== 'comments') return undefined;
  return tooExpensive(`The operation has more than ${shown(QUERY_LIMITS[what])} ${what}.`);
}

type Format = (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError;

/** Formats errors as `format` does, and lets a text that is too long be refused as such. */
export function formatTooLong(format: Format): Format {
  return (formatted, error) => {
    const refusal = refuseTooLong(error);
    return refusal ? format(refusal.toJSON(), refusal) : format(formatted, error);
  };
}

function tooExpensive(message: string): ApiError {
  // Apollo answers 500 to an error before the execution, unless it is told.
  return new ApiError('QUERY_TOO_EXPENSIVE', message, { http: { status: 400 } });
}

function over(verb: string, value: number, limit: number, what: string): string | undefined {
  return value <= limit ? undefined : `${verb} ${shown(value)} ${what}, at most ${shown(limit)} are allowed`;
}

function shown(value: number): string {
  return value < 1e9 ? value.toLocaleString('en-US') : 'more than a billion';
}
