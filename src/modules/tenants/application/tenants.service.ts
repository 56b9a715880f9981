import { Injectable } from '@nestjs/common';
import { TenantsRepository } from '../persistence/tenants.repository.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** What other features need to know of a tenant. */
export interface TenantProfile {
  readonly id: string;
  readonly name: string;
  readonly timeZone: string;
  readonly defaultCountry: string;
}

@Injectable()
export class TenantsService {
  /** A tenant's zone and country hardly ever change and are needed by almost every request. */
  private readonly known = new Map<string, TenantProfile>();

  constructor(private readonly tenants: TenantsRepository) {}

  async profile(scope: TenantScope): Promise<TenantProfile> {
    const known = this.known.get(scope.tenantId);
    if (known) return known;
    const row = await this.tenants.find(scope.tenantId);
    if (!row) throw new Error('the tenant of an authenticated key does not exist');
    const profile = { id: row.id, name: row.name, timeZone: row.timeZone, defaultCountry: row.defaultCountry };
    this.known.set(row.id, profile);
    return profile;
  }
}
