import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import { TenantEntity } from './tenant.entity.js';

/** One key for all replicas: "tenb" in ASCII. */
const BOOTSTRAP_LOCK = 0x74656e62;

@Injectable()
export class TenantsRepository {
  constructor(private readonly database: Database) {}

  find(tenantId: string): Promise<TenantEntity | null> {
    return this.database.manager.findOneBy(TenantEntity, { id: tenantId });
  }

  async findMany(tenantIds: readonly string[]): Promise<Map<string, TenantEntity>> {
    const rows = await this.database.manager.findBy(TenantEntity, { id: In([...tenantIds]) });
    return new Map(rows.map((row) => [row.id, row]));
  }

  async insert(sql: Sql, tenant: Pick<TenantEntity, 'id' | 'name' | 'timeZone' | 'defaultCountry'>): Promise<void> {
    await sql.execute('INSERT INTO tenants (id, name, time_zone, default_country) VALUES ($1, $2, $3, $4)', [
      tenant.id,
      tenant.name,
      tenant.timeZone,
      tenant.defaultCountry,
    ]);
  }

  /** The tenant that was made first: the installation's own. Waits for a replica that is making it at this moment. */
  async findFirstLocked(sql: Sql): Promise<{ id: string } | undefined> {
    await sql.execute('SELECT pg_advisory_xact_lock($1)', [BOOTSTRAP_LOCK]);
    const rows = await sql.query<{ id: string }>('SELECT id FROM tenants ORDER BY created_at, id LIMIT 1');
    return rows[0];
  }
}
