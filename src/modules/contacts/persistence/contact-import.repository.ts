import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { Attributes } from './contact.entity.js';

/** A stored contact with all that an import may add to. */
export interface ImportMatch {
  readonly id: string;
  readonly name: string;
  readonly phone: string | null;
  readonly phoneKey: string | null;
  readonly email: string | null;
  readonly city: string | null;
  readonly timeZone: string | null;
  readonly attributes: Attributes;
  readonly implicit: boolean;
  readonly nicknames: readonly string[];
  readonly groupIds: readonly string[];
}

/** Columns as json_to_recordset reads them. */
export interface ContactUpdateRecord {
  readonly id: string;
  readonly name: string;
  readonly email: string | null;
  readonly city: string | null;
  readonly time_zone: string | null;
  readonly attributes: Attributes;
  readonly search_text: string;
}

export interface ContactInsertRecord extends ContactUpdateRecord {
  readonly phone: string | null;
  readonly phone_key: string | null;
}

export interface NicknameRecord {
  readonly id: string;
  readonly contact_id: string;
  readonly nickname: string;
  readonly is_default: boolean;
}

/** The bulk statements of an import; each takes a chunk of rows as one parameter. */
@Injectable()
export class ContactImportRepository {
  /** Makes imports of one tenant wait for each other: two of the same file would both create its contacts. */
  async lockTenant(tx: Sql, scope: TenantScope): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`contact-import:${scope.tenantId}`]);
  }

  /**
   * Live contacts with one of the numbers: those that somebody named first, then the oldest. `isLocking` keeps them from
   * changing until the transaction ends.
   */
  matchPhoneKeys(
    sql: Sql,
    scope: TenantScope,
    phoneKeys: readonly string[],
    isLocking: boolean,
  ): Promise<ImportMatch[]> {
    return match(sql, 'c.phone_key', isLocking, [scope.tenantId, phoneKeys]);
  }

  /** Like {@link matchPhoneKeys}, for e-mail addresses in lower case. */
  matchEmails(sql: Sql, scope: TenantScope, emails: readonly string[], isLocking: boolean): Promise<ImportMatch[]> {
    return match(sql, 'lower(c.email)', isLocking, [scope.tenantId, emails]);
  }

  /** New contacts, opted out when their numbers are. */
  async insertContacts(tx: Sql, scope: TenantScope, contacts: readonly ContactInsertRecord[]): Promise<void> {
    await tx.execute(
      `INSERT INTO contacts (tenant_id, id, name, phone, phone_key, email, city, time_zone, attributes, search_text, opted_out_at)
       SELECT $1, r.id, r.name, r.phone, r.phone_key, r.email, r.city, r.time_zone, r.attributes, r.search_text, o.opted_out_at
         FROM json_to_recordset($2::json) AS r (id uuid, name text, phone text, phone_key text, email text, city text,
                                                time_zone text, attributes jsonb, search_text text)
         LEFT JOIN opt_outs o ON o.tenant_id = $1 AND o.phone_key = r.phone_key`,
      [scope.tenantId, JSON.stringify(contacts)],
    );
  }

  async updateContacts(tx: Sql, scope: TenantScope, contacts: readonly ContactUpdateRecord[]): Promise<void> {
    await tx.execute(
      `UPDATE contacts c
          SET name = r.name, email = r.email, city = r.city, time_zone = r.time_zone, attributes = r.attributes,
              search_text = r.search_text, implicit = false, updated_at = now()
         FROM json_to_recordset($2::json) AS r (id uuid, name text, email text, city text, time_zone text, attributes jsonb, search_text text)
        WHERE c.tenant_id = $1 AND c.id = r.id AND c.deleted_at IS NULL`,
      [scope.tenantId, JSON.stringify(contacts)],
    );
  }

  async insertNicknames(tx: Sql, scope: TenantScope, nicknames: readonly NicknameRecord[]): Promise<void> {
    await tx.execute(
      `INSERT INTO nicknames (tenant_id, id, contact_id, nickname, is_default)
       SELECT $1, r.id, r.contact_id, r.nickname, r.is_default
         FROM json_to_recordset($2::json) AS r (id uuid, contact_id uuid, nickname text, is_default boolean)`,
      [scope.tenantId, JSON.stringify(nicknames)],
    );
  }

  async insertMemberships(
    tx: Sql,
    scope: TenantScope,
    memberships: readonly { readonly groupId: string; readonly contactId: string }[],
  ): Promise<void> {
    await tx.execute(
      `INSERT INTO group_memberships (tenant_id, group_id, contact_id)
       SELECT $1, group_id, contact_id FROM unnest($2::uuid[], $3::uuid[]) AS given (group_id, contact_id)
       ON CONFLICT DO NOTHING`,
      [scope.tenantId, memberships.map(({ groupId }) => groupId), memberships.map(({ contactId }) => contactId)],
    );
  }

  /** The groups of these names, ignoring case, by the name as asked for. In a transaction they stay until it ends. */
  async findGroups(sql: Sql, scope: TenantScope, names: readonly string[]): Promise<Map<string, string>> {
    const rows = await sql.query<{ name: string; id: string }>(
      `SELECT asked.name, g.id
         FROM unnest($2::text[]) AS asked (name)
         JOIN contact_groups g ON g.tenant_id = $1 AND lower(g.name) = lower(asked.name)
          FOR KEY SHARE OF g`,
      [scope.tenantId, names],
    );
    return new Map(rows.map((row) => [row.name, row.id]));
  }

  /** A name that a group has already, ignoring case, is left out. */
  async insertGroups(
    tx: Sql,
    scope: TenantScope,
    groups: readonly { readonly id: string; readonly name: string }[],
  ): Promise<void> {
    await tx.execute(
      `INSERT INTO contact_groups (tenant_id, id, name)
       SELECT $1, id, name FROM unnest($2::uuid[], $3::text[]) AS given (id, name)
       ON CONFLICT (tenant_id, lower(name)) DO NOTHING`,
      [scope.tenantId, groups.map(({ id }) => id), groups.map(({ name }) => name)],
    );
  }
}

/** One key at a time: a statement that ORs both was seen to read the whole tenant for each chunk. */
function match(sql: Sql, key: string, isLocking: boolean, values: readonly unknown[]): Promise<ImportMatch[]> {
  return sql.query<ImportMatch>(
    `SELECT c.id, c.name, c.phone, c.phone_key AS "phoneKey", c.email, c.city, c.time_zone AS "timeZone", c.attributes, c.implicit,
            ARRAY(SELECT n.nickname FROM nicknames n
                   WHERE n.tenant_id = c.tenant_id AND n.contact_id = c.id ORDER BY n.id) AS nicknames,
            ARRAY(SELECT m.group_id::text FROM group_memberships m
                   WHERE m.tenant_id = c.tenant_id AND m.contact_id = c.id) AS "groupIds"
       FROM contacts c
      WHERE c.tenant_id = $1 AND ${key} = ANY($2::text[]) AND c.deleted_at IS NULL
      ORDER BY c.implicit, c.id ${isLocking ? 'FOR NO KEY UPDATE OF c' : ''}`,
    values,
  );
}
