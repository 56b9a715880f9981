import { Injectable } from '@nestjs/common';
import { CLAIM_LEAD_MS } from '../../../core/dispatch/claim-lead.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { ScheduleKey } from './run-key.js';

const UNFINISHED = `
  q.run_id IN (SELECT r.id FROM schedule_runs r
                WHERE r.tenant_id = $1 AND r.schedule_id = $2 AND r.status IN ('CREATED', 'RUNNING'))`;

const IS_PAUSED = {
  name: 'schedules-is-paused-for-share',
  text: `SELECT status = 'PAUSED' AS "isPaused", status = 'CANCELLED' AS "isCancelled" FROM schedules
          WHERE tenant_id = $1 AND id = $2 FOR SHARE`,
};

const PARK = {
  name: 'schedules-park',
  text: `
WITH part AS MATERIALIZED (
  SELECT q.tenant_id, q.delivery_id FROM delivery_queue q
   WHERE q.tenant_id = $1 AND ${UNFINISHED} AND q.state = 'pending' AND q.wait_reason <> 'paused'
   ORDER BY q.delivery_id LIMIT $3 FOR UPDATE SKIP LOCKED)
UPDATE delivery_queue q
   SET parked_at = q.ready_at, ready_at = 'infinity', wait_reason = 'paused', version = q.version + 1
  FROM part WHERE q.tenant_id = part.tenant_id AND q.delivery_id = part.delivery_id`,
};

/** What belongs to a campaign has lost its instant: it waits for a new one, so that nothing goes in a burst. */
const UNPARK = {
  name: 'schedules-unpark',
  text: `
WITH part AS MATERIALIZED (
  SELECT q.tenant_id, q.delivery_id FROM delivery_queue q
   WHERE q.tenant_id = $1 AND ${UNFINISHED} AND q.state = 'pending' AND q.wait_reason = 'paused'
   ORDER BY q.delivery_id LIMIT $3 FOR UPDATE SKIP LOCKED),
freed AS (
  UPDATE delivery_queue q
     SET ready_at = CASE WHEN q.slot_at IS NULL THEN coalesce(q.parked_at, clock_timestamp()) ELSE 'infinity' END,
         slot_at = CASE WHEN q.slot_at IS NOT NULL THEN '-infinity'::timestamptz END, parked_at = NULL, version = q.version + 1,
         wait_reason = CASE WHEN q.slot_at IS NULL AND q.attempt > q.attempts_before THEN 'retry' ELSE 'none' END::wait_reason
    FROM part WHERE q.tenant_id = part.tenant_id AND q.delivery_id = part.delivery_id
  RETURNING q.channel_id, q.ready_at),
woken AS (
  UPDATE channel_lanes l SET open_at = least(l.open_at, f.ready_at - interval '${CLAIM_LEAD_MS} milliseconds')
    FROM (SELECT channel_id, min(ready_at) AS ready_at FROM freed GROUP BY channel_id) f
   WHERE l.tenant_id = $1 AND l.channel_id = f.channel_id)
SELECT count(*)::int AS count FROM freed`,
};

/** What a schedule's queue rows take from it. A requeued delivery keeps the deadline that it got then. */
const APPLY = {
  name: 'schedules-apply-settings',
  text: `
WITH part AS MATERIALIZED (
  SELECT q.tenant_id, q.delivery_id, s.priority, NOT s.respect_rate_limit AS express,
         CASE WHEN q.attempts_before > 0 THEN q.expires_at
              ELSE d.due_at + s.expires_after_seconds * interval '1 second' END AS expires_at
    FROM schedules s
    JOIN delivery_queue q ON q.tenant_id = s.tenant_id AND q.schedule_id = s.id
    JOIN deliveries d ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id
   WHERE s.tenant_id = $1 AND s.id = $2 AND ${UNFINISHED} AND q.state = 'pending'
     AND (q.priority <> s.priority OR q.express = s.respect_rate_limit
          OR (q.attempts_before = 0
              AND q.expires_at IS DISTINCT FROM d.due_at + s.expires_after_seconds * interval '1 second'))
   ORDER BY q.delivery_id LIMIT $3 FOR UPDATE OF q, d SKIP LOCKED),
changed AS (
  UPDATE delivery_queue q
     SET priority = part.priority, express = part.express, expires_at = part.expires_at, version = q.version + 1
    FROM part WHERE q.tenant_id = part.tenant_id AND q.delivery_id = part.delivery_id
  RETURNING q.channel_id),
logged AS (
  UPDATE deliveries d SET priority = part.priority
    FROM part WHERE d.tenant_id = part.tenant_id AND d.id = part.delivery_id),
woken AS (
  UPDATE channel_lanes l SET open_at = least(l.open_at, clock_timestamp())
    FROM (SELECT DISTINCT channel_id FROM changed) c
   WHERE l.tenant_id = $1 AND l.channel_id = c.channel_id)
SELECT count(*)::int AS count FROM changed`,
};

/**
 * What a change of a schedule does to its deliveries that wait, in parts. Rows are locked without waiting; what somebody
 * holds is on its way and is judged by the dispatcher, which reads the schedule before it calls.
 */
@Injectable()
export class ParkingRepository {
  /** Whether the schedule is paused, which stays so until the transaction ends; undefined when it is gone. */
  async readForShare(
    tx: Sql,
    key: ScheduleKey,
  ): Promise<{ readonly isPaused: boolean; readonly isCancelled: boolean } | undefined> {
    const rows = await tx.query<{ isPaused: boolean; isCancelled: boolean }>(IS_PAUSED, [key.tenantId, key.scheduleId]);
    return rows[0];
  }

  /** Takes up to `limit` waiting deliveries off the clock. */
  park(tx: Sql, key: ScheduleKey, limit: number): Promise<number> {
    return tx.execute(PARK, [key.tenantId, key.scheduleId, limit]);
  }

  /** Puts up to `limit` parked deliveries back to the time that they had. */
  async unpark(tx: Sql, key: ScheduleKey, limit: number): Promise<number> {
    const rows = await tx.query<{ count: number }>(UNPARK, [key.tenantId, key.scheduleId, limit]);
    return rows[0]?.count ?? 0;
  }

  /** Gives up to `limit` waiting deliveries the schedule's present priority, deadline and respect for the limit. */
  async applySettings(tx: Sql, key: ScheduleKey, limit: number): Promise<number> {
    const rows = await tx.query<{ count: number }>(APPLY, [key.tenantId, key.scheduleId, limit]);
    return rows[0]?.count ?? 0;
  }
}
