import { Injectable } from '@nestjs/common';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import type { WaitReason } from '../../../core/delivery/delivery-state.js';
import { LATE_AFTER_MS, NEVER_LATE } from '../../../core/planning/lateness.js';
import type { ScheduleStatus } from '../../../core/scheduling/schedule-words.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { RunKey, ScheduleKey } from './run-key.js';

/**
 * Which deliveries of a campaign get new instants.
 * - `rest`: everything that has not gone, but for what a person gave an instant of its own.
 * - `late`: what has missed its instant, or has none any more.
 */
export type Rest = 'rest' | 'late';

/** A run of a campaign with what its plan depends on. */
export interface RunningCampaign {
  readonly settings: CampaignSettings;
  readonly timeZone: string;
  readonly respectsRateLimit: boolean;
  readonly channelId: string;
  readonly status: ScheduleStatus;
  readonly hasBegun: boolean;
  readonly planNumber: number;
  readonly needsPlan: boolean;
  readonly version: number;
  /** By the database's clock. */
  readonly now: EpochMs;
}

/** A delivery that waits for a new instant. */
export interface WaitingDelivery {
  readonly id: string;
  readonly contactId: string;
  readonly waitReason: WaitReason;
  readonly variation: number | null;
}

/** A delivery that was just moved, with its version since. */
export interface MovedRow {
  readonly id: string;
  readonly version: number;
}

/** A delivery with its new instant. */
export interface NewSlot {
  readonly id: string;
  readonly slotAt: Date;
  readonly slotUntil: Date;
}

const CLOCK = `(SELECT clock_timestamp())`;
/** {@link keepsInstantUntil} as a condition; and what has lost its instant. */
const IS_LATE = (clock: string) => `
  (q.wait_reason = 'paused' OR q.slot_until <= ${clock}
   OR (q.wait_reason <> '${NEVER_LATE}' AND q.slot_at < ${clock} - ${LATE_AFTER_MS} * interval '1 millisecond'))`;
const IS_REST = `(q.slot_until IS NOT NULL OR q.slot_at <= ${CLOCK})`;

/** Only a pause and a cancel stop a campaign: of one that is over somebody may have retried a delivery. */
const GOES_ON = `s.status NOT IN ('PAUSED', 'CANCELLED')`;

const NO_RUN = '00000000-0000-0000-0000-000000000000';

// Run by run, by an index of each run's instants: as one join over all late rows, the planner has been seen to read every
// row that waits in a paused campaign; and without the order, for one row of many, the whole table.
const WITH_WORK = {
  name: 'campaigns-with-work',
  text: `
SELECT r.tenant_id AS "tenantId", r.id AS "runId", r.schedule_id AS "scheduleId"
  FROM schedule_runs r JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id
 WHERE r.needs_plan AND r.status = 'RUNNING' AND ${GOES_ON} AND r.id > $1
UNION
SELECT r.tenant_id, r.id, r.schedule_id
  FROM schedule_runs r
  JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id
  JOIN channels c ON c.tenant_id = s.tenant_id AND c.id = s.channel_id
 CROSS JOIN LATERAL (
   SELECT FROM delivery_queue q
    WHERE q.run_id = r.id AND q.slot_at < (SELECT clock_timestamp() - ${LATE_AFTER_MS} * interval '1 millisecond')
      AND q.tenant_id = r.tenant_id AND q.state = 'pending' AND NOT q.cancel_requested AND ${IS_LATE(CLOCK)}
    ORDER BY q.slot_at LIMIT 1) late
 WHERE r.status = 'RUNNING' AND r.planned_from IS NOT NULL AND ${GOES_ON} AND c.status = 'ACTIVE' AND r.id > $1
 ORDER BY "runId"
 LIMIT $2`,
};

const RUN_OF = {
  name: 'replan-run-of',
  text: `SELECT tenant_id AS "tenantId", id AS "runId", schedule_id AS "scheduleId" FROM schedule_runs
          WHERE tenant_id = $1 AND schedule_id = $2 AND status = 'RUNNING' LIMIT 1`,
};

const CAMPAIGN = `
SELECT s.campaign AS settings, s.time_zone AS "timeZone", s.respect_rate_limit AS "respectsRateLimit",
       s.channel_id AS "channelId", s.status, s.run_count > 0 AS "hasBegun", s.version, r.plan_number AS "planNumber",
       r.needs_plan AS "needsPlan", floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
  FROM schedule_runs r JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id
 WHERE r.tenant_id = $1 AND r.id = $2 AND r.status = 'RUNNING'`;

const READ = { name: 'replan-read', text: CAMPAIGN };
const LOCK_RUN = { name: 'replan-lock-run', text: `${CAMPAIGN} FOR NO KEY UPDATE OF r SKIP LOCKED` };

// Last, so that nobody who pauses a large campaign waits until it is planned; and nothing is waited for, because others
// lock the schedule before its run.
const HOLD = `SELECT s.id FROM schedules s WHERE s.tenant_id = $1 AND s.id = $2 AND s.version = $3`;
const HOLD_BEGUN = { name: 'replan-hold-begun', text: `${HOLD} FOR SHARE SKIP LOCKED` };
/** The first instant of one that has not begun is written into its schedule. */
const HOLD_WHOLE = { name: 'replan-hold', text: `${HOLD} FOR NO KEY UPDATE SKIP LOCKED` };

const WAITING = (rest: Rest, lock: string) => `
SELECT q.delivery_id AS id, q.contact_id AS "contactId", q.wait_reason AS "waitReason", d.variation
  FROM delivery_queue q JOIN deliveries d ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id
 WHERE q.tenant_id = $1 AND q.run_id = $2 AND q.slot_at IS NOT NULL AND q.state = 'pending' AND NOT q.cancel_requested
   AND ${rest === 'rest' ? IS_REST : IS_LATE(CLOCK)}
 ORDER BY q.contact_id, q.delivery_id ${lock}`;

const COUNT_REST = {
  name: 'replan-count-rest',
  text: `SELECT count(*)::int AS count FROM schedule_runs r
           JOIN delivery_queue q ON q.tenant_id = r.tenant_id AND q.run_id = r.id
          WHERE r.tenant_id = $1 AND r.schedule_id = $2 AND r.status = 'RUNNING' AND q.slot_at IS NOT NULL
            AND q.state = 'pending' AND ${IS_REST}`,
};

const OTHERS = {
  name: 'replan-others',
  text: `
SELECT id, (extract(epoch FROM at) * 1000)::float8 AS at
  FROM (SELECT d.id, coalesce(d.sent_at, d.failed_at, q.slot_at, d.due_at) AS at
          FROM deliveries d
          LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id
         WHERE d.tenant_id = $1 AND d.run_id = $2 AND d.status NOT IN ('suppressed', 'cancelled', 'expired')
           AND (q.ready_at IS NULL OR q.ready_at < 'infinity')) other
 WHERE at >= $3 AND at < 'infinity'`,
};

// The tenant stands in each row, so that nothing looks like few: as a constant it has made the planner compare each row with
// every other.
const MOVE = `
WITH moved AS (
  UPDATE delivery_queue q
     SET ready_at = p.slot_at, slot_at = p.slot_at, slot_until = p.slot_until, parked_at = NULL, wait_reason = 'none',
         spacing_seconds = $6, version = q.version + 1,
         expires_at = p.slot_at + (SELECT s.expires_after_seconds FROM schedules s
                                    WHERE s.tenant_id = $1 AND s.id = $5) * interval '1 second'
    FROM unnest($7::uuid[], $2::uuid[], $3::timestamptz[], $4::timestamptz[]) AS p (tenant_id, id, slot_at, slot_until)
   WHERE q.tenant_id = p.tenant_id AND q.delivery_id = p.id AND q.state = 'pending'
  RETURNING q.tenant_id, q.delivery_id, q.slot_at, q.version)
UPDATE deliveries d SET due_at = moved.slot_at FROM moved WHERE d.tenant_id = moved.tenant_id AND d.id = moved.delivery_id
RETURNING d.id, d.version + moved.version AS version`;

/** Nothing is free within a year: it is looked at again tomorrow. */
const PUT_OFF = {
  name: 'replan-put-off',
  text: `UPDATE delivery_queue q
            SET ready_at = 'infinity', slot_at = clock_timestamp() + interval '1 day', slot_until = 'infinity',
                parked_at = NULL, wait_reason = 'none', version = q.version + 1
           FROM deliveries d
          WHERE q.tenant_id = $1 AND q.delivery_id = ANY ($2::uuid[]) AND q.state = 'pending'
            AND d.tenant_id = q.tenant_id AND d.id = q.delivery_id
         RETURNING d.id, d.version + q.version AS version`,
};

const RECORD = {
  name: 'replan-record',
  text: `UPDATE schedule_runs SET plan_number = plan_number + 1, needs_plan = needs_plan AND NOT $3
          WHERE tenant_id = $1 AND id = $2`,
};

const BEGINS_AT = {
  name: 'replan-begins-at',
  text: `UPDATE schedules s
            SET next_run_at = (SELECT min(q.slot_at) FROM delivery_queue q
                                WHERE q.tenant_id = $1 AND q.run_id = $2 AND q.ready_at < 'infinity')
          WHERE s.tenant_id = $1 AND s.id = $3 AND s.status = 'PENDING' AND s.run_count = 0`,
};

/** Reads what of campaigns has to be planned anew, and writes where it went. */
@Injectable()
export class ReplanningRepository {
  /**
   * Runs that were resumed or edited, and runs of which something has missed its instant although it could go; at most
   * `limit` of them, in the order of their ids, after the run `after`.
   */
  withWork(sql: Sql, limit: number, after: string | null): Promise<RunKey[]> {
    return sql.query<RunKey>(WITH_WORK, [after ?? NO_RUN, limit]);
  }

  /** The run of a campaign that is under way; undefined before it is planned and after it ended. */
  async runOf(sql: Sql, { tenantId, scheduleId }: ScheduleKey): Promise<RunKey | undefined> {
    const rows = await sql.query<RunKey>(RUN_OF, [tenantId, scheduleId]);
    return rows[0];
  }

  async read(sql: Sql, { tenantId, runId }: RunKey): Promise<RunningCampaign | undefined> {
    return (await sql.query<RunningCampaign>(READ, [tenantId, runId]))[0];
  }

  /** Locks a run that nobody else plans; undefined when somebody else does. */
  async lock(tx: Sql, { tenantId, runId }: RunKey): Promise<RunningCampaign | undefined> {
    return (await tx.query<RunningCampaign>(LOCK_RUN, [tenantId, runId]))[0];
  }

  /** Keeps the schedule as it was read; false when somebody has changed it since, or is about to. */
  async hold(tx: Sql, { tenantId, scheduleId }: RunKey, campaign: RunningCampaign): Promise<boolean> {
    const rows = await tx.query(campaign.hasBegun ? HOLD_BEGUN : HOLD_WHOLE, [tenantId, scheduleId, campaign.version]);
    return rows.length === 1;
  }

  /** The deliveries to plan, in the order of the audience. Locked without waiting: what is claimed is on its way. */
  waiting(sql: Sql, { tenantId, runId }: RunKey, rest: Rest, isLocking: boolean): Promise<WaitingDelivery[]> {
    return sql.query<WaitingDelivery>(WAITING(rest, isLocking ? 'FOR UPDATE OF q SKIP LOCKED' : ''), [tenantId, runId]);
  }

  /** How many deliveries of a campaign an edit would plan anew. */
  async countRest(sql: Sql, { tenantId, scheduleId }: ScheduleKey): Promise<number> {
    const rows = await sql.query<{ count: number }>(COUNT_REST, [tenantId, scheduleId]);
    return rows[0]?.count ?? 0;
  }

  /** When, from an instant on, the campaign's deliveries went or are to go, but the given ones. */
  async others(sql: Sql, run: RunKey, except: ReadonlySet<string>, from: Date): Promise<EpochMs[]> {
    const rows = await sql.query<{ id: string; at: EpochMs }>(OTHERS, [run.tenantId, run.runId, from]);
    return rows.filter(({ id }) => !except.has(id)).map(({ at }) => at);
  }

  /** Gives deliveries their new instants; returns those that have them. */
  move(tx: Sql, run: RunKey, slots: readonly NewSlot[], spacingSeconds: number): Promise<MovedRow[]> {
    return tx.query<MovedRow>(MOVE, [
      run.tenantId,
      slots.map((slot) => slot.id),
      slots.map((slot) => slot.slotAt),
      slots.map((slot) => slot.slotUntil),
      run.scheduleId,
      spacingSeconds,
      slots.map(() => run.tenantId),
    ]);
  }

  putOff(tx: Sql, run: RunKey, ids: readonly string[]): Promise<MovedRow[]> {
    return tx.query<MovedRow>(PUT_OFF, [run.tenantId, ids]);
  }

  /** Ends planning; the whole rest was planned, or only what was late. */
  async record(tx: Sql, run: RunKey, rest: Rest): Promise<void> {
    await tx.execute(RECORD, [run.tenantId, run.runId, rest === 'rest']);
    await tx.execute(BEGINS_AT, [run.tenantId, run.runId, run.scheduleId]);
  }
}
