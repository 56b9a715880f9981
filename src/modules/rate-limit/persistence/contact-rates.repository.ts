import { Injectable } from '@nestjs/common';
import type { EpochMicros } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** The buckets of contacts on channels; a missing row is an unused bucket. */
@Injectable()
export class ContactRatesRepository {
  /** Buckets that are not full at this moment, by channel. */
  async countActive(
    sql: Sql,
    scope: TenantScope,
    channelIds: readonly string[],
    nowUs: EpochMicros,
  ): Promise<Map<string, number>> {
    const rows = await sql.query<{ channelId: string; count: number }>(
      `SELECT channel_id AS "channelId", count(*)::int AS count FROM contact_rates
        WHERE tenant_id = $1 AND channel_id = ANY ($2::uuid[]) AND tat_us > $3 GROUP BY channel_id`,
      [scope.tenantId, channelIds, nowUs],
    );
    return new Map(rows.map((row) => [row.channelId, row.count]));
  }

  /** Fills the bucket, and lets what waited for it be considered at once. */
  async reset(tx: Sql, scope: TenantScope, channelId: string, contactId: string): Promise<void> {
    const key = [scope.tenantId, channelId, contactId];
    await tx.execute('DELETE FROM contact_rates WHERE tenant_id = $1 AND channel_id = $2 AND contact_id = $3', key);
    await tx.execute(
      `UPDATE delivery_queue SET ready_at = clock_timestamp(), wait_reason = 'none', version = version + 1
        WHERE tenant_id = $1 AND channel_id = $2 AND contact_id = $3 AND state = 'pending' AND wait_reason = 'rate_limit'`,
      key,
    );
  }

  /** Removes buckets that have been full again for a while; returns how many. */
  async deleteFull(sql: Sql, limit: number): Promise<number> {
    return sql.execute(
      `DELETE FROM contact_rates WHERE (tenant_id, channel_id, contact_id) IN (
         SELECT tenant_id, channel_id, contact_id FROM contact_rates
          WHERE tat_us < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 3600000000
          LIMIT $1 FOR UPDATE SKIP LOCKED)`,
      [limit],
    );
  }
}
