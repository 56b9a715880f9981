import { Injectable } from '@nestjs/common';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import type { DeliveryGuarantee, ScheduleStatus } from '../../../core/scheduling/schedule-words.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { ScheduleKey } from './run-key.js';

/** What a dispatcher has to know of the schedule of a delivery. */
export interface ScheduleForSending {
  readonly tenantId: string;
  readonly id: string;
  readonly status: ScheduleStatus;
  readonly messageId: string;
  readonly useNicknames: boolean;
  readonly retryPolicy: RetryPolicy;
  readonly guarantee: DeliveryGuarantee;
  readonly respectRateLimit: boolean;
}

const FOR_SENDING = {
  name: 'schedules-for-sending',
  text: `SELECT s.tenant_id AS "tenantId", s.id, s.status, s.message_id AS "messageId", s.use_nicknames AS "useNicknames",
                s.retry_policy AS "retryPolicy", s.guarantee, s.respect_rate_limit AS "respectRateLimit"
           FROM unnest($1::uuid[], $2::uuid[]) AS asked (tenant_id, schedule_id)
           JOIN schedules s ON s.tenant_id = asked.tenant_id AND s.id = asked.schedule_id`,
};

/** The rules that schedules set for the sending of their deliveries. */
@Injectable()
export class ScheduleSendingRules {
  /** By schedule id; one statement over all tenants. Unknown pairs are left out. */
  async forSending(sql: Sql, pairs: readonly ScheduleKey[]): Promise<Map<string, ScheduleForSending>> {
    const rows = await sql.query<ScheduleForSending>(FOR_SENDING, [
      pairs.map((pair) => pair.tenantId),
      pairs.map((pair) => pair.scheduleId),
    ]);
    return new Map(rows.map((row) => [row.id, row]));
  }
}
