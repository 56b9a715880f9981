import { Injectable } from '@nestjs/common';
import { ok, err, type Result } from '../../../core/values/result.js';
import { invalid, notFound, type Refusal } from '../../../core/values/refusal.js';
import { Database } from '../../../platform/database/database.js';
import { isId, newId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ApiKeyEntity } from '../persistence/api-key.entity.js';
import { ApiKeysRepository } from '../persistence/api-keys.repository.js';
import { hashSecret, newSecret, prefixOf } from './api-key-secret.js';
import { AuthenticationService } from './authentication.service.js';
import type { Role } from '../roles.js';

const MAX_NAME = 200;

@Injectable()
export class ApiKeysService {
  constructor(
    private readonly database: Database,
    private readonly keys: ApiKeysRepository,
    private readonly authentication: AuthenticationService,
  ) {}

  list(scope: TenantScope): Promise<ApiKeyEntity[]> {
    return this.keys.list(scope);
  }

  /** A new key; its secret is returned this once and stored only as a hash. */
  async create(
    scope: TenantScope,
    name: string,
    role: Role,
  ): Promise<Result<{ apiKey: ApiKeyEntity; secret: string }, Refusal>> {
    const trimmed = name.trim();
    if (trimmed === '' || trimmed.length > MAX_NAME) {
      return err(invalid([{ field: 'name', message: `must have 1 to ${MAX_NAME} characters`, rule: 'length' }]));
    }
    const secret = newSecret();
    const id = newId();
    const secretHash = hashSecret(secret);
    await this.keys.insert(this.database, {
      tenantId: scope.tenantId,
      id,
      name: trimmed,
      role,
      prefix: prefixOf(secret),
      secretHash,
    });
    const apiKey = await this.keys.find(scope, id);
    if (!apiKey) throw new Error('a key that was just stored cannot be read');
    return ok({ apiKey, secret });
  }

  /** Idempotent: revoking a revoked key returns it as it is. */
  async revoke(scope: TenantScope, id: string): Promise<Result<ApiKeyEntity, Refusal>> {
    if (isId(id)) {
      await this.keys.revokeIfActive(scope, id);
      this.authentication.forget();
      const apiKey = await this.keys.find(scope, id);
      if (apiKey) return ok(apiKey);
    }
    return err(notFound('API key', id));
  }
}
