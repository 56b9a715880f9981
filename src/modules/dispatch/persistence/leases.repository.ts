import { Injectable } from '@nestjs/common';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { DeliveryIds } from './status-change.js';

/** A lease whose time is over, locked. */
export interface ExpiredLease {
  readonly token: number;
  readonly workerId: string;
  readonly tenantIds: readonly string[];
  readonly deliveryIds: readonly string[];
}

/** What is still held under an expired lease. */
export interface AbandonedDelivery extends DeliveryIds {
  readonly token: number;
  readonly state: 'claimed' | 'sending';
  readonly guarantee: 'at_most_once' | 'at_least_once';
  readonly attempt: number;
  readonly attemptsBefore: number;
  readonly cancelRequested: boolean;
  readonly retryPolicy: RetryPolicy;
}

const LOCK_EXPIRED = {
  name: 'dispatch-lock-expired-leases',
  text: `
SELECT token, worker_id AS "workerId", tenant_ids AS "tenantIds", delivery_ids AS "deliveryIds"
  FROM dispatch_leases WHERE lease_until < clock_timestamp() ORDER BY token LIMIT $1 FOR UPDATE SKIP LOCKED`,
};

const ABANDONED = {
  name: 'dispatch-abandoned',
  text: `
SELECT q.tenant_id AS "tenantId", q.delivery_id AS "deliveryId", q.lease_token AS token, q.channel_id AS "channelId",
       q.schedule_id AS "scheduleId", q.run_id AS "runId", q.contact_id AS "contactId", q.state, q.guarantee, q.attempt, q.attempts_before AS "attemptsBefore",
       q.cancel_requested AS "cancelRequested", s.retry_policy AS "retryPolicy"
  FROM unnest($1::uuid[], $2::uuid[]) AS h (tenant_id, delivery_id)
  JOIN delivery_queue q ON q.tenant_id = h.tenant_id AND q.delivery_id = h.delivery_id
  JOIN schedules s ON s.tenant_id = q.tenant_id AND s.id = q.schedule_id
 WHERE q.lease_token = $3 AND q.state IN ('claimed', 'sending')
 ORDER BY q.delivery_id FOR UPDATE OF q`,
};

// With a record of its own in the log, so that the commit waits for the disk also when the number was logged by somebody
// else's, which may not be there yet: a transaction id alone does not make it wait.
const TAKE_BLOCK = {
  name: 'dispatch-take-token-block',
  text: `SELECT nextval('dispatch_tokens') AS block, pg_logical_emit_message(true, 'pontual', '')`,
};

/** Leases of claimed batches: a lease's row is the mutex between its worker's intents and the reaper. */
@Injectable()
export class LeasesRepository {
  /** A number that is never given again, not even after a crash of the database. */
  async takeTokenBlock(sql: Sql): Promise<number> {
    const [row] = await sql.query<{ block: number }>(TAKE_BLOCK);
    if (!row) throw new Error('the sequence of lease tokens gave nothing');
    return row.block;
  }

  lockExpired(tx: Sql, limit: number): Promise<ExpiredLease[]> {
    return tx.query<ExpiredLease>(LOCK_EXPIRED, [limit]);
  }

  /** Deliveries that are still held under the lease, locked; the rest were settled before. */
  abandoned(tx: Sql, lease: ExpiredLease): Promise<AbandonedDelivery[]> {
    return tx.query<AbandonedDelivery>(ABANDONED, [lease.tenantIds, lease.deliveryIds, lease.token]);
  }

  async remove(sql: Sql, tokens: readonly number[]): Promise<void> {
    await sql.execute(
      { name: 'dispatch-remove-leases', text: 'DELETE FROM dispatch_leases WHERE token = ANY ($1::bigint[])' },
      [tokens],
    );
  }
}
