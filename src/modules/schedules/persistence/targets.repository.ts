import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** Whom schedules are for. */
@Injectable()
export class TargetsRepository {
  constructor(private readonly database: Database) {}

  async addContacts(tx: Sql, scope: TenantScope, scheduleId: string, contactIds: readonly string[]): Promise<void> {
    if (contactIds.length === 0) return;
    await tx.execute(
      {
        name: 'schedules-add-contacts',
        text: `INSERT INTO schedule_target_contacts (tenant_id, schedule_id, contact_id)
               SELECT DISTINCT $1::uuid, $2::uuid, id FROM unnest($3::uuid[]) AS given (id) ORDER BY id`,
      },
      [scope.tenantId, scheduleId, contactIds],
    );
  }

  async addGroups(tx: Sql, scope: TenantScope, scheduleId: string, groupIds: readonly string[]): Promise<void> {
    if (groupIds.length === 0) return;
    await tx.execute(
      {
        name: 'schedules-add-groups',
        text: `INSERT INTO schedule_target_groups (tenant_id, schedule_id, group_id)
               SELECT DISTINCT $1::uuid, $2::uuid, id FROM unnest($3::uuid[]) AS given (id) ORDER BY id`,
      },
      [scope.tenantId, scheduleId, groupIds],
    );
  }

  async clearContacts(tx: Sql, scope: TenantScope, scheduleId: string): Promise<void> {
    await tx.execute('DELETE FROM schedule_target_contacts WHERE tenant_id = $1 AND schedule_id = $2', [
      scope.tenantId,
      scheduleId,
    ]);
  }

  async clearGroups(tx: Sql, scope: TenantScope, scheduleId: string): Promise<void> {
    await tx.execute('DELETE FROM schedule_target_groups WHERE tenant_id = $1 AND schedule_id = $2', [
      scope.tenantId,
      scheduleId,
    ]);
  }

  /** How many contacts and groups a schedule names. */
  async count(tx: Sql, scope: TenantScope, scheduleId: string): Promise<{ contacts: number; groups: number }> {
    const rows = await tx.query<{ contacts: number; groups: number }>(
      `SELECT (SELECT count(*)::int FROM schedule_target_contacts WHERE tenant_id = $1 AND schedule_id = $2) AS contacts,
              (SELECT count(*)::int FROM schedule_target_groups WHERE tenant_id = $1 AND schedule_id = $2) AS groups`,
      [scope.tenantId, scheduleId],
    );
    return rows[0] as { contacts: number; groups: number };
  }

  /** Up to `limit` contacts that each schedule names, in the order of ids; one statement for all schedules. */
  async contactPages(
    scope: TenantScope,
    scheduleIds: readonly string[],
    afterId: string | null,
    limit: number,
  ): Promise<Map<string, string[]>> {
    const rows = await this.database.query<{ scheduleId: string; id: string }>(
      `SELECT asked.schedule_id AS "scheduleId", target.contact_id AS id FROM unnest($2::uuid[]) AS asked (schedule_id)
        CROSS JOIN LATERAL (
          SELECT t.contact_id FROM schedule_target_contacts t
           WHERE t.tenant_id = $1 AND t.schedule_id = asked.schedule_id AND ($3::uuid IS NULL OR t.contact_id > $3)
           ORDER BY t.contact_id LIMIT $4) target
        ORDER BY asked.schedule_id, target.contact_id`,
      [scope.tenantId, scheduleIds, afterId, limit],
    );
    return idsBySchedule(rows);
  }

  /** How many contacts each schedule names; none is left out. */
  async contactCounts(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ id: string; count: number }>(
      `SELECT schedule_id AS id, count(*)::int AS count FROM schedule_target_contacts
        WHERE tenant_id = $1 AND schedule_id = ANY ($2::uuid[]) GROUP BY schedule_id`,
      [scope.tenantId, scheduleIds],
    );
    return new Map(rows.map((row) => [row.id, row.count]));
  }

  /** The groups that each schedule names. */
  async groupIds(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, string[]>> {
    const rows = await this.database.query<{ scheduleId: string; id: string }>(
      `SELECT schedule_id AS "scheduleId", group_id AS id FROM schedule_target_groups
        WHERE tenant_id = $1 AND schedule_id = ANY ($2::uuid[]) ORDER BY schedule_id, group_id`,
      [scope.tenantId, scheduleIds],
    );
    return idsBySchedule(rows);
  }
}

function idsBySchedule(rows: readonly { readonly scheduleId: string; readonly id: string }[]): Map<string, string[]> {
  const byId = new Map<string, string[]>();
  for (const { scheduleId, id } of rows) {
    const ids = byId.get(scheduleId);
    if (ids) ids.push(id);
    else byId.set(scheduleId, [id]);
  }
  return byId;
}
