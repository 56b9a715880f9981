import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** A contact to make for a bare number. */
export interface ImplicitContact {
  readonly id: string;
  readonly name: string;
  readonly phone: string;
  readonly phone_key: string;
  readonly search_text: string;
}

/** Set-based reads and writes that other features run, also inside their own transactions. */
@Injectable()
export class ContactLookupsRepository {
  /** Which of the ids name live contacts of the tenant. */
  async liveContacts(sql: Sql, scope: TenantScope, ids: readonly string[]): Promise<Set<string>> {
    const rows = await sql.query<{ id: string }>(
      'SELECT id FROM contacts WHERE tenant_id = $1 AND id = ANY($2::uuid[]) AND deleted_at IS NULL',
      [scope.tenantId, ids],
    );
    return new Set(rows.map((row) => row.id));
  }

  /** Which of the ids name groups of the tenant. In a transaction these cannot be deleted before it ends. */
  async groups(sql: Sql, scope: TenantScope, ids: readonly string[]): Promise<Set<string>> {
    const rows = await sql.query<{ id: string }>(
      {
        name: 'contacts-keep-groups',
        text: 'SELECT id FROM contact_groups WHERE tenant_id = $1 AND id = ANY($2::uuid[]) ORDER BY id FOR KEY SHARE',
      },
      [scope.tenantId, ids],
    );
    return new Set(rows.map((row) => row.id));
  }

  /** Makes those who add contacts for bare numbers of one tenant wait for each other until their transactions end. */
  async lockImplicit(tx: Sql, scope: TenantScope): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`implicit-contacts:${scope.tenantId}`]);
  }

  /** The live contact of each number: one that somebody named before an implicit one, then the oldest. */
  async findByPhoneKeys(sql: Sql, scope: TenantScope, phoneKeys: readonly string[]): Promise<Map<string, string>> {
    const rows = await sql.query<{ id: string; key: string }>(
      {
        name: 'contacts-by-phone-key',
        text: `SELECT DISTINCT ON (phone_key) phone_key AS key, id FROM contacts
                WHERE tenant_id = $1 AND phone_key = ANY($2::text[]) AND deleted_at IS NULL
                ORDER BY phone_key, implicit, id`,
      },
      [scope.tenantId, phoneKeys],
    );
    return new Map(rows.map((row) => [row.key, row.id]));
  }

  async insertImplicit(tx: Sql, scope: TenantScope, contacts: readonly ImplicitContact[]): Promise<void> {
    await tx.execute(
      {
        name: 'contacts-insert-implicit',
        text: `INSERT INTO contacts (tenant_id, id, name, phone, phone_key, search_text, implicit, opted_out_at)
               SELECT $1, r.id, r.name, r.phone, r.phone_key, r.search_text, true, o.opted_out_at
                 FROM json_to_recordset($2::json) AS r (id uuid, name text, phone text, phone_key text, search_text text)
                 LEFT JOIN opt_outs o ON o.tenant_id = $1 AND o.phone_key = r.phone_key`,
      },
      [scope.tenantId, JSON.stringify(contacts)],
    );
  }
}
