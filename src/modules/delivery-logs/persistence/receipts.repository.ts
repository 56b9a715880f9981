import { Injectable } from '@nestjs/common';
import type { DeliveryState, WaitReason } from '../../../core/delivery/delivery-state.js';
import type { Sql } from '../../../platform/database/sql.js';
import { keyColumns, type DeliveryKey } from './provider-events.repository.js';

/** The log row of a delivery, locked. */
export interface LockedLog extends DeliveryKey {
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly status: DeliveryState;
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
  readonly failedAt: Date | null;
  readonly gatewayMessageId: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** The queue row of a delivery. */
export interface QueueRow extends DeliveryKey {
  readonly state: DeliveryState;
  readonly waitReason: WaitReason;
}

/** What receipts make of a delivery. */
export interface ReceiptWrite extends DeliveryKey {
  readonly status: DeliveryState;
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
  readonly failedAt: Date | null;
  readonly gatewayMessageId: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  /** Nothing more is to be done: the queue row goes. */
  readonly leavesQueue: boolean;
}

/** A written delivery with its new version. */
export interface ReceiptWritten extends DeliveryKey {
  readonly version: number;
  readonly at: Date;
}

const LOCK_LOGS = {
  name: 'receipts-lock-logs',
  text: `
SELECT d.tenant_id AS "tenantId", d.id AS "deliveryId", d.schedule_id AS "scheduleId", d.run_id AS "runId",
       d.channel_id AS "channelId", d.contact_id AS "contactId", d.status, d.sent_at AS "sentAt", d.delivered_at AS "deliveredAt",
       d.read_at AS "readAt", d.failed_at AS "failedAt", d.gateway_message_id AS "gatewayMessageId",
       d.error_code AS "errorCode", d.error_message AS "errorMessage"
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, id)
  JOIN deliveries d ON d.tenant_id = k.tenant_id AND d.id = k.id
 ORDER BY d.tenant_id, d.id
   FOR NO KEY UPDATE OF d SKIP LOCKED`,
};

const QUEUED = {
  name: 'receipts-queued',
  text: `
SELECT q.tenant_id AS "tenantId", q.delivery_id AS "deliveryId", q.state, q.wait_reason AS "waitReason"
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, id)
  JOIN delivery_queue q ON q.tenant_id = k.tenant_id AND q.delivery_id = k.id`,
};

const LOCK_QUEUED = {
  name: 'receipts-lock-queued',
  text: `${QUEUED.text}
 ORDER BY q.tenant_id, q.delivery_id
   FOR UPDATE OF q SKIP LOCKED`,
};

// What is there already keeps its microseconds, which the instants that come back from here have lost.
const WRITE = {
  name: 'receipts-write',
  text: `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::delivery_status[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
                       $7::timestamptz[], $8::text[], $9::text[], $10::text[], $11::boolean[])
    AS t (tenant_id, id, status, sent_at, delivered_at, read_at, failed_at, gateway_message_id, error_code, error_message, leaves_queue)),
gone AS (
  DELETE FROM delivery_queue q USING input i
   WHERE i.leaves_queue AND q.tenant_id = i.tenant_id AND q.delivery_id = i.id
  RETURNING q.tenant_id, q.delivery_id, q.version, q.attempt)
UPDATE deliveries d
   SET status = i.status, sent_at = coalesce(d.sent_at, i.sent_at), delivered_at = i.delivered_at, read_at = i.read_at,
       failed_at = CASE WHEN i.failed_at IS NOT NULL THEN coalesce(d.failed_at, i.failed_at) END,
       gateway_message_id = coalesce(d.gateway_message_id, i.gateway_message_id), error_code = i.error_code, error_message = i.error_message,
       needs_attention = i.status IN ('failed', 'uncertain', 'expired'),
       version = d.version + coalesce(g.version, 0) + 1, attempt = coalesce(g.attempt, d.attempt)
  FROM input i LEFT JOIN gone g ON g.tenant_id = i.tenant_id AND g.delivery_id = i.id
 WHERE d.tenant_id = i.tenant_id AND d.id = i.id
RETURNING d.tenant_id AS "tenantId", d.id AS "deliveryId", d.version, clock_timestamp() AS at`,
};

/**
 * The rows that provider events change. Whoever holds a row at this moment moves the delivery, so it is stepped over
 * and its events wait: nothing here waits for a lock, which rules out deadlocks with the dispatcher's batches.
 */
@Injectable()
export class ReceiptsRepository {
  lockLogs(tx: Sql, deliveries: readonly DeliveryKey[]): Promise<LockedLog[]> {
    return tx.query<LockedLog>(LOCK_LOGS, keyColumns(deliveries));
  }

  /** Queue rows of locked deliveries, those that somebody else has locked included. */
  queued(tx: Sql, deliveries: readonly DeliveryKey[]): Promise<QueueRow[]> {
    return tx.query<QueueRow>(QUEUED, keyColumns(deliveries));
  }

  lockQueued(tx: Sql, deliveries: readonly DeliveryKey[]): Promise<QueueRow[]> {
    return tx.query<QueueRow>(LOCK_QUEUED, keyColumns(deliveries));
  }

  /** For rows that this transaction has locked: the locks are the guard. */
  write(tx: Sql, writes: readonly ReceiptWrite[]): Promise<ReceiptWritten[]> {
    return tx.query<ReceiptWritten>(WRITE, [
      ...keyColumns(writes),
      writes.map((write) => write.status),
      writes.map((write) => write.sentAt),
      writes.map((write) => write.deliveredAt),
      writes.map((write) => write.readAt),
      writes.map((write) => write.failedAt),
      writes.map((write) => write.gatewayMessageId),
      writes.map((write) => write.errorCode),
      writes.map((write) => write.errorMessage),
      writes.map((write) => write.leavesQueue),
    ]);
  }
}
