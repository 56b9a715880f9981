import { GraphQLScalarType, Kind, valueFromASTUntyped, type ValueNode } from 'graphql';
import { parseTimeZone } from '../../core/recurrence/time-zone.js';

/**
 * Stands in for an input value that its scalar could not read. Scalars never throw on input: the validation step reports
 * these together with every other problem, each with its field, instead of stopping at the first.
 */
export class InvalidScalar {
  constructor(
    readonly message: string,
    readonly rule: string,
  ) {}
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}([.,]\d{1,9})?)?(Z|[+-]\d{2}:?\d{2})$/i;
const LOCAL_INSTANT = /^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/;
const LOCAL_DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const LOCAL_TIME = /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/;

function readInstant(value: unknown): Date | InvalidScalar {
  if (typeof value !== 'string')
    return new InvalidScalar('must be an ISO 8601 instant such as 2026-03-01T09:00:00-04:00', 'dateTime');
  const text = value.trim();
  if (LOCAL_INSTANT.test(text)) {
    return new InvalidScalar('needs an offset or Z, for example 2026-03-01T09:00:00-04:00', 'dateTime.offset');
  }
  const at = INSTANT.test(text) && dateExists(text) ? Date.parse(text.replace(',', '.').toUpperCase()) : Number.NaN;
  if (Number.isNaN(at))
    return new InvalidScalar('must be an ISO 8601 instant such as 2026-03-01T09:00:00-04:00', 'dateTime');
  return new Date(at);
}

/** Date.parse rolls 30 February over to March; a date that does not exist is a mistake to tell. */
function dateExists(text: string): boolean {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}

function readLocalDate(value: unknown): string | InvalidScalar {
  if (typeof value === 'string' && LOCAL_DATE.test(value) && dateExists(value)) return value;
  return new InvalidScalar('must be a calendar date, YYYY-MM-DD', 'localDate');
}

function readLocalTime(value: unknown): string | InvalidScalar {
  if (typeof value === 'string' && LOCAL_TIME.test(value)) return value;
  return new InvalidScalar('must be a local time, HH:MM, from 00:00 to 24:00', 'localTime');
}

function readTimeZone(value: unknown): string | InvalidScalar {
  const parsed = typeof value === 'string' ? parseTimeZone(value) : undefined;
  return parsed?.ok ? parsed.value : new InvalidScalar('must be an IANA time zone such as America/Cuiaba', 'timeZone');
}

function readPhone(value: unknown): string | InvalidScalar {
  if (typeof value === 'string' && value.length <= 64) return value;
  return new InvalidScalar('must be a phone number written as text', 'phone');
}

function scalar<T>(
  name: string,
  description: string,
  read: (value: unknown) => T | InvalidScalar,
  serialize: (value: unknown) => unknown,
) {
  return new GraphQLScalarType<T | InvalidScalar>({
    name,
    description,
    parseValue: read,
    parseLiteral: (node: ValueNode, variables) =>
      read(node.kind === Kind.VARIABLE ? variables?.[node.name.value] : valueFromASTUntyped(node)),
    serialize: serialize as never,
  });
}

/** An instant. */
export const DateTime = scalar(
  'DateTime',
  'An instant. Input: ISO 8601 with an offset or Z (a value without one is refused). Output: UTC, milliseconds, Z.',
  readInstant,
  (value) => (value instanceof Date ? value : new Date(value as string | number)).toISOString(),
);

/** A calendar date. */
export const LocalDate = scalar('LocalDate', 'A local calendar date, YYYY-MM-DD.', readLocalDate, String);

/** A wall-clock time. */
export const LocalTime = scalar('LocalTime', 'A local wall-clock time, HH:MM, 00:00 to 24:00.', readLocalTime, String);

/** A phone number; the service parses it, because the country is the tenant's. */
export const PhoneNumber = scalar(
  'PhoneNumber',
  "A phone number. Input: anything a person types; parsed with the tenant's default country. Output: E.164.",
  readPhone,
  String,
);

/** An IANA zone. */
export const TimeZone = scalar('TimeZone', 'An IANA time zone name; anything else is refused.', readTimeZone, String);

/** Any JSON value. */
export const Json = scalar<unknown>(
  'JSON',
  'Any JSON value.',
  (value) => value,
  (value) => value,
);
