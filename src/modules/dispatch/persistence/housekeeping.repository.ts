import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import { hasDoubt } from './doubt.js';
import { STATUS_CHANGE_OF_DELIVERY, type StatusChangeRow } from './status-change.js';

/** As a constant, so that a plan for any limit knows that it is about few rows, and finds them by their keys. */
const MOST_AT_ONCE = 1_000;

// The clock is read in a scalar subquery, once: compared directly, a volatile function keeps the index from stopping the
// scan, and every deadline that is still ahead would be read as well. The second comparison is no index's, for the same end.
/** What may have arrived leaves the queue too, and stays in doubt: it is not sent again so late. */
const EXPIRE = {
  name: 'dispatch-expire',
  text: `
WITH late AS MATERIALIZED (
  SELECT * FROM (
    SELECT tenant_id, delivery_id FROM delivery_queue
     WHERE expires_at <= (SELECT clock_timestamp()) AND state IN ('pending', 'uncertain')
     ORDER BY expires_at LIMIT ${MOST_AT_ONCE} FOR UPDATE SKIP LOCKED) most
   LIMIT $1),
gone AS (
  DELETE FROM delivery_queue q USING late l
   WHERE q.tenant_id = l.tenant_id AND q.delivery_id = l.delivery_id AND q.state IN ('pending', 'uncertain')
     AND coalesce(q.expires_at <= clock_timestamp(), false)
  RETURNING q.tenant_id, q.delivery_id, q.version, q.attempt, q.error_code, q.error_message,
            q.state = 'uncertain' OR (q.attempt > 0 AND ${hasDoubt('q.tenant_id', 'q.delivery_id')}) AS doubted)
UPDATE deliveries d
   SET status = CASE WHEN g.doubted THEN 'uncertain' ELSE 'expired' END::delivery_status, version = d.version + g.version + 1,
       attempt = g.attempt, needs_attention = true, error_code = CASE WHEN g.doubted THEN g.error_code ELSE 'EXPIRED' END,
       error_message = CASE WHEN g.doubted THEN g.error_message ELSE 'It became too late to be worth sending.' END
  FROM gone g WHERE d.tenant_id = g.tenant_id AND d.id = g.delivery_id
RETURNING ${STATUS_CHANGE_OF_DELIVERY}, d.status::text AS status`,
};

const HEAL_LANES = {
  name: 'dispatch-heal-lanes',
  text: `
UPDATE channel_lanes l SET open_at = clock_timestamp()
  FROM channels c
 WHERE c.tenant_id = l.tenant_id AND c.id = l.channel_id AND c.status = 'ACTIVE' AND l.open_at = 'infinity'
   AND EXISTS (SELECT FROM generate_series(10, 0, -1) AS p (priority)
                CROSS JOIN LATERAL (
                  SELECT FROM delivery_queue q
                   WHERE q.channel_id = l.channel_id AND q.priority = p.priority AND q.state IN ('pending', 'uncertain')
                     AND q.ready_at < 'infinity' AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
                     AND (q.slot_until IS NULL OR q.slot_until > clock_timestamp())
                   LIMIT 1) n)`,
};

const ORPHANS = {
  name: 'dispatch-orphans',
  text: `
INSERT INTO dispatch_leases (token, worker_id, lease_until, tenant_ids, delivery_ids)
SELECT q.lease_token, '00000000-0000-0000-0000-000000000000', clock_timestamp() - interval '1 second',
       array_agg(q.tenant_id), array_agg(q.delivery_id)
  FROM delivery_queue q
 WHERE q.state IN ('claimed', 'sending')
   AND NOT EXISTS (SELECT FROM dispatch_leases l WHERE l.token = q.lease_token)
 GROUP BY q.lease_token
ON CONFLICT (token) DO NOTHING`,
};

/** What has to be done now and then, on whatever replica comes first; each statement guards itself. */
@Injectable()
export class HousekeepingRepository {
  /** pending → expired, uncertain → uncertain for good, for up to `limit` deliveries, at most a thousand, that are past their deadline. */
  expire(sql: Sql, limit: number): Promise<(StatusChangeRow & { readonly status: string })[]> {
    return sql.query(EXPIRE, [limit]);
  }

  /** Opens lanes that nobody looks at although something waits in them; always 0 unless the program is wrong. */
  healLanes(sql: Sql): Promise<number> {
    return sql.execute(HEAL_LANES);
  }

  /** Gives held deliveries without a lease one that has expired, for the reaper; always 0 unless the program is wrong. */
  adoptOrphans(sql: Sql): Promise<number> {
    return sql.execute(ORPHANS);
  }
}
