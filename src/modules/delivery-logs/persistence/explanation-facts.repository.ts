import { Injectable } from '@nestjs/common';
import type { DeliveryState, WaitReason } from '../../../core/delivery/delivery-state.js';
import type { ExplainedSchedule, ExplanationFacts } from '../../../core/explanation/explanation-facts.js';
import { MOST_AHEAD } from '../../../core/explanation/explanation-facts.js';
import type { StoredSendingHours } from '../../../core/openings/sending-hours.js';
import type { EpochMicros } from '../../../core/values/time.js';
import { Database } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ChannelStatus, RatePolicy } from '../../channels/index.js';

/** Deliveries ahead of one priority that keep one distance. */
export interface SpacedGroup {
  readonly priority: number;
  readonly spacingSeconds: number;
  readonly count: number;
}

/** Everything that one explanation is made of, as it is stored. Instants are microseconds since the epoch. */
export interface ExplanationRow extends StoredSendingHours, RatePolicy {
  readonly id: string;
  readonly channelId: string;
  readonly nowUs: EpochMicros;
  readonly state: DeliveryState;
  readonly dueAtUs: EpochMicros;
  readonly attempt: number;
  readonly variation: number | null;
  readonly calledAtUs: EpochMicros | null;
  readonly sentAtUs: EpochMicros | null;
  readonly deliveredAtUs: EpochMicros | null;
  readonly readAtUs: EpochMicros | null;
  readonly failedAtUs: EpochMicros | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly isQueued: boolean;
  readonly waitReason: WaitReason;
  readonly priority: number;
  /** null while it is parked. */
  readonly readyAtUs: EpochMicros | null;
  readonly expiresAtUs: EpochMicros | null;
  readonly slotAtUs: EpochMicros | null;
  readonly slotUntilUs: EpochMicros | null;
  readonly spacingSeconds: number;
  readonly express: boolean;
  readonly cancelRequested: boolean;
  readonly scheduleStatus: ExplainedSchedule['status'];
  readonly scheduleTimeZone: string;
  readonly useNicknames: boolean;
  readonly expiresAfterSeconds: number | null;
  readonly channelStatus: ChannelStatus;
  readonly channelStatusReason: string | null;
  readonly tatUs: EpochMicros;
  readonly lastTakenUs: EpochMicros;
  readonly day: string | null;
  readonly sentToday: number;
  readonly heldUntilUs: EpochMicros;
  readonly contact: ExplanationFacts['contact'];
  readonly contactTatUs: EpochMicros;
  readonly message: ExplanationFacts['message'];
  readonly aheadNow: number;
  readonly aheadExpress: number;
  readonly aheadAtItsTime: number;
  readonly spacedNow: readonly SpacedGroup[];
  readonly spacedAtItsTime: readonly SpacedGroup[];
  readonly cancelledBy: ExplanationFacts['cancelledBy'];
}

const us = (instant: string): string => `(extract(epoch FROM ${instant}) * 1000000)::float8`;

/**
 * Deliveries `o` that go before `q` when they are ready at the same time: by priority, then in the order of the queue.
 * Besides their count, groups of those that keep a distance.
 * What holds for `q` alone stands in the subquery, where it is asked once and spares the search; in an ON it would not.
 */
function ahead(asked: string, which: string, ready: string, order: string): string {
  const others = (priority: string, before: string): string => `
       SELECT o.priority, coalesce(o.spacing_seconds, 0) AS spacing FROM delivery_queue o
        WHERE o.channel_id = q.channel_id AND o.priority = ${priority} AND ${ready} AND ${before}
          AND o.state IN ('pending', 'uncertain') AND ${which}
          AND (o.expires_at IS NULL OR o.expires_at > now.at) AND (o.slot_until IS NULL OR o.slot_until > now.at)
        LIMIT ${MOST_AHEAD}`;
  const isAsked = `q.state IN ('pending', 'uncertain') AND q.ready_at < 'infinity' AND ${asked}`;
  // Apart from each other: with an OR between them the order of the own priority is no condition of the index, and a
  // delivery at the head of a long queue walks through all of it.
  return `
  SELECT coalesce(sum(n), 0)::int AS count,
         coalesce(jsonb_agg(jsonb_build_object('priority', priority, 'spacingSeconds', spacing, 'count', n)
                            ORDER BY priority DESC, spacing) FILTER (WHERE spacing > 0), '[]') AS spaced
    FROM (SELECT priority, spacing, count(*) AS n FROM (
    SELECT higher.* FROM generate_series(q.priority + 1, 10) AS p (priority)
     CROSS JOIN LATERAL (${others('p.priority', 'true')}) higher
     WHERE ${isAsked}
    UNION ALL
    SELECT same.* FROM (${others('q.priority', order)}) same WHERE ${isAsked}
    LIMIT ${MOST_AHEAD}) others GROUP BY 1, 2) grouped`;
}

/** One snapshot of all tables: an explanation that mixed two of them could hold back what has gone. */
const FACTS = {
  name: 'explanation-facts',
  text: `
WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at)
SELECT d.id, d.channel_id AS "channelId", ${us('now.at')} AS "nowUs", coalesce(q.state::text, d.status::text) AS state,
       ${us('d.due_at')} AS "dueAtUs", coalesce(q.attempt, d.attempt) AS attempt, d.variation, call.at AS "calledAtUs",
       ${us('d.sent_at')} AS "sentAtUs", ${us('d.delivered_at')} AS "deliveredAtUs", ${us('d.read_at')} AS "readAtUs",
       ${us('d.failed_at')} AS "failedAtUs", coalesce(q.error_code, d.error_code) AS "errorCode",
       coalesce(q.error_message, d.error_message) AS "errorMessage", q.delivery_id IS NOT NULL AS "isQueued",
       coalesce(q.wait_reason, 'none') AS "waitReason", coalesce(q.priority, d.priority) AS priority, CASE WHEN q.ready_at < 'infinity' THEN ${us('q.ready_at')} END AS "readyAtUs",
       ${us('q.expires_at')} AS "expiresAtUs", CASE WHEN isfinite(q.slot_at) THEN ${us('q.slot_at')} END AS "slotAtUs", ${us("nullif(q.slot_until, 'infinity')")} AS "slotUntilUs",
       coalesce(q.spacing_seconds, 0) AS "spacingSeconds", coalesce(q.express, false) AS express,
       coalesce(q.cancel_requested, false) AS "cancelRequested",
       s.status AS "scheduleStatus", s.time_zone AS "scheduleTimeZone", s.use_nicknames AS "useNicknames",
       s.expires_after_seconds AS "expiresAfterSeconds",
       c.status AS "channelStatus", c.status_reason AS "channelStatusReason", c.time_zone AS "timeZone", c.per_minute AS "perMinute",
       c.burst, c.per_contact_per_minute AS "perContactPerMinute", c.per_day AS "perDay",
       c.min_spacing_seconds AS "minSpacingSeconds", c.sending_from_minute AS "sendingFromMinute",
       c.sending_to_minute AS "sendingToMinute", c.sending_weekdays AS "sendingWeekdays",
       l.tat_us::float8 AS "tatUs", l.last_taken_us::float8 AS "lastTakenUs", l.day::text AS day, l.sent_today AS "sentToday",
       l.held_until_us::float8 AS "heldUntilUs",
       jsonb_build_object('name', k.name, 'implicit', k.implicit, 'phone', k.phone, 'email', k.email, 'city', k.city,
         'attributes', k.attributes, 'nickname', n.nickname, 'deleted', k.deleted_at IS NOT NULL,
         'optedOut', k.opted_out_at IS NOT NULL OR gone.phone_key IS NOT NULL) AS contact,
       coalesce(r.tat_us, 0)::float8 AS "contactTatUs",
       jsonb_build_object('status', m.status, 'content', m.content, 'variations', m.variations) AS message,
       ready.count AS "aheadNow", express.count AS "aheadExpress", later.count AS "aheadAtItsTime",
       ready.spaced AS "spacedNow", later.spaced AS "spacedAtItsTime", cancel.by AS "cancelledBy"
  FROM now CROSS JOIN deliveries d
  LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id
  JOIN schedules s ON s.tenant_id = d.tenant_id AND s.id = d.schedule_id
  JOIN messages m ON m.tenant_id = s.tenant_id AND m.id = s.message_id
  JOIN channels c ON c.tenant_id = d.tenant_id AND c.id = d.channel_id
  JOIN channel_lanes l ON l.tenant_id = c.tenant_id AND l.channel_id = c.id
  JOIN contacts k ON k.tenant_id = d.tenant_id AND k.id = d.contact_id
  LEFT JOIN opt_outs gone ON gone.tenant_id = k.tenant_id AND gone.phone_key = k.phone_key
  LEFT JOIN LATERAL (
    SELECT nickname FROM nicknames WHERE tenant_id = k.tenant_id AND contact_id = k.id AND btrim(nickname) <> ''
     ORDER BY is_default DESC, id LIMIT 1) n ON true
  LEFT JOIN contact_rates r ON r.tenant_id = d.tenant_id AND r.channel_id = d.channel_id AND r.contact_id = d.contact_id
  LEFT JOIN LATERAL (
    SELECT ${us('a.started_at')} AS at FROM delivery_attempts a
     WHERE a.tenant_id = d.tenant_id AND a.delivery_id = d.id ORDER BY a.number DESC LIMIT 1) call ON true
  LEFT JOIN LATERAL (
    SELECT CASE WHEN a.action = 'delivery.cancel' THEN jsonb_build_object('actor', a.actor, 'atUs', ${us('a.at')}) END AS by
      FROM audit_log a WHERE a.tenant_id = d.tenant_id AND a.subject_id = d.id AND d.status = 'cancelled'
     ORDER BY a.id DESC LIMIT 1) cancel ON true
 CROSS JOIN LATERAL (${ahead(
   '(NOT q.express OR q.spacing_seconds > 0)',
   'NOT o.express',
   'o.ready_at <= now.at',
   '(o.ready_at, o.delivery_id) < (q.ready_at, q.delivery_id)',
 )}) ready
 CROSS JOIN LATERAL (${ahead(
   'q.ready_at <= now.at AND q.spacing_seconds > 0',
   'o.express',
   'o.ready_at <= now.at',
   '(o.ready_at, o.delivery_id) < (q.ready_at, q.delivery_id)',
 )}) express
 CROSS JOIN LATERAL (${ahead(
   'q.ready_at > now.at AND NOT q.express',
   'NOT o.express',
   'o.ready_at = q.ready_at',
   'o.delivery_id < q.delivery_id',
 )}) later
 WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[])`,
};

/** Reads what explanations are made of. */
@Injectable()
export class ExplanationFactsRepository {
  constructor(private readonly database: Database) {}

  /** One statement for all of them; what does not exist is left out. */
  read(scope: TenantScope, ids: readonly string[]): Promise<ExplanationRow[]> {
    return this.database.query<ExplanationRow>(FACTS, [scope.tenantId, ids]);
  }
}
