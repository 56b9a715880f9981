import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { ApiKeysService } from '../application/api-keys.service.js';
import { ROLES, type Role } from '../roles.js';
import { TenantsService } from '../application/tenants.service.js';
import { Authenticated, type AuthenticatedKey } from './authenticated.js';
import { ApiKeyType, CreatedApiKeyType, ViewerType } from './tenant.types.js';

@Resolver()
export class TenantsResolver {
  constructor(
    private readonly tenants: TenantsService,
    private readonly apiKeyService: ApiKeysService,
  ) {}

  @Query(() => ViewerType)
  async viewer(@Scope() scope: TenantScope, @Authenticated() key: AuthenticatedKey): Promise<ViewerType> {
    return { tenant: await this.tenants.profile(scope), name: key.name, role: key.role };
  }

  @Query(() => [ApiKeyType])
  apiKeys(@Scope() scope: TenantScope): Promise<ApiKeyType[]> {
    return this.apiKeyService.list(scope);
  }

  @Mutation(() => CreatedApiKeyType)
  async createApiKey(
    @Scope() scope: TenantScope,
    @Args('name', { type: () => String }) name: string,
    @Args('role', { type: () => ROLES }) role: Role,
  ): Promise<CreatedApiKeyType> {
    const { apiKey, secret } = orRefuse(await this.apiKeyService.create(scope, name, role));
    return { apiKey, key: secret };
  }

  @Mutation(() => ApiKeyType)
  async revokeApiKey(@Scope() scope: TenantScope, @Args('id', { type: () => ID }) id: string): Promise<ApiKeyType> {
    return orRefuse(await this.apiKeyService.revoke(scope, id));
  }
}
