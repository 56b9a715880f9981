import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { CONTACT_COLUMNS } from './contact-columns.js';
import { ContactGroupEntity, type GroupRow } from './contact-group.entity.js';
import type { ContactRow } from './contact.entity.js';
import { groupRows } from './group-rows.js';

@Injectable()
export class ContactGroupsRepository {
  constructor(private readonly database: Database) {}

  find(scope: TenantScope, id: string): Promise<GroupRow | null> {
    return this.database.findById(ContactGroupEntity, scope, id);
  }

  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, GroupRow>> {
    return this.database.findByIds(ContactGroupEntity, scope, ids);
  }

  /** Groups after an id, in the order of ids: the newest last. */
  list(scope: TenantScope, afterId: string | null, limit: number): Promise<GroupRow[]> {
    return this.database.manager.find(ContactGroupEntity, {
      where: { tenantId: scope.tenantId, ...(afterId === null ? {} : { id: MoreThan(afterId) }) },
      order: { id: 'ASC' },
      take: limit,
    });
  }

  count(scope: TenantScope): Promise<number> {
    return this.database.manager.countBy(ContactGroupEntity, { tenantId: scope.tenantId });
  }

  /** The group that bears the name already, ignoring case; undefined when the group was made. */
  async insertUnlessNamed(tx: Sql, scope: TenantScope, id: string, name: string): Promise<{ id: string } | undefined> {
    const inserted = await tx.execute(
      `INSERT INTO contact_groups (tenant_id, id, name) VALUES ($1, $2, $3) ON CONFLICT (tenant_id, lower(name)) DO NOTHING`,
      [scope.tenantId, id, name],
    );
    if (inserted === 1) return undefined;
    const rows = await tx.query<{ id: string }>(
      'SELECT id FROM contact_groups WHERE tenant_id = $1 AND lower(name) = lower($2)',
      [scope.tenantId, name],
    );
    const [existing] = rows;
    if (!existing) throw new Error('a group name is taken and free at once');
    return existing;
  }

  async delete(scope: TenantScope, id: string): Promise<boolean> {
    const deleted = await this.database.execute('DELETE FROM contact_groups WHERE tenant_id = $1 AND id = $2', [
      scope.tenantId,
      id,
    ]);
    return deleted === 1;
  }

  async addMembers(tx: Sql, scope: TenantScope, groupId: string, contactIds: readonly string[]): Promise<void> {
    await tx.execute(
      `INSERT INTO group_memberships (tenant_id, group_id, contact_id)
       SELECT $1, $2, contact_id FROM unnest($3::uuid[]) AS given (contact_id)
       ON CONFLICT DO NOTHING`,
      [scope.tenantId, groupId, contactIds],
    );
  }

  async removeMembers(tx: Sql, scope: TenantScope, groupId: string, contactIds: readonly string[]): Promise<void> {
    await tx.execute(
      'DELETE FROM group_memberships WHERE tenant_id = $1 AND group_id = $2 AND contact_id = ANY($3::uuid[])',
      [scope.tenantId, groupId, contactIds],
    );
  }

  /** The groups of each contact, in the order of their names. */
  async groupsOf(scope: TenantScope, contactIds: readonly string[]): Promise<Map<string, GroupRow[]>> {
    const rows = await this.database.query<GroupRow & { contactId: string }>(
      `SELECT m.contact_id AS "contactId", g.tenant_id AS "tenantId", g.id, g.name, g.google_id AS "googleId", g.created_at AS "createdAt"
         FROM group_memberships m JOIN contact_groups g ON g.tenant_id = m.tenant_id AND g.id = m.group_id
        WHERE m.tenant_id = $1 AND m.contact_id = ANY($2::uuid[])
        ORDER BY lower(g.name), g.id`,
      [scope.tenantId, contactIds],
    );
    return groupRows(rows, (row) => row.contactId);
  }

  /** How many live contacts each group has; a group without any is left out. */
  async memberCounts(scope: TenantScope, groupIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ groupId: string; count: number }>(
      `SELECT m.group_id AS "groupId", count(*)::int AS count
         FROM group_memberships m JOIN contacts c ON c.tenant_id = m.tenant_id AND c.id = m.contact_id
        WHERE m.tenant_id = $1 AND m.group_id = ANY($2::uuid[]) AND c.deleted_at IS NULL
        GROUP BY m.group_id`,
      [scope.tenantId, groupIds],
    );
    return new Map(rows.map((row) => [row.groupId, row.count]));
  }

  /** The first live members of each group after an id, in the order of ids. */
  async members(
    scope: TenantScope,
    groupIds: readonly string[],
    afterId: string | null,
    limit: number,
  ): Promise<Map<string, ContactRow[]>> {
    const rows = await this.database.query<ContactRow & { groupId: string }>(
      `SELECT asked.group_id AS "groupId", c.*
         FROM unnest($2::uuid[]) AS asked (group_id)
        CROSS JOIN LATERAL (
          SELECT ${CONTACT_COLUMNS}
            FROM group_memberships m JOIN contacts c ON c.tenant_id = m.tenant_id AND c.id = m.contact_id
           WHERE m.tenant_id = $1 AND m.group_id = asked.group_id AND c.deleted_at IS NULL
             AND ($3::uuid IS NULL OR m.contact_id > $3)
           ORDER BY m.contact_id LIMIT $4
        ) c
        ORDER BY c.id`,
      [scope.tenantId, groupIds, afterId, limit],
    );
    return groupRows(rows, (row) => row.groupId);
  }
}
