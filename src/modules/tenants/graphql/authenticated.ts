import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext } from '@nestjs/graphql';
import type { GraphQLContext } from '../../../platform/graphql/context.js';
import type { Role } from '../roles.js';

/** The key that an operation runs under. */
export interface AuthenticatedKey {
  readonly name: string;
  readonly role: Role;
}

/** A GraphQL context after the authentication guard. */
export interface AuthenticatedContext extends GraphQLContext {
  key?: AuthenticatedKey;
}

/** The key of the caller, as a resolver parameter. */
export const Authenticated = createParamDecorator((_data: unknown, context: ExecutionContext): AuthenticatedKey => {
  const { key } = GqlExecutionContext.create(context).getContext<AuthenticatedContext>();
  if (!key) throw new Error('resolver reached without authentication');
  return key;
});
