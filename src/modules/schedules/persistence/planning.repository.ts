import { Injectable } from '@nestjs/common';
import type { EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';

/** A channel as its plans depend on it. Instants are in milliseconds by the database's clock. */
export interface PlannedChannel {
  readonly tenantId: string;
  readonly channelId: string;
  readonly timeZone: string;
  readonly sendingFromMinute: number | null;
  readonly sendingToMinute: number | null;
  readonly sendingWeekdays: readonly number[];
  readonly perMinute: number;
  readonly burst: number;
  readonly perContactPerMinute: number | null;
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
  readonly tatUs: number;
  readonly lastTakenUs: number;
  readonly heldUntilUs: number;
  /** The local date that `sentToday` counts. */
  readonly day: string | null;
  readonly sentToday: number;
}

/** An instant that a delivery of a campaign has reserved. */
export interface ReservedSlot {
  readonly priority: number;
  readonly deliveryId: string;
  readonly atMs: EpochMs;
  readonly spacingSeconds: number;
}

/** Deliveries that become ready at one instant and have none reserved. */
export interface Backlog {
  readonly priority: number;
  readonly readyMs: EpochMs;
  readonly count: number;
}

/** A schedule of the channel that has not fired yet. */
export interface UpcomingPlan {
  readonly priority: number;
  readonly scheduleId: string;
  readonly nextRunAt: EpochMs;
  readonly cronExpression: string | null;
  readonly timeZone: string;
  readonly endsAt: EpochMs | null;
  readonly runsLeft: number | null;
  /** Members of several of its groups count several times. */
  readonly recipients: number;
}

/** When a contact was, or is to be, written to on the channel. */
export interface ContactInstant {
  readonly deliveryId: string;
  readonly contactId: string;
  readonly atMs: EpochMs;
}

const MS = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

const CHANNEL = {
  name: 'planning-channel',
  text: `SELECT c.tenant_id AS "tenantId", c.id AS "channelId", c.time_zone AS "timeZone",
                c.sending_from_minute AS "sendingFromMinute", c.sending_to_minute AS "sendingToMinute",
                c.sending_weekdays AS "sendingWeekdays", c.per_minute AS "perMinute", c.burst,
                c.per_contact_per_minute AS "perContactPerMinute", c.per_day AS "perDay",
                c.min_spacing_seconds AS "minSpacingSeconds", l.tat_us AS "tatUs", l.last_taken_us AS "lastTakenUs",
                l.held_until_us AS "heldUntilUs", l.day::text AS day, l.sent_today AS "sentToday"
           FROM channels c JOIN channel_lanes l ON l.tenant_id = c.tenant_id AND l.channel_id = c.id
          WHERE c.tenant_id = $1 AND c.id = $2`,
};

// Parked deliveries reserve nothing: when their schedule goes on they are planned anew. Nor does what has no instant.
const RESERVED = {
  name: 'planning-reserved-slots',
  text: `SELECT delivery_id AS "deliveryId", priority, ${MS('slot_at')} AS "atMs", spacing_seconds AS "spacingSeconds"
           FROM delivery_queue WHERE channel_id = $1 AND slot_at >= $2 AND ready_at < 'infinity'`,
};

const BACKLOGS = {
  name: 'planning-backlogs',
  text: `SELECT ${MS('greatest(ready_at, $2)')} AS "readyMs", priority, count(*)::int AS count FROM delivery_queue
          WHERE channel_id = $1 AND slot_at IS NULL AND NOT express AND state = 'pending' AND ready_at < 'infinity'
          GROUP BY 1, 2 ORDER BY 1, 2 DESC LIMIT 10000`,
};

const UPCOMING = {
  name: 'planning-upcoming',
  text: `SELECT s.id AS "scheduleId", s.priority, ${MS('s.next_run_at')} AS "nextRunAt", s.cron_expression AS "cronExpression",
                s.time_zone AS "timeZone", ${MS('s.ends_at')} AS "endsAt", s.max_runs - s.run_count AS "runsLeft",
                ((SELECT count(*) FROM schedule_target_contacts t WHERE t.tenant_id = s.tenant_id AND t.schedule_id = s.id)
                 + (SELECT count(*) FROM schedule_target_groups g
                      JOIN group_memberships m ON m.tenant_id = g.tenant_id AND m.group_id = g.group_id
                     WHERE g.tenant_id = s.tenant_id AND g.schedule_id = s.id))::int AS recipients
           FROM schedules s
          WHERE s.tenant_id = $1 AND s.channel_id = $2 AND s.next_run_at < $3 AND s.type <> 'CAMPAIGN'
            AND s.respect_rate_limit
          ORDER BY s.next_run_at LIMIT 1000`,
};

// Contact by contact (OFFSET 0 keeps it so): as a join, when the planner takes the deliveries for few, it has been seen to
// walk through all contacts for each of them.
const INSTANTS = {
  name: 'planning-contact-instants',
  text: `
SELECT d.id AS "deliveryId", asked.contact_id AS "contactId", ${MS('d.at')} AS "atMs"
  FROM unnest($2::uuid[]) AS asked (contact_id)
 CROSS JOIN LATERAL (
   SELECT id, coalesce(sent_at, due_at) AS at FROM deliveries
    WHERE tenant_id = $1 AND contact_id = asked.contact_id AND channel_id = $3 AND coalesce(sent_at, due_at) >= $4
      AND status IN ('pending', 'sent', 'delivered', 'read', 'uncertain')
   OFFSET 0) d`,
};

/** Reads what the plan of a campaign has to fit into. */
@Injectable()
export class PlanningRepository {
  /** Two campaigns are never planned on one channel at once: each has to see the other's instants. */
  async lockPlanning(tx: Sql, channelId: string): Promise<void> {
    await tx.query({ name: 'planning-lock', text: `SELECT pg_advisory_xact_lock(hashtextextended($1, 0))` }, [
      `planning:${channelId}`,
    ]);
  }

  async channel(sql: Sql, tenantId: string, channelId: string): Promise<PlannedChannel> {
    const rows = await sql.query<PlannedChannel>(CHANNEL, [tenantId, channelId]);
    const row = rows[0];
    if (!row) throw new Error(`channel ${channelId} is missing`);
    return row;
  }

  /** The instants reserved on a channel from an instant on. */
  reserved(sql: Sql, channelId: string, from: Date): Promise<ReservedSlot[]> {
    return sql.query<ReservedSlot>(RESERVED, [channelId, from]);
  }

  /** What waits on the channel without a reserved instant; what is ready already counts as ready at `now`. */
  backlogs(sql: Sql, channelId: string, now: Date): Promise<Backlog[]> {
    return sql.query<Backlog>(BACKLOGS, [channelId, now]);
  }

  /** Schedules of the channel whose next run comes before an instant. */
  upcoming(sql: Sql, tenantId: string, channelId: string, before: Date): Promise<UpcomingPlan[]> {
    return sql.query<UpcomingPlan>(UPCOMING, [tenantId, channelId, before]);
  }

  /** When the contacts were or are to be written to on the channel since an instant. */
  contactInstants(
    sql: Sql,
    tenantId: string,
    channelId: string,
    contactIds: readonly string[],
    since: Date,
  ): Promise<ContactInstant[]> {
    return sql.query<ContactInstant>(INSTANTS, [tenantId, contactIds, channelId, since]);
  }
}
