import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { Role } from '../roles.js';
import { ApiKeyEntity } from './api-key.entity.js';

/** A key's owner and right, read by its hash: the one look-up that no tenant can be named for yet. */
export interface KeyOwner {
  readonly keyId: string;
  readonly tenantId: string;
  readonly name: string;
  readonly role: Role;
}

@Injectable()
export class ApiKeysRepository {
  constructor(private readonly database: Database) {}

  async findActiveByHash(hash: Buffer): Promise<KeyOwner | undefined> {
    const rows = await this.database.query<KeyOwner>(
      {
        name: 'api-key-by-hash',
        text: `SELECT id AS "keyId", tenant_id AS "tenantId", name, role
                 FROM api_keys WHERE secret_hash = $1 AND revoked_at IS NULL`,
      },
      [hash],
    );
    return rows[0];
  }

  list(scope: TenantScope): Promise<ApiKeyEntity[]> {
    return this.database.manager.find(ApiKeyEntity, {
      where: { tenantId: scope.tenantId },
      order: { createdAt: 'ASC', id: 'ASC' },
    });
  }

  find(scope: TenantScope, id: string): Promise<ApiKeyEntity | null> {
    return this.database.manager.findOneBy(ApiKeyEntity, { tenantId: scope.tenantId, id });
  }

  async insert(sql: Sql, key: Omit<ApiKeyEntity, 'createdAt' | 'lastUsedAt' | 'revokedAt'>): Promise<void> {
    await sql.execute(
      `INSERT INTO api_keys (tenant_id, id, name, role, prefix, secret_hash) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (secret_hash) DO NOTHING`,
      [key.tenantId, key.id, key.name, key.role, key.prefix, key.secretHash],
    );
  }

  /** True when the key was active until now. */
  async revokeIfActive(scope: TenantScope, id: string): Promise<boolean> {
    const changed = await this.database.execute(
      'UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1 AND id = $2 AND revoked_at IS NULL',
      [scope.tenantId, id],
    );
    return changed === 1;
  }

  /** Notes the use of keys, at most once a minute each: a hot key must not become a hot row. */
  async touch(keyIds: readonly string[]): Promise<void> {
    await this.database.execute(
      `UPDATE api_keys SET last_used_at = now()
        WHERE id = ANY($1) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')`,
      [keyIds],
    );
  }
}
