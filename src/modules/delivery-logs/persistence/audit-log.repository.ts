import { Injectable } from '@nestjs/common';
import { newId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** Who did what to which delivery; rows are only ever added. */
@Injectable()
export class AuditLogRepository {
  /** Part of the transaction that does it, so that neither is there without the other. */
  async add(
    tx: Sql,
    scope: TenantScope,
    action: string,
    subjectId: string,
    details: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    await tx.execute(
      'INSERT INTO audit_log (tenant_id, id, actor, action, subject_id, details) VALUES ($1, $2, $3, $4, $5, $6)',
      [scope.tenantId, newId(), scope.actor, action, subjectId, JSON.stringify(details)],
    );
  }
}
