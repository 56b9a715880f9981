import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { assertNever, type Result } from '../../core/values/result.js';
import type { Refusal } from '../../core/values/refusal.js';
import type { Violation } from '../../core/values/violation.js';
import { errorFacts, type Logger } from '../logging/logger.js';

/** Every code that a client can see; a closed list. */
export const ERROR_CODES = [
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'NOT_FOUND',
  'BAD_USER_INPUT',
  'CONFLICT',
  'RATE_LIMITED',
  'QUERY_TOO_EXPENSIVE',
  'INTERNAL',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error that the client is meant to see as it is. */
export class ApiError extends GraphQLError {
  constructor(code: ErrorCode, message: string, facts: Readonly<Record<string, unknown>> = {}) {
    super(message, { extensions: { code, ...facts } });
  }
}

/** The error for a refusal. */
export function toApiError(refusal: Refusal): ApiError {
  switch (refusal.kind) {
    case 'invalid':
      return invalidInput(refusal.violations);
    case 'notFound':
      return new ApiError('NOT_FOUND', `There is no ${refusal.what} with the id ${refusal.id}.`);
    case 'conflict':
      return new ApiError('CONFLICT', refusal.message, { current: refusal.current });
    case 'rateLimited':
      return new ApiError('RATE_LIMITED', 'Too many requests.', { retryAt: new Date(refusal.retryAtMs).toISOString() });
    default:
      return assertNever(refusal);
  }
}

/** The value of a result; a refusal becomes the error that the client sees. */
export function orRefuse<T>(result: Result<T, Refusal>): T {
  if (result.ok) return result.value;
  throw toApiError(result.error);
}

/** BAD_USER_INPUT with everything that is wrong. */
export function invalidInput(violations: readonly Violation[]): ApiError {
  const message = violations.map((violation) => `${violation.field}: ${violation.message}`).join('; ');
  return new ApiError('BAD_USER_INPUT', message === '' ? 'The input is not valid.' : message, { violations });
}

/**
 * What of an error leaves the server. Ours goes as it is; what GraphQL itself refuses (syntax, unknown fields, values of
 * the wrong type) is the client's input; anything else is INTERNAL: logged under a correlation id, its text kept back.
 */
export function formatErrors(
  logger: Logger,
): (formatted: GraphQLFormattedError, error: unknown) => GraphQLFormattedError {
  return (formatted, error) => {
    const code = formatted.extensions?.['code'];
    const shown = { message: formatted.message, ...place(formatted) };
    if (isErrorCode(code) && code !== 'INTERNAL' && hasOurShape(formatted)) {
      const { violations, current, retryAt } = formatted.extensions ?? {};
      return { ...shown, extensions: { code, ...defined({ violations, current, retryAt }) } };
    }
    if (isClientMistake(code)) {
      const violations = [{ field: fieldOf(formatted.message), message: formatted.message, rule: 'graphql' }];
      return { ...shown, extensions: { code: 'BAD_USER_INPUT', violations } };
    }
    const correlationId = randomUUID();
    const original = (error as { originalError?: unknown } | null)?.originalError ?? error;
    logger.error('graphql.fault', { correlationId, path: formatted.path, ...errorFacts(original) });
    return {
      message: 'Something went wrong on our side.',
      ...place(formatted),
      extensions: { code: 'INTERNAL', correlationId },
    };
  };
}

function isErrorCode(code: unknown): code is ErrorCode {
  return (ERROR_CODES as readonly unknown[]).includes(code);
}

/** Apollo uses BAD_USER_INPUT too, without violations. */
function hasOurShape(formatted: GraphQLFormattedError): boolean {
  return formatted.extensions?.['code'] !== 'BAD_USER_INPUT' || formatted.extensions['violations'] !== undefined;
}

const CLIENT_MISTAKES = new Set<unknown>([
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

function isClientMistake(code: unknown): boolean {
  return CLIENT_MISTAKES.has(code);
}

/** graphql-js names the place of a bad variable in its message: `Variable "$input" got invalid value … at "input.name"; …`. */
function fieldOf(message: string): string {
  const at = / at "([^"]+)"/.exec(message)?.[1];
  const missing = /Field "([^"]+)" of required type/.exec(message)?.[1];
  const variable = /Variable "\$([^"]+)"/.exec(message)?.[1];
  const base = at ?? variable ?? 'query';
  return missing === undefined ? base.replace(/\[(\d+)\]/g, '.$1') : `${base}.${missing}`;
}

function place(formatted: GraphQLFormattedError): Pick<GraphQLFormattedError, 'path' | 'locations'> {
  return defined({ path: formatted.path, locations: formatted.locations });
}

function defined<T extends object>(facts: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)) as never;
}
