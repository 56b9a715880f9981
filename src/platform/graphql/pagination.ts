import { createHash } from 'node:crypto';
import { Type } from '@nestjs/common';
import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { IsOptional, IsString, Max, MaxLength, Min } from 'class-validator';
import { err, ok, type Result } from '../../core/values/result.js';
import { invalid, type Refusal } from '../../core/values/refusal.js';
import type { EpochMs } from '../../core/values/time.js';

/** Largest page. */
export const MAX_PAGE = 100;

const DEFAULT_PAGE = 50;

/** How long a cursor may be used: long enough for any reader, short enough that its encoding can change. */
const CURSOR_LIFE_MS = 24 * 3_600_000;

/** A page's request as services see it. `after` is a cursor of the same list and filter. */
export interface PageRequest {
  readonly first: number;
  readonly after?: string | null | undefined;
}

/** One page of rows. `count` runs only when the client asks for totalCount. */
export interface Page<T> {
  readonly nodes: readonly T[];
  readonly hasNextPage: boolean;
  readonly endCursor: string | null;
  readonly count: () => Promise<number>;
}

@ObjectType('PageInfo', { description: 'Lists: first is 1 to 100; after is the endCursor of the page before.' })
export class PageInfoType {
  @Field(() => Boolean)
  hasNextPage: boolean;

  @Field(() => String, { nullable: true })
  endCursor: string | null;
}

/** The connection type's fields for a node type. */
export interface ConnectionType<T> {
  nodes: T[];
  pageInfo: PageInfoType;
  totalCount: number | Promise<number>;
}

/** A base class for `XConnection` object types. */
export function Connection<T>(node: Type<T>): Type<ConnectionType<T>> {
  @ObjectType({ isAbstract: true })
  abstract class ConnectionBase implements ConnectionType<T> {
    @Field(() => [node])
    nodes: T[];

    @Field(() => PageInfoType)
    pageInfo: PageInfoType;

    @Field(() => Int)
    totalCount: number | Promise<number>;
  }
  return ConnectionBase as Type<ConnectionType<T>>;
}

/** A page as its connection type; totalCount is counted only when it is asked for. */
export function toConnection<Row, Node>(page: Page<Row>, toNode: (row: Row) => Node): ConnectionType<Node> {
  return {
    nodes: page.nodes.map(toNode),
    pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.endCursor },
    // A getter, because Nest reads the property only when the field is asked for.
    get totalCount() {
      return page.count();
    },
  };
}

/** The class of `first` and `after` with a default for `first`. */
function pageArgs(defaultFirst: number): Type<PageRequest> & { readonly nullMeans: { readonly first: number } } {
  @ArgsType()
  class PageArgsBase implements PageRequest {
    static readonly nullMeans = { first: defaultFirst };

    @Field(() => Int, { nullable: true, defaultValue: defaultFirst })
    @Min(1)
    @Max(MAX_PAGE)
    first: number;

    @Field(() => String, { nullable: true })
    @IsOptional()
    @IsString()
    @MaxLength(2048)
    after?: string | null;
  }
  return PageArgsBase;
}

/** `first` and `after` with the usual default of 50. */
@ArgsType()
export class PageArgs extends pageArgs(DEFAULT_PAGE) {}

/** Runs come in shorter pages than other lists. */
@ArgsType()
export class ShortPageArgs extends pageArgs(20) {}

/** Plans come in longer ones. */
@ArgsType()
export class LongPageArgs extends pageArgs(100) {}

/** What a cursor belongs to: the list's name and the filter that it was made under. */
export interface CursorScope {
  readonly list: string;
  readonly filter?: unknown;
}

interface CursorBody {
  readonly l: string;
  readonly f: string;
  readonly t: number;
  readonly k: readonly string[];
}

/** An opaque cursor that names the last row of a page by its sort key. */
export function encodeCursor(scope: CursorScope, key: readonly string[], now: EpochMs): string {
  const body: CursorBody = { l: scope.list, f: filterHash(scope.filter), t: Math.floor(now / 1000), k: key };
  return Buffer.from(JSON.stringify(body)).toString('base64url');
}

/**
 * The sort key inside a cursor, null for the first page. Refused, as a violation of `after`: text that is no cursor, a
 * cursor of another list or filter (its position means nothing here), and one older than a day.
 */
export function decodeCursor(
  scope: CursorScope,
  after: string | null | undefined,
  keyLength: number,
  now: EpochMs,
): Result<readonly string[] | null, Refusal> {
  if (after === null || after === undefined) return ok(null);
  const body = readCursor(after);
  if (body === undefined || body.k.length !== keyLength) {
    return refuseCursor('is not a cursor of this list', 'cursor.malformed');
  }
  if (body.l !== scope.list || body.f !== filterHash(scope.filter)) {
    return refuseCursor('belongs to another list or filter', 'cursor.mismatch');
  }
  if (now - body.t * 1000 > CURSOR_LIFE_MS) {
    return refuseCursor('has expired; ask for the first page again', 'cursor.expired');
  }
  return ok(body.k);
}

/** Splits one row more than was asked for into the page and the knowledge that there is a next one. */
export function toPage<Row>(
  rows: readonly Row[],
  request: PageRequest,
  cursorOf: (row: Row) => string,
  count: () => Promise<number>,
): Page<Row> {
  const nodes = rows.slice(0, request.first);
  const last = nodes.at(-1);
  return {
    nodes,
    hasNextPage: rows.length > request.first,
    endCursor: last === undefined ? null : cursorOf(last),
    count,
  };
}

function readCursor(text: string): CursorBody | undefined {
  try {
    const body = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Partial<CursorBody> | null;
    const wellFormed =
      typeof body?.l === 'string' &&
      typeof body.f === 'string' &&
      typeof body.t === 'number' &&
      Array.isArray(body.k) &&
      body.k.every((part) => typeof part === 'string');
    return wellFormed ? (body as CursorBody) : undefined;
  } catch {
    // Not base64 of JSON: no cursor of ours.
    return undefined;
  }
}

function refuseCursor(message: string, rule: string): Result<never, Refusal> {
  return err(invalid([{ field: 'after', message, rule }]));
}

/** Keys sorted, null and absent the same, so that the order in which a client writes its filter does not matter. */
function filterHash(filter: unknown): string {
  const canonical = JSON.stringify(filter ?? null, (_key, value: unknown) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const entries = Object.entries(value).filter(([, inner]) => inner !== null && inner !== undefined);
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return createHash('sha256').update(canonical).digest('base64url').slice(0, 12);
}
