import { Injectable } from '@nestjs/common';
import type { EpochMicros } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { CandidateRow, ClaimWrites, DatabaseNow, LaneRequest, LaneWrite, LockedLane } from './claim-rows.js';
import { hasDoubt } from './doubt.js';
import type { StatusChangeRow } from './status-change.js';

interface LaneRow extends Omit<LockedLane, 'state'> {
  readonly tatUs: number;
  readonly lastTakenUs: number;
  readonly day: string | null;
  readonly sentToday: number;
  readonly nowUs: EpochMicros;
  readonly nowText: string;
}

const LOCK_LANES = {
  name: 'dispatch-lock-lanes',
  text: `
WITH locked AS MATERIALIZED (
SELECT l.tenant_id AS "tenantId", l.channel_id AS "channelId", l.tat_us AS "tatUs", l.last_taken_us AS "lastTakenUs",
       l.day::text AS day, l.sent_today AS "sentToday", l.held_until_us AS "heldUntilUs", c.version AS "channelVersion", c.status = 'ACTIVE' AS active,
       c.time_zone AS "timeZone", c.per_minute AS "perMinute", c.burst, c.per_contact_per_minute AS "perContactPerMinute",
       c.per_day AS "perDay", c.min_spacing_seconds AS "minSpacingSeconds", c.sending_from_minute AS "sendingFromMinute",
       c.sending_to_minute AS "sendingToMinute", c.sending_weekdays AS "sendingWeekdays"
  FROM channel_lanes l JOIN channels c ON c.tenant_id = l.tenant_id AND c.id = l.channel_id
 WHERE l.open_at <= (SELECT clock_timestamp()) AND l.open_at < 'infinity' AND l.channel_id <> ALL ($2::uuid[])
 ORDER BY l.open_at
 LIMIT $1
   FOR NO KEY UPDATE OF l SKIP LOCKED)
SELECT locked.*, (extract(epoch FROM now.at) * 1000000)::bigint AS "nowUs", now.at::text AS "nowText"
  FROM locked CROSS JOIN (SELECT clock_timestamp() AS at FROM (SELECT count(*) FROM locked) counted) now`,
};

/** Whether a row of the queue may be claimed now ($4); the first condition is the one that the indexes know. */
const IS_CLAIMABLE = `ready_at <= $4::timestamptz + wanted.lead_ms * interval '1 ms'
           AND (ready_at <= $4::timestamptz OR spacing_seconds IS NULL)`;

/** When a row of the queue may be claimed at the earliest. */
const CLAIMABLE_FROM = `q.ready_at - CASE WHEN q.spacing_seconds IS NULL THEN w.lead_ms ELSE 0 END * interval '1 ms'`;

/**
 * Priority by priority, because an index scan over all of a lane's priorities would walk past every future row of a
 * higher one. LIMIT stands inside each LATERAL, so that no more rows are locked than are wanted. Uncertain rows are
 * AT_LEAST_ONCE deliveries whose settle time is over. What has outlived the hours of its planned day waits for another
 * plan. What else is known of a delivery is asked row by row: see heldRows.
 */
const CANDIDATES = {
  name: 'dispatch-candidates',
  text: `
SELECT x."tenantId", x."deliveryId", x."channelId", x."scheduleId", x."runId", x."contactId", x.guarantee, x."attemptsBefore",
       x.express, x.uncertain, x."spacingSeconds", d.variation, d.client_message_id AS "clientMessageId",
       coalesce((SELECT r.tat_us FROM contact_rates r
                  WHERE r.tenant_id = x."tenantId" AND r.channel_id = x."channelId" AND r.contact_id = x."contactId"), 0) AS "contactTatUs",
       (extract(epoch FROM x."readyAt") * 1000000)::bigint AS "readyAtUs",
       x.attempt > 0 AND ${hasDoubt('x."tenantId"', 'x."deliveryId"')} AS doubted
  FROM unnest($1::uuid[], $2::int[], $3::int[], $5::int[]) AS wanted (channel_id, limited, express, lead_ms)
 CROSS JOIN LATERAL (
   SELECT * FROM (
     SELECT q.* FROM generate_series(10, 0, -1) AS p (priority)
      CROSS JOIN LATERAL (
        SELECT tenant_id AS "tenantId", delivery_id AS "deliveryId", channel_id AS "channelId", schedule_id AS "scheduleId",
               run_id AS "runId", contact_id AS "contactId", guarantee, attempt, attempts_before AS "attemptsBefore", express,
               state = 'uncertain' AS uncertain, coalesce(spacing_seconds, 0) AS "spacingSeconds", priority, ready_at AS "readyAt"
          FROM delivery_queue
         WHERE channel_id = wanted.channel_id AND priority = p.priority AND ${IS_CLAIMABLE}
           AND state IN ('pending', 'uncertain') AND NOT express AND (expires_at IS NULL OR expires_at > $4::timestamptz)
           AND (slot_until IS NULL OR slot_until > $4::timestamptz)
         ORDER BY ready_at, delivery_id
         LIMIT wanted.limited
           FOR NO KEY UPDATE SKIP LOCKED) q
      LIMIT wanted.limited) limited
   UNION ALL
   SELECT * FROM (
     SELECT tenant_id, delivery_id, channel_id, schedule_id, run_id, contact_id, guarantee, attempt, attempts_before, express,
            state = 'uncertain', coalesce(spacing_seconds, 0), priority, ready_at
       FROM delivery_queue
      WHERE channel_id = wanted.channel_id AND express AND ${IS_CLAIMABLE}
        AND state IN ('pending', 'uncertain') AND (expires_at IS NULL OR expires_at > $4::timestamptz)
        AND (slot_until IS NULL OR slot_until > $4::timestamptz)
      ORDER BY ready_at
      LIMIT wanted.express
        FOR NO KEY UPDATE SKIP LOCKED) express) x
  CROSS JOIN LATERAL (SELECT variation, client_message_id FROM deliveries
                       WHERE tenant_id = x."tenantId" AND id = x."deliveryId" LIMIT 1) d
 ORDER BY x.priority DESC, x."readyAt", x."deliveryId"`,
};

const WRITE_CLAIM = {
  name: 'dispatch-write-claim',
  text: `
WITH lease AS (
  INSERT INTO dispatch_leases (token, worker_id, lease_until, tenant_ids, delivery_ids)
  SELECT $14::bigint, $1, clock_timestamp() + $2::float8 * interval '1 millisecond', $3::uuid[], $4::uuid[]
   WHERE cardinality($4::uuid[]) > 0),
claimed AS (
  UPDATE delivery_queue q SET state = 'claimed', lease_token = $14::bigint
   WHERE q.delivery_id = ANY ($4::uuid[]) AND q.tenant_id = ANY ($3::uuid[]) AND q.state IN ('pending', 'uncertain')),
doubted AS (
  UPDATE deliveries d SET status = 'pending', needs_attention = false
    FROM unnest($12::uuid[], $13::uuid[]) AS t (tenant_id, delivery_id)
   WHERE d.tenant_id = t.tenant_id AND d.id = t.delivery_id AND d.status = 'uncertain'),
deferred AS (
  UPDATE delivery_queue q
     SET ready_at = to_timestamp(t.us / 1000000.0), version = q.version + 1,
         wait_reason = CASE q.state WHEN 'pending' THEN 'rate_limit' ELSE q.wait_reason END
    FROM unnest($5::uuid[], $6::uuid[], $7::bigint[]) AS t (tenant_id, delivery_id, us)
   WHERE q.delivery_id = ANY ($6::uuid[])
     AND q.tenant_id = t.tenant_id AND q.delivery_id = t.delivery_id AND q.state IN ('pending', 'uncertain')
  RETURNING q.state, q.tenant_id, q.delivery_id, q.schedule_id, q.run_id, q.channel_id, q.contact_id, q.version),
spent AS (
  INSERT INTO contact_rates (tenant_id, channel_id, contact_id, tat_us)
  SELECT * FROM unnest($8::uuid[], $9::uuid[], $10::uuid[], $11::bigint[])
  ON CONFLICT (channel_id, contact_id) DO UPDATE SET tat_us = excluded.tat_us)
SELECT f.tenant_id AS "tenantId", f.delivery_id AS "deliveryId", f.schedule_id AS "scheduleId", f.run_id AS "runId",
       f.channel_id AS "channelId", f.contact_id AS "contactId", d.version + f.version AS version
  FROM deferred f JOIN deliveries d ON d.tenant_id = f.tenant_id AND d.id = f.delivery_id
 WHERE f.state = 'pending'`,
};

/**
 * A later statement than the claim's, so that it sees what was claimed. A lane opens again when its next delivery is
 * ready and its limits allow it; a row that somebody else holds locked at this moment counts as waiting too.
 */
const WRITE_LANES = {
  name: 'dispatch-write-lanes',
  text: `
UPDATE channel_lanes l
   SET tat_us = w.tat_us, last_taken_us = w.last_taken_us, day = w.day::date, sent_today = w.sent_today,
       open_at = CASE WHEN w.closed THEN 'infinity' ELSE least(
         (SELECT CASE WHEN min(n.opens_at) IS NOT NULL -- greatest() would pass over the NULL of an empty lane
                 THEN greatest(min(n.opens_at), to_timestamp(w.closed_until_us / 1000000.0), clock_timestamp()) END
            FROM generate_series(10, 0, -1) AS p (priority)
           CROSS JOIN LATERAL (
             SELECT ${CLAIMABLE_FROM} AS opens_at FROM delivery_queue q
              WHERE q.channel_id = l.channel_id AND q.priority = p.priority AND q.state IN ('pending', 'uncertain') AND NOT q.express
                AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
                AND (q.slot_until IS NULL OR q.slot_until > clock_timestamp())
              ORDER BY q.ready_at LIMIT 1) n),
         (SELECT greatest(${CLAIMABLE_FROM}, to_timestamp(w.express_closed_until_us / 1000000.0), clock_timestamp()) FROM delivery_queue q
           WHERE q.channel_id = l.channel_id AND q.express AND q.state IN ('pending', 'uncertain')
             AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())
             AND (q.slot_until IS NULL OR q.slot_until > clock_timestamp())
           ORDER BY q.ready_at LIMIT 1),
         'infinity') END
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::bigint[], $5::text[], $6::int[], $7::bigint[], $8::bigint[], $9::boolean[], $10::int[])
       AS w (tenant_id, channel_id, tat_us, last_taken_us, day, sent_today, closed_until_us, express_closed_until_us, closed, lead_ms)
 WHERE l.tenant_id = w.tenant_id AND l.channel_id = w.channel_id`,
};

/** The statements of a claim; all of them run in one transaction. */
@Injectable()
export class ClaimsRepository {
  /**
   * Open lanes, longest waiting first, and the time after they were locked; lanes that another worker holds are stepped
   * over. undefined when there is none.
   */
  async lockLanes(
    tx: Sql,
    limit: number,
    except: readonly string[],
  ): Promise<{ lanes: LockedLane[]; now: DatabaseNow } | undefined> {
    const rows = await tx.query<LaneRow>(LOCK_LANES, [limit, except]);
    const [first] = rows;
    if (!first) return undefined;
    return { lanes: rows.map(toLockedLane), now: { us: first.nowUs, text: first.nowText } };
  }

  /** Deliveries of the lanes in the order in which they may go, locked. */
  candidates(tx: Sql, wanted: readonly LaneRequest[], now: DatabaseNow): Promise<CandidateRow[]> {
    return tx.query<CandidateRow>(CANDIDATES, [
      wanted.map((lane) => lane.channelId),
      wanted.map((lane) => lane.limited),
      wanted.map((lane) => lane.express),
      now.text,
      wanted.map((lane) => lane.leadMs),
    ]);
  }

  /** Claims, defers and books; returns what is RATE_LIMITED now. What is UNCERTAIN stays so. */
  write(tx: Sql, writes: ClaimWrites): Promise<StatusChangeRow[]> {
    return tx.query<StatusChangeRow>(WRITE_CLAIM, [
      writes.workerId,
      writes.leaseMs,
      writes.taken.map((row) => row.tenantId),
      writes.taken.map((row) => row.deliveryId),
      writes.deferred.map((row) => row.tenantId),
      writes.deferred.map((row) => row.deliveryId),
      writes.deferred.map((row) => row.retryAtUs),
      writes.contacts.map((row) => row.tenantId),
      writes.contacts.map((row) => row.channelId),
      writes.contacts.map((row) => row.contactId),
      writes.contacts.map((row) => row.tatUs),
      writes.reclaimedUncertain.map((row) => row.tenantId),
      writes.reclaimedUncertain.map((row) => row.deliveryId),
      writes.token,
    ]);
  }

  async writeLanes(tx: Sql, lanes: readonly LaneWrite[]): Promise<void> {
    await tx.execute(WRITE_LANES, [
      lanes.map((lane) => lane.tenantId),
      lanes.map((lane) => lane.channelId),
      lanes.map((lane) => lane.state.tatUs),
      lanes.map((lane) => lane.state.lastTakenUs),
      lanes.map((lane) => lane.state.day),
      lanes.map((lane) => lane.state.sentToday),
      lanes.map((lane) => lane.closedUntilUs),
      lanes.map((lane) => lane.expressClosedUntilUs),
      lanes.map((lane) => lane.closed),
      lanes.map((lane) => lane.leadMs),
    ]);
  }
}

function toLockedLane({
  tatUs,
  lastTakenUs,
  day,
  sentToday,
  nowUs: _us,
  nowText: _text,
  ...lane
}: LaneRow): LockedLane {
  return { ...lane, state: { tatUs, lastTakenUs, day, sentToday } };
}
