import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/**
 * Who asked to receive nothing more, by number: a contact that is deleted and made again stays opted out.
 * Every live contact with the number carries the time too.
 */
@Injectable()
export class OptOutsRepository {
  /**
   * Makes changes that concern one number wait for each other until their transactions end. Without it an opt-out and a
   * contact that gets the number at the same moment would not see each other.
   */
  async lockNumber(tx: Sql, scope: TenantScope, phoneKey: string): Promise<void> {
    await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`opt-out:${scope.tenantId}:${phoneKey}`]);
  }

  async find(sql: Sql, scope: TenantScope, phoneKey: string): Promise<Date | null> {
    const rows = await sql.query<{ at: Date }>(
      'SELECT opted_out_at AS at FROM opt_outs WHERE tenant_id = $1 AND phone_key = $2',
      [scope.tenantId, phoneKey],
    );
    return rows[0]?.at ?? null;
  }

  /** Remembers the number and marks every live contact that has it; what was opted out before keeps its time. */
  async remember(tx: Sql, scope: TenantScope, phoneKey: string, at: Date | null): Promise<void> {
    await tx.execute(
      `INSERT INTO opt_outs (tenant_id, phone_key, opted_out_at) VALUES ($1, $2, coalesce($3, now()))
       ON CONFLICT (tenant_id, phone_key) DO NOTHING`,
      [scope.tenantId, phoneKey, at],
    );
    await tx.execute(
      `UPDATE contacts c SET opted_out_at = o.opted_out_at, updated_at = now()
         FROM opt_outs o
        WHERE o.tenant_id = $1 AND o.phone_key = $2
          AND c.tenant_id = $1 AND c.phone_key = $2 AND c.deleted_at IS NULL AND c.opted_out_at IS NULL`,
      [scope.tenantId, phoneKey],
    );
  }

  /** Forgets the number and frees every live contact that has it. */
  async forget(tx: Sql, scope: TenantScope, phoneKey: string): Promise<void> {
    await tx.execute('DELETE FROM opt_outs WHERE tenant_id = $1 AND phone_key = $2', [scope.tenantId, phoneKey]);
    await tx.execute(
      `UPDATE contacts SET opted_out_at = NULL, updated_at = now()
        WHERE tenant_id = $1 AND phone_key = $2 AND deleted_at IS NULL AND opted_out_at IS NOT NULL`,
      [scope.tenantId, phoneKey],
    );
  }

  /** For one contact alone: one without a number, or one whose own mark differs from its number's. */
  async markContact(tx: Sql, scope: TenantScope, contactId: string, optedOut: boolean): Promise<void> {
    await tx.execute(
      `UPDATE contacts SET opted_out_at = CASE WHEN $3 THEN now() END, updated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL AND (opted_out_at IS NOT NULL) <> $3`,
      [scope.tenantId, contactId, optedOut],
    );
  }
}
