import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import DataLoader from 'dataloader';
import type { TenantScope } from '../database/tenant-scope.js';

/** One GraphQL operation's context. `scope` is set by the authentication guard before any resolver runs. */
export interface GraphQLContext {
  /** The Authorization header, or connectionParams.authorization of the WebSocket. */
  readonly authorization: string | undefined;
  scope?: TenantScope;
  readonly loaders: Loaders;
}

type AnyLoader = DataLoader<string, unknown>;

/**
 * The operation's DataLoaders: rows asked for in the same tick are read with one statement. They do not remember: a
 * later mutation of the same operation, or a later event of a subscription, reads what is true then.
 */
export class Loaders {
  private readonly byName = new Map<string, AnyLoader>();

  /** The loader of this name, made on first use. `readMany` gets distinct ids and returns the found rows by id. */
  get<Row>(
    name: string,
    readMany: (ids: readonly string[]) => Promise<ReadonlyMap<string, Row>>,
  ): DataLoader<string, Row | undefined> {
    const existing = this.byName.get(name);
    if (existing) return existing as DataLoader<string, Row | undefined>;
    const loader = new DataLoader<string, Row | undefined>(
      async (ids) => {
        const rows = await readMany([...new Set(ids)]);
        return ids.map((id) => rows.get(id));
      },
      { cache: false, maxBatchSize: 1000 },
    );
    this.byName.set(name, loader);
    return loader;
  }
}

/** The caller's tenant scope, as a resolver parameter. */
export const Scope = createParamDecorator((_data: unknown, context: ExecutionContext): TenantScope => {
  const { scope } = GqlExecutionContext.create(context).getContext<GraphQLContext>();
  if (!scope) throw new Error('resolver reached without authentication');
  return scope;
});

/** The operation's loaders, as a resolver parameter. */
export const RequestLoaders = createParamDecorator((_data: unknown, context: ExecutionContext): Loaders => {
  return GqlExecutionContext.create(context).getContext<GraphQLContext>().loaders;
});
