import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { GqlExecutionContext, type GqlContextType } from '@nestjs/graphql';
import type { GraphQLResolveInfo } from 'graphql';
import { ApiError } from '../../../platform/graphql/errors.js';
import { AuthenticationService } from '../application/authentication.service.js';
import { isPermitted } from '../roles.js';
import type { AuthenticatedContext } from './authenticated.js';

/** Runs before every query, mutation and subscription: who is it, and may they? */
@Injectable()
export class AuthenticationGuard implements CanActivate {
  constructor(private readonly authentication: AuthenticationService) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    // Health and webhook routes are not GraphQL and have their own rules.
    if (execution.getType<GqlContextType>() !== 'graphql') return true;
    const graphql = GqlExecutionContext.create(execution);
    const info = graphql.getInfo<GraphQLResolveInfo>();
    const context = graphql.getContext<AuthenticatedContext>();
    const owner = await this.authentication.authenticate(context.authorization);
    if (!owner) throw new ApiError('UNAUTHENTICATED', 'Send a valid API key as "Authorization: Bearer <key>".');
    if (!isPermitted(owner.role, `${info.parentType.name}.${info.fieldName}`)) {
      throw new ApiError('FORBIDDEN', `The role ${owner.role} may not use ${info.fieldName}.`);
    }
    context.scope = { tenantId: owner.tenantId, actor: owner.name };
    context.key = owner;
    return true;
  }
}
