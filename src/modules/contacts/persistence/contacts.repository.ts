import { Injectable } from '@nestjs/common';
import { In, IsNull } from 'typeorm';
import { Database, type Tx } from '../../../platform/database/database.js';
import { Parameters, type Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { CONTACT_COLUMNS } from './contact-columns.js';
import { ContactEntity, type ContactRow } from './contact.entity.js';
import { groupRows } from './group-rows.js';
import { NicknameEntity, type NicknameRow } from './nickname.entity.js';

/** What the list of contacts is restricted to; an absent part restricts nothing. */
export interface ContactCriteria {
  /** LIKE patterns for search_text, any of which must match. */
  readonly patterns?: readonly string[];
  readonly groupId?: string;
  readonly optedOut?: boolean;
}

/** A contact's columns that a write sets; the times are the database's. */
export type ContactColumns = Omit<ContactEntity, 'tenantId' | 'id' | 'deletedAt' | 'createdAt' | 'updatedAt'>;

@Injectable()
export class ContactsRepository {
  constructor(private readonly database: Database) {}

  /** Live ones only, implicit ones too. */
  async findLive(scope: TenantScope, id: string): Promise<ContactRow | null> {
    const row = await this.database.findById(ContactEntity, scope, id);
    return row?.deletedAt === null ? row : null;
  }

  /** Deleted ones too: a delivery still tells whom it was for. */
  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, ContactRow>> {
    return this.database.findByIds(ContactEntity, scope, ids);
  }

  /** The live contact, locked until the transaction ends; null when there is none (any more). */
  lockLive(tx: Tx, scope: TenantScope, id: string): Promise<ContactRow | null> {
    return tx.manager.findOne(ContactEntity, {
      where: { tenantId: scope.tenantId, id, deletedAt: IsNull() },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** Listed contacts after an id, in the order of ids: the newest last. */
  list(scope: TenantScope, criteria: ContactCriteria, afterId: string | null, limit: number): Promise<ContactRow[]> {
    const parameters = new Parameters();
    const conditions = listed(parameters, scope, criteria);
    if (afterId !== null) conditions.push(`c.id > ${parameters.add(afterId)}`);
    return this.database.query<ContactRow>(
      `SELECT ${CONTACT_COLUMNS} FROM contacts c WHERE ${conditions.join(' AND ')} ORDER BY c.id LIMIT ${parameters.add(limit)}`,
      parameters.values,
    );
  }

  async count(scope: TenantScope, criteria: ContactCriteria): Promise<number> {
    const parameters = new Parameters();
    const conditions = listed(parameters, scope, criteria);
    const rows = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM contacts c WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return rows[0]?.count ?? 0;
  }

  async insert(tx: Tx, scope: TenantScope, id: string, columns: ContactColumns): Promise<void> {
    await tx.manager.insert(ContactEntity, { tenantId: scope.tenantId, id, ...columns });
  }

  async updateLive(tx: Tx, scope: TenantScope, id: string, columns: Partial<ContactColumns>): Promise<void> {
    await tx.manager.update(ContactEntity, { tenantId: scope.tenantId, id, deletedAt: IsNull() }, columns);
  }

  /**
   * Removes everything that says who the contact was. The row stays, so that the delivery log keeps its references.
   * False when there is no such live contact.
   */
  async eraseLive(tx: Tx, scope: TenantScope, id: string): Promise<boolean> {
    const erased = await tx.execute(
      `UPDATE contacts SET name = 'deleted', phone = NULL, phone_key = NULL, email = NULL, city = NULL, time_zone = NULL,
              attributes = '{}', search_text = '', deleted_at = now(), updated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
      [scope.tenantId, id],
    );
    if (erased === 0) return false;
    for (const table of ['nicknames', 'group_memberships', 'schedule_target_contacts']) {
      await tx.execute(`DELETE FROM ${table} WHERE tenant_id = $1 AND contact_id = $2`, [scope.tenantId, id]);
    }
    return true;
  }

  /** By contact, in the order in which they were given. */
  async nicknamesOf(scope: TenantScope, contactIds: readonly string[], tx?: Tx): Promise<Map<string, NicknameRow[]>> {
    const rows = await (tx ?? this.database).manager.find(NicknameEntity, {
      where: { tenantId: scope.tenantId, contactId: In([...contactIds]) },
      order: { id: 'ASC' },
    });
    return groupRows(rows, (row) => row.contactId);
  }

  async replaceNicknames(
    tx: Tx,
    scope: TenantScope,
    contactId: string,
    nicknames: readonly NewNickname[],
  ): Promise<void> {
    await tx.manager.delete(NicknameEntity, { tenantId: scope.tenantId, contactId });
    await tx.manager.insert(
      NicknameEntity,
      nicknames.map((nickname) => ({ ...nickname, tenantId: scope.tenantId, contactId })),
    );
  }

  /** Makes the contact a member of exactly these groups. */
  async replaceGroups(tx: Sql, scope: TenantScope, contactId: string, groupIds: readonly string[]): Promise<void> {
    await tx.execute(
      'DELETE FROM group_memberships WHERE tenant_id = $1 AND contact_id = $2 AND group_id <> ALL($3::uuid[])',
      [scope.tenantId, contactId, groupIds],
    );
    await tx.execute(
      `INSERT INTO group_memberships (tenant_id, group_id, contact_id)
       SELECT $1, group_id, $2 FROM unnest($3::uuid[]) AS given (group_id)
       ON CONFLICT DO NOTHING`,
      [scope.tenantId, contactId, groupIds],
    );
  }
}

/** A nickname to store; ids rise in the order of the nicknames. */
export type NewNickname = Pick<NicknameEntity, 'id' | 'nickname' | 'tone' | 'isDefault'>;

function listed(parameters: Parameters, scope: TenantScope, criteria: ContactCriteria): string[] {
  const tenant = parameters.add(scope.tenantId);
  const conditions = [`c.tenant_id = ${tenant}`, 'c.deleted_at IS NULL', 'NOT c.implicit'];
  if (criteria.optedOut !== undefined) conditions.push(`c.opted_out_at IS ${criteria.optedOut ? 'NOT NULL' : 'NULL'}`);
  if (criteria.patterns !== undefined)
    conditions.push(`c.search_text LIKE ANY(${parameters.add(criteria.patterns)}::text[])`);
  if (criteria.groupId !== undefined) {
    conditions.push(
      `EXISTS (SELECT FROM group_memberships m
                WHERE m.tenant_id = ${tenant} AND m.group_id = ${parameters.add(criteria.groupId)} AND m.contact_id = c.id)`,
    );
  }
  return conditions;
}
