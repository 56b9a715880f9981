import { Injectable } from '@nestjs/common';
import type { DeliveryState } from '../../../core/delivery/delivery-state.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ScheduleVersion } from './run-key.js';

/** A delivery that is in the queue again. */
export interface RequeuedDelivery {
  readonly id: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly version: number;
  readonly previous: DeliveryState;
}

const LOCK_SCHEDULES = {
  name: 'requeue-lock-schedules',
  text: `SELECT s.id FROM schedules s
          WHERE s.tenant_id = $1 AND s.id IN (SELECT d.schedule_id FROM deliveries d WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[]))
          ORDER BY s.id FOR NO KEY UPDATE`,
};

const LOCK_RUNS = {
  name: 'requeue-lock-runs',
  text: `SELECT r.id FROM schedule_runs r
          WHERE r.tenant_id = $1 AND r.id IN (SELECT d.run_id FROM deliveries d WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[]))
          ORDER BY r.id FOR NO KEY UPDATE`,
};

/**
 * The number may have been corrected meanwhile: the contact's present one counts. What belongs to a campaign has lost its
 * instant and waits for a new one.
 */
const REQUEUE = {
  name: 'requeue-deliveries',
  text: `
WITH picked AS MATERIALIZED (
  SELECT d.tenant_id, d.id, d.status AS previous, c.phone, s.status = 'PAUSED' AS is_paused, NOT s.respect_rate_limit AS express,
         lower(s.guarantee)::delivery_guarantee AS guarantee, s.priority, s.expires_after_seconds,
         (s.campaign ->> 'minSpacingSeconds')::integer AS spacing_seconds
    FROM deliveries d
    JOIN schedules s ON s.tenant_id = d.tenant_id AND s.id = d.schedule_id AND s.status <> 'CANCELLED'
    LEFT JOIN contacts c ON c.tenant_id = d.tenant_id AND c.id = d.contact_id
   WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[]) AND d.status = ANY ($3::delivery_status[])
     AND ($4::int IS NULL OR d.version = $4)
     AND NOT EXISTS (SELECT FROM delivery_queue q WHERE q.tenant_id = d.tenant_id AND q.delivery_id = d.id)
   ORDER BY d.id FOR UPDATE OF d),
again AS (
  UPDATE deliveries d
     SET status = 'pending', needs_attention = false, failed_at = NULL, error_code = NULL, error_message = NULL,
         version = d.version + 1, priority = p.priority, address = coalesce(p.phone, d.address)
    FROM picked p WHERE d.tenant_id = p.tenant_id AND d.id = p.id
  RETURNING d.*, p.previous, p.is_paused, p.express, p.guarantee, p.expires_after_seconds, p.spacing_seconds),
queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, channel_id, schedule_id, run_id, contact_id, ready_at, parked_at,
                              wait_reason, expires_at, guarantee, priority, attempt, attempts_before, express, slot_at,
                              spacing_seconds)
  SELECT a.tenant_id, a.id, a.channel_id, a.schedule_id, a.run_id, a.contact_id,
         CASE WHEN a.is_paused OR a.spacing_seconds IS NOT NULL THEN 'infinity' ELSE clock_timestamp() END,
         CASE WHEN a.is_paused THEN clock_timestamp() END,
         CASE WHEN a.is_paused THEN 'paused' ELSE 'none' END::wait_reason,
         clock_timestamp() + a.expires_after_seconds * interval '1 second', a.guarantee, a.priority, a.attempt, a.attempt,
         a.express, CASE WHEN a.spacing_seconds IS NOT NULL THEN '-infinity'::timestamptz END, a.spacing_seconds
    FROM again a)
SELECT a.id, a.schedule_id AS "scheduleId", a.run_id AS "runId", a.channel_id AS "channelId", a.contact_id AS "contactId",
       a.version, a.previous FROM again a ORDER BY a.id`,
};

const REOPEN_RUNS = {
  name: 'requeue-reopen-runs',
  text: `UPDATE schedule_runs SET status = 'RUNNING', finished_at = NULL
          WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND status IN ('COMPLETED', 'COMPLETED_WITH_FAILURES')`,
};

const REOPEN_SCHEDULES = {
  name: 'requeue-reopen-schedules',
  text: `UPDATE schedules SET status = 'PROCESSING', version = version + 1, updated_at = now()
          WHERE tenant_id = $1 AND id = ANY ($2::uuid[]) AND status = 'PENDING'
         RETURNING tenant_id AS "tenantId", id AS "scheduleId", version`,
};

const WAKE_LANES = {
  name: 'requeue-wake-lanes',
  text: `
WITH lanes AS MATERIALIZED (
  SELECT tenant_id, channel_id FROM channel_lanes WHERE tenant_id = $1 AND channel_id = ANY ($2::uuid[])
   ORDER BY channel_id FOR NO KEY UPDATE)
UPDATE channel_lanes l SET open_at = least(l.open_at, clock_timestamp())
  FROM lanes WHERE l.tenant_id = lanes.tenant_id AND l.channel_id = lanes.channel_id`,
};

const FAILED_AFTER = {
  name: 'requeue-failed-after',
  text: `SELECT d.id FROM deliveries d
          WHERE d.tenant_id = $1 AND d.schedule_id = $2 AND d.id > $3 AND d.needs_attention
            AND d.status IN ('failed', 'expired')
          ORDER BY d.id LIMIT $4`,
};

/** Puts deliveries that have ended into the queue again; to be called in this order, in one transaction. */
@Injectable()
export class RequeueingRepository {
  /** Locks what the deliveries belong to: their schedules, then their runs. */
  async lockOwners(tx: Sql, scope: TenantScope, deliveryIds: readonly string[]): Promise<void> {
    await tx.query(LOCK_SCHEDULES, [scope.tenantId, deliveryIds]);
    await tx.query(LOCK_RUNS, [scope.tenantId, deliveryIds]);
  }

  /**
   * Requeues those of the deliveries that are in one of the states, of the version unless that is null, and whose schedule
   * is not cancelled.
   */
  requeue(
    tx: Sql,
    scope: TenantScope,
    deliveryIds: readonly string[],
    from: readonly DeliveryState[],
    version: number | null,
  ): Promise<RequeuedDelivery[]> {
    return tx.query<RequeuedDelivery>(REQUEUE, [scope.tenantId, deliveryIds, from, version]);
  }

  async reopenRuns(tx: Sql, scope: TenantScope, runIds: readonly string[]): Promise<void> {
    await tx.execute(REOPEN_RUNS, [scope.tenantId, runIds]);
  }

  /** Schedules that wait for another run are processing again; those that are over stay so. Returns the changed ones. */
  reopenSchedules(tx: Sql, scope: TenantScope, scheduleIds: readonly string[]): Promise<ScheduleVersion[]> {
    return tx.query<ScheduleVersion>(REOPEN_SCHEDULES, [scope.tenantId, scheduleIds]);
  }

  async wakeLanes(tx: Sql, scope: TenantScope, channelIds: readonly string[]): Promise<void> {
    await tx.execute(WAKE_LANES, [scope.tenantId, channelIds]);
  }

  /** Deliveries of a schedule after an id that failed or expired, in the order of ids. */
  async failedAfter(
    sql: Sql,
    scope: TenantScope,
    scheduleId: string,
    afterId: string,
    limit: number,
  ): Promise<string[]> {
    const rows = await sql.query<{ id: string }>(FAILED_AFTER, [scope.tenantId, scheduleId, afterId, limit]);
    return rows.map((row) => row.id);
  }
}
