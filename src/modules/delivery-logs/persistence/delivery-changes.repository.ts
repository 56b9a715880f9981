import { Injectable } from '@nestjs/common';
import type { DeliveryState, WaitReason } from '../../../core/delivery/delivery-state.js';
import { CLAIM_LEAD_MS } from '../../../core/dispatch/claim-lead.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** A delivery as it is while this transaction holds its rows. */
export interface LockedDelivery {
  readonly state: DeliveryState;
  readonly waitReason: WaitReason;
  readonly version: number;
  readonly dueAt: Date;
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
  readonly failedAt: Date | null;
  /** Its queue row is there, and locked. */
  readonly isQueued: boolean;
  readonly scheduleId: string;
  readonly channelId: string;
}

/** A cancelled delivery, and what it waited for until then. */
export interface Cancelled {
  readonly waitReason: WaitReason;
}

/**
 * A person's changes to one delivery. Each names the state that it expects, and what it returns says whether it was so.
 * The queue row is locked before the log row, as in every statement that ends a delivery.
 */
@Injectable()
export class DeliveryChangesRepository {
  /**
   * pending, claimed → cancelled; null when it was neither. A dispatcher that has claimed it finds no row when it wants to
   * commit its intent, and without an intent it makes no call.
   */
  async cancelIfNotSending(tx: Sql, scope: TenantScope, id: string): Promise<Cancelled | null> {
    const rows = await tx.query<Cancelled>(
      `WITH gone AS (
         DELETE FROM delivery_queue q
          WHERE q.tenant_id = $1 AND q.delivery_id = $2 AND q.state IN ('pending', 'claimed')
         RETURNING q.*)
       UPDATE deliveries d
          SET status = 'cancelled', version = d.version + g.version + 1, attempt = g.attempt, needs_attention = false,
              error_code = g.error_code, error_message = g.error_message
         FROM gone g WHERE d.tenant_id = g.tenant_id AND d.id = g.delivery_id
       RETURNING CASE WHEN g.state = 'claimed' THEN 'none' ELSE g.wait_reason END AS "waitReason"`,
      [scope.tenantId, id],
    );
    return rows[0] ?? null;
  }

  /** The delivery with its rows locked until the transaction ends; null when there is none. */
  async lock(tx: Sql, scope: TenantScope, id: string): Promise<LockedDelivery | null> {
    const key = [scope.tenantId, id];
    const [queued] = await tx.query<{ state: DeliveryState; waitReason: WaitReason; version: number }>(
      `SELECT state, wait_reason AS "waitReason", version FROM delivery_queue
        WHERE tenant_id = $1 AND delivery_id = $2 FOR NO KEY UPDATE`,
      key,
    );
    const [log] = await tx.query<Omit<LockedDelivery, 'waitReason' | 'isQueued'>>(
      `SELECT status AS state, version, due_at AS "dueAt", schedule_id AS "scheduleId", channel_id AS "channelId",
              sent_at AS "sentAt", delivered_at AS "deliveredAt", read_at AS "readAt", failed_at AS "failedAt"
         FROM deliveries WHERE tenant_id = $1 AND id = $2 FOR NO KEY UPDATE`,
      key,
    );
    if (!log) return null;
    if (!queued) return { ...log, waitReason: 'none', isQueued: false };
    return { ...log, ...queued, version: log.version + queued.version, isQueued: true };
  }

  /**
   * Gives a waiting delivery another due time. Of a paused schedule it stays parked, for then; its deadline keeps its
   * distance. Of a campaign it keeps its spacing but not the window: a person chose the time.
   */
  async reschedule(tx: Sql, scope: TenantScope, id: string, at: Date): Promise<void> {
    const moved = await tx.execute(
      `UPDATE delivery_queue q
          SET ready_at = CASE WHEN q.wait_reason = 'paused' THEN 'infinity' ELSE $3::timestamptz END,
              parked_at = CASE WHEN q.wait_reason = 'paused' THEN $3::timestamptz END,
              wait_reason = CASE WHEN q.wait_reason = 'paused' THEN 'paused' ELSE 'none' END::wait_reason,
              expires_at = q.expires_at + ($3::timestamptz - d.due_at), version = q.version + 1,
              slot_at = CASE WHEN q.slot_at IS NOT NULL THEN $3::timestamptz END, slot_until = NULL
         FROM deliveries d
        WHERE d.tenant_id = q.tenant_id AND d.id = q.delivery_id
          AND q.tenant_id = $1 AND q.delivery_id = $2 AND q.state = 'pending'`,
      [scope.tenantId, id, at],
    );
    const due = await tx.execute('UPDATE deliveries SET due_at = $3 WHERE tenant_id = $1 AND id = $2', [
      scope.tenantId,
      id,
      at,
    ]);
    if (moved !== 1 || due !== 1) throw new Error(`a locked delivery could not be rescheduled: ${id}`);
  }

  /** uncertain → sent, at the time of the last call: a person knows that it went. */
  async markSent(tx: Sql, scope: TenantScope, id: string): Promise<void> {
    await this.settle(
      tx,
      scope,
      id,
      `status = 'sent', needs_attention = false, error_code = NULL, error_message = NULL,
       sent_at = coalesce(d.sent_at, (SELECT max(a.started_at) FROM delivery_attempts a
                                       WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.id), clock_timestamp())`,
    );
  }

  /** uncertain → failed: a person knows that it did not go. */
  async markFailed(tx: Sql, scope: TenantScope, id: string): Promise<void> {
    await this.settle(
      tx,
      scope,
      id,
      `status = 'failed', needs_attention = true, failed_at = clock_timestamp(),
       error_code = coalesce(d.error_code, 'MARKED_FAILED'), error_message = coalesce(d.error_message, 'Marked as failed by a person.')`,
    );
  }

  /**
   * uncertain, waiting for its settle time → ready now, with fresh attempts; parked when its schedule is paused. False when
   * it does not wait so, or when its schedule is cancelled.
   */
  async sendAgainNow(tx: Sql, scope: TenantScope, id: string): Promise<boolean> {
    const key = [scope.tenantId, id];
    const moved = await tx.execute(
      `UPDATE delivery_queue q
          SET state = 'pending', lease_token = 0, attempts_before = q.attempt, error_code = NULL, error_message = NULL,
              wait_reason = CASE WHEN s.status = 'PAUSED' THEN 'paused' ELSE 'none' END::wait_reason,
              ready_at = CASE WHEN s.status = 'PAUSED' THEN 'infinity' ELSE clock_timestamp() END,
              parked_at = CASE WHEN s.status = 'PAUSED' THEN clock_timestamp() END,
              expires_at = clock_timestamp() + s.expires_after_seconds * interval '1 second', version = q.version + 1
         FROM schedules s
        WHERE q.tenant_id = $1 AND q.delivery_id = $2 AND q.state = 'uncertain'
          AND s.tenant_id = q.tenant_id AND s.id = q.schedule_id AND s.status <> 'CANCELLED'`,
      key,
    );
    if (moved === 0) return false;
    const doubted = await tx.execute(
      `UPDATE deliveries SET status = 'pending', needs_attention = false, error_code = NULL, error_message = NULL
        WHERE tenant_id = $1 AND id = $2 AND status = 'uncertain'`,
      key,
    );
    if (doubted !== 1) throw new Error(`the log and the queue disagree about ${id}`);
    return true;
  }

  /**
   * Makes the dispatchers look at the channel when the delivery is ready. The last statement of a transaction, because
   * every sender of the channel waits for the lane.
   */
  async wakeLane(tx: Sql, scope: TenantScope, id: string): Promise<void> {
    await tx.execute(
      `UPDATE channel_lanes l SET open_at = least(l.open_at, q.ready_at - interval '${CLAIM_LEAD_MS} milliseconds')
         FROM delivery_queue q
        WHERE q.tenant_id = $1 AND q.delivery_id = $2 AND l.tenant_id = q.tenant_id AND l.channel_id = q.channel_id`,
      [scope.tenantId, id],
    );
  }

  private async settle(tx: Sql, scope: TenantScope, id: string, values: string): Promise<void> {
    const settled = await tx.execute(
      `WITH gone AS (
         DELETE FROM delivery_queue WHERE tenant_id = $1 AND delivery_id = $2 AND state = 'uncertain' RETURNING version, attempt)
       UPDATE deliveries d
          SET ${values}, version = d.version + coalesce((SELECT version FROM gone), 0) + 1,
              attempt = coalesce((SELECT attempt FROM gone), d.attempt)
        WHERE d.tenant_id = $1 AND d.id = $2 AND d.status = 'uncertain'`,
      [scope.tenantId, id],
    );
    if (settled !== 1) throw new Error(`a locked delivery could not be settled: ${id}`);
  }
}
