import { Injectable } from '@nestjs/common';
import type { WaitReason } from '../../../core/delivery/delivery-state.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { RunKey } from './run-key.js';

/** A delivery that was just cancelled, and why it had been waiting. */
export interface CancelledDelivery {
  readonly id: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly version: number;
  readonly waitReason: WaitReason;
}

// Both rows of a delivery are locked without waiting, so that a dispatcher's record or a receipt that goes the other way
// round cannot deadlock with this. What is held at this moment is found by the next round.
const LOCKED_PART = (state: string) => `
  SELECT q.tenant_id, q.delivery_id FROM delivery_queue q
    JOIN deliveries d ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id
   WHERE q.tenant_id = $1 AND q.run_id = $2 AND q.state = '${state}'
   ORDER BY q.delivery_id LIMIT $3 FOR UPDATE SKIP LOCKED`;

const CANCEL_PENDING = {
  name: 'runs-cancel-pending',
  text: `
WITH part AS MATERIALIZED (${LOCKED_PART('pending')}),
gone AS (
  DELETE FROM delivery_queue q USING part
   WHERE q.tenant_id = part.tenant_id AND q.delivery_id = part.delivery_id AND q.state = 'pending'
  RETURNING q.tenant_id, q.delivery_id, q.version, q.attempt, q.wait_reason, q.error_code, q.error_message)
UPDATE deliveries d
   SET status = 'cancelled', version = d.version + gone.version + 1, attempt = gone.attempt, needs_attention = false,
       error_code = gone.error_code, error_message = gone.error_message
  FROM gone WHERE d.tenant_id = gone.tenant_id AND d.id = gone.delivery_id
RETURNING d.id, d.channel_id AS "channelId", d.contact_id AS "contactId", d.version, gone.wait_reason AS "waitReason"`,
};

/** The gateway may have taken these: they stay uncertain, and are not sent again. */
const RELEASE_UNCERTAIN = {
  name: 'runs-release-uncertain',
  text: `
WITH part AS MATERIALIZED (${LOCKED_PART('uncertain')}),
gone AS (
  DELETE FROM delivery_queue q USING part
   WHERE q.tenant_id = part.tenant_id AND q.delivery_id = part.delivery_id AND q.state = 'uncertain'
  RETURNING q.tenant_id, q.delivery_id, q.version, q.attempt, q.error_code, q.error_message)
UPDATE deliveries d
   SET status = 'uncertain', version = d.version + gone.version + 1, attempt = gone.attempt, needs_attention = true,
       error_code = gone.error_code, error_message = gone.error_message
  FROM gone WHERE d.tenant_id = gone.tenant_id AND d.id = gone.delivery_id`,
};

/** A dispatcher holds these and has not called: it sees the wish before it does. */
const ASK_CLAIMED = {
  name: 'runs-ask-claimed-to-cancel',
  text: `
WITH part AS MATERIALIZED (
  SELECT q.tenant_id, q.delivery_id FROM delivery_queue q
   WHERE q.tenant_id = $1 AND q.run_id = $2 AND q.state = 'claimed' AND NOT q.cancel_requested
   ORDER BY q.delivery_id LIMIT $3 FOR UPDATE SKIP LOCKED)
UPDATE delivery_queue q SET cancel_requested = true, version = q.version + 1
  FROM part WHERE q.tenant_id = part.tenant_id AND q.delivery_id = part.delivery_id AND q.state = 'claimed'`,
};

const MARK_CANCELLED = {
  name: 'runs-mark-cancelled',
  text: `UPDATE schedule_runs r SET status = 'CANCELLED', finished_at = clock_timestamp()
          WHERE r.tenant_id = $1 AND r.id = $2 AND r.status IN ('CREATED', 'RUNNING')
            AND EXISTS (SELECT FROM schedules s
                         WHERE s.tenant_id = r.tenant_id AND s.id = r.schedule_id AND s.status = 'CANCELLED')
            AND NOT EXISTS (SELECT FROM delivery_queue q WHERE q.tenant_id = r.tenant_id AND q.run_id = r.id)`,
};

const UNFINISHED_RUNS = {
  name: 'schedules-unfinished-runs',
  text: `SELECT tenant_id AS "tenantId", id AS "runId", schedule_id AS "scheduleId" FROM schedule_runs
          WHERE tenant_id = $1 AND schedule_id = $2 AND status IN ('CREATED', 'RUNNING') ORDER BY id`,
};

/** Empties the queue of runs whose schedule is CANCELLED. Each method is one statement and can be repeated. */
@Injectable()
export class CancellingRepository {
  /** The runs of a schedule that are not finished. */
  unfinishedRuns(sql: Sql, tenantId: string, scheduleId: string): Promise<RunKey[]> {
    return sql.query<RunKey>(UNFINISHED_RUNS, [tenantId, scheduleId]);
  }

  /** Cancels up to `limit` deliveries that wait; fewer when no more can be had at this moment. */
  cancelPending(sql: Sql, run: RunKey, limit: number): Promise<CancelledDelivery[]> {
    return sql.query<CancelledDelivery>(CANCEL_PENDING, [run.tenantId, run.runId, limit]);
  }

  /** Takes up to `limit` uncertain deliveries out of the queue. */
  releaseUncertain(sql: Sql, run: RunKey, limit: number): Promise<number> {
    return sql.execute(RELEASE_UNCERTAIN, [run.tenantId, run.runId, limit]);
  }

  /** Asks the dispatchers to cancel up to `limit` deliveries that they hold. */
  askClaimed(sql: Sql, run: RunKey, limit: number): Promise<number> {
    return sql.execute(ASK_CLAIMED, [run.tenantId, run.runId, limit]);
  }

  /** Ends the run when nothing of it is left in the queue. */
  async markCancelled(sql: Sql, run: RunKey): Promise<boolean> {
    return (await sql.execute(MARK_CANCELLED, [run.tenantId, run.runId])) === 1;
  }
}
