import { Injectable } from '@nestjs/common';
import type { MisfirePolicy } from '../../../core/recurrence/misfire.js';
import type { RunState, ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { ScheduleKey, ScheduleVersion } from './run-key.js';

/** A schedule that is due, locked until the transaction ends. */
export interface DueSchedule extends ScheduleVersion {
  readonly type: ScheduleType;
  readonly dueAt: EpochMs;
  readonly cronExpression: string | null;
  readonly timeZone: string;
  readonly startsAt: EpochMs | null;
  readonly endsAt: EpochMs | null;
  readonly maxRuns: number | null;
  readonly runCount: number;
  readonly misfirePolicy: MisfirePolicy;
  readonly misfireGraceSeconds: number | null;
  readonly perContactTimeZone: boolean;
}

/** Zones, and beside each the last nominal instant whose run is to be made by now. */
export interface PreparedZones {
  readonly zones: readonly string[];
  readonly until: readonly EpochMs[];
}

/** A row to write for an occurrence. */
export interface OccurrenceRow extends ScheduleKey {
  readonly runId: string;
  readonly dueAt: EpochMs;
  readonly status: Extract<RunState, 'CREATED' | 'MISSED' | 'SKIPPED'>;
  readonly reason: string | null;
  /** Some contacts get it before the nominal instant: then it starts when it is made. */
  readonly isEarly: boolean;
  readonly missedCount: number | null;
  readonly missedUntil: EpochMs | null;
}

/** A schedule that comes due soon. `inMs` is by the database's clock and may be negative. */
export interface UpcomingSchedule {
  readonly scheduleId: string;
  readonly dueAt: EpochMs;
  readonly inMs: DurationMs;
}

/** How a schedule goes on after it was fired. */
export interface Advance extends ScheduleVersion {
  readonly nextRunAt: EpochMs | null;
  /** null: as it was. */
  readonly lastRunAt: EpochMs | null;
  readonly createdRuns: number;
  readonly status: ScheduleStatus;
  readonly statusReason: string | null;
}

const MS = (column: string) => `(extract(epoch FROM ${column}) * 1000)::float8`;

// The clock is read in a scalar subquery, once: compared directly, a volatile function keeps the index from stopping the
// scan, and a million schedules that are not due would be read as well.
const DUE_SCHEDULE = `s.tenant_id AS "tenantId", s.id AS "scheduleId", s.type, s.version, ${MS('s.next_run_at')} AS "dueAt",
                s.cron_expression AS "cronExpression", s.time_zone AS "timeZone", ${MS('s.starts_at')} AS "startsAt",
                ${MS('s.ends_at')} AS "endsAt", s.max_runs AS "maxRuns", s.run_count AS "runCount",
                s.misfire_policy AS "misfirePolicy", s.misfire_grace_seconds AS "misfireGraceSeconds",
                s.per_contact_time_zone AS "perContactTimeZone"`;

const LOCK_DUE = {
  name: 'schedules-lock-due',
  text: `SELECT ${DUE_SCHEDULE}
           FROM schedules s
          WHERE next_run_at <= (SELECT clock_timestamp() + $1::float8 * interval '1 millisecond')
          ORDER BY next_run_at, id LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED`,
};

const ZONES_AHEAD = {
  name: 'schedules-zones-ahead',
  text: `SELECT ahead.zone, ${MS('clock_timestamp()')} AS now
           FROM (SELECT DISTINCT time_zone AS zone FROM schedules
                  WHERE per_contact_time_zone
                    AND next_run_at <= (SELECT clock_timestamp() + $1::float8 * interval '1 millisecond')) ahead`,
};

// What waits for an earlier run to end would fill the batch again and again; LOCK_DUE finds it at its own instant.
const LOCK_EARLY = {
  name: 'schedules-lock-early',
  text: `SELECT ${DUE_SCHEDULE}
           FROM schedules s JOIN unnest($1::text[], $2::timestamptz[]) AS ahead (zone, until) ON ahead.zone = s.time_zone
          WHERE s.per_contact_time_zone AND s.next_run_at <= (SELECT max(until) FROM unnest($2::timestamptz[]) AS u (until))
            AND s.next_run_at <= ahead.until
            AND NOT EXISTS (SELECT FROM schedule_runs r
                             WHERE r.tenant_id = s.tenant_id AND r.schedule_id = s.id AND r.status IN ('CREATED', 'RUNNING'))
          ORDER BY s.next_run_at, s.id LIMIT $3 FOR NO KEY UPDATE OF s SKIP LOCKED`,
};

const NOW_AND_UNFINISHED = {
  name: 'schedules-now-and-unfinished',
  text: `SELECT ${MS('clock_timestamp()')} AS now,
                ARRAY (SELECT DISTINCT r.schedule_id::text
                         FROM unnest($1::uuid[], $2::uuid[]) AS due (tenant_id, schedule_id)
                         JOIN schedule_runs r ON r.tenant_id = due.tenant_id AND r.schedule_id = due.schedule_id
                        WHERE r.status IN ('CREATED', 'RUNNING')) AS unfinished`,
};

const INSERT_OCCURRENCES = {
  name: 'schedules-insert-occurrences',
  text: `INSERT INTO schedule_runs
                (tenant_id, id, schedule_id, due_at, status, reason, missed_count, missed_until, started_at)
         SELECT o.tenant_id, o.id, o.schedule_id, o.due_at, o.status, o.reason, o.missed_count, o.missed_until,
                CASE WHEN o.status = 'CREATED' AND o.is_early THEN clock_timestamp()
                     WHEN o.status = 'CREATED' THEN greatest(clock_timestamp(), o.due_at) END
           FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::int[],
                       $8::timestamptz[], $9::boolean[])
             AS o (tenant_id, id, schedule_id, due_at, status, reason, missed_count, missed_until, is_early)
         ON CONFLICT (tenant_id, schedule_id, due_at) DO NOTHING
         RETURNING id AS "runId"`,
};

const ADVANCE = {
  name: 'schedules-advance',
  text: `UPDATE schedules s
            SET next_run_at = a.next_run_at, last_run_at = coalesce(a.last_run_at, s.last_run_at),
                run_count = s.run_count + a.created_runs, status = a.status, status_reason = a.status_reason,
                version = s.version + 1, updated_at = now()
           FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::timestamptz[], $5::timestamptz[], $6::int[], $7::text[],
                       $8::text[])
             AS a (tenant_id, id, version, next_run_at, last_run_at, created_runs, status, status_reason)
          WHERE s.tenant_id = a.tenant_id AND s.id = a.id AND s.version = a.version`,
};

const UPCOMING = {
  name: 'schedules-upcoming',
  text: `SELECT id AS "scheduleId", ${MS('next_run_at')} AS "dueAt", ${MS('next_run_at - clock_timestamp()')} AS "inMs"
           FROM schedules
          WHERE next_run_at <= (SELECT clock_timestamp() + $1::float8 * interval '1 millisecond')
          ORDER BY next_run_at LIMIT $2`,
};

const NEXT_DUE = {
  name: 'schedules-next-due',
  text: `SELECT ${MS('next_run_at - clock_timestamp()')} AS "inMs" FROM schedules
          WHERE next_run_at IS NOT NULL ORDER BY next_run_at LIMIT 1`,
};

/** Locks what is due, writes its runs and moves it on, for all tenants at once. */
@Injectable()
export class FiringRepository {
  /** Locks schedules that are due within the lead, the most overdue first, and steps over those that others hold. */
  lockDue(tx: Sql, leadMs: DurationMs, limit: number): Promise<DueSchedule[]> {
    return tx.query<DueSchedule>(LOCK_DUE, [leadMs, limit]);
  }

  /**
   * The zones of the schedules that go by their contacts' zones and come due within a time, with the database's time;
   * null when there are none.
   */
  async zonesAhead(tx: Sql, withinMs: DurationMs): Promise<{ zones: readonly string[]; now: EpochMs } | null> {
    const rows = await tx.query<{ zone: string; now: EpochMs }>(ZONES_AHEAD, [withinMs]);
    return rows[0] ? { zones: rows.map((row) => row.zone), now: Math.floor(rows[0].now) } : null;
  }

  /**
   * Locks schedules that go by their contacts' zones and are to be prepared, without those that wait for an earlier run;
   * steps over those that others hold.
   */
  lockEarly(tx: Sql, { zones, until }: PreparedZones, limit: number): Promise<DueSchedule[]> {
    return tx.query<DueSchedule>(LOCK_EARLY, [zones, until.map(instant), limit]);
  }

  /** The database's time after the lock, and which of the schedules have a run that is not finished. */
  async nowAndUnfinished(
    tx: Sql,
    schedules: readonly ScheduleKey[],
  ): Promise<{ now: EpochMs; unfinished: ReadonlySet<string> }> {
    const rows = await tx.query<{ now: EpochMs; unfinished: string[] }>(NOW_AND_UNFINISHED, [
      schedules.map((schedule) => schedule.tenantId),
      schedules.map((schedule) => schedule.scheduleId),
    ]);
    const row = rows[0] as { now: EpochMs; unfinished: string[] };
    return { now: Math.floor(row.now), unfinished: new Set(row.unfinished) };
  }

  /**
   * Writes runs and rows for what does not run; an occurrence that has its row already keeps it. Returns the ids of the
   * rows that were written.
   */
  async insertOccurrences(tx: Sql, rows: readonly OccurrenceRow[]): Promise<ReadonlySet<string>> {
    if (rows.length === 0) return new Set();
    const written = await tx.query<{ runId: string }>(INSERT_OCCURRENCES, [
      rows.map((row) => row.tenantId),
      rows.map((row) => row.runId),
      rows.map((row) => row.scheduleId),
      rows.map((row) => instant(row.dueAt)),
      rows.map((row) => row.status),
      rows.map((row) => row.reason),
      rows.map((row) => row.missedCount),
      rows.map((row) => instant(row.missedUntil)),
      rows.map((row) => row.isEarly),
    ]);
    return new Set(written.map((row) => row.runId));
  }

  /** Moves schedules on, each from the version that was read. Returns how many were. */
  advance(tx: Sql, advances: readonly Advance[]): Promise<number> {
    return tx.execute(ADVANCE, [
      advances.map((advance) => advance.tenantId),
      advances.map((advance) => advance.scheduleId),
      advances.map((advance) => advance.version),
      advances.map((advance) => instant(advance.nextRunAt)),
      advances.map((advance) => instant(advance.lastRunAt)),
      advances.map((advance) => advance.createdRuns),
      advances.map((advance) => advance.status),
      advances.map((advance) => advance.statusReason),
    ]);
  }

  /** The schedules that come due within a time, the nearest first. */
  upcoming(sql: Sql, withinMs: DurationMs, limit: number): Promise<UpcomingSchedule[]> {
    return sql.query<UpcomingSchedule>(UPCOMING, [withinMs, limit]);
  }

  /** When the next schedule is due, in milliseconds from now by the database's clock; null when none is. */
  async nextDueInMs(sql: Sql): Promise<DurationMs | null> {
    const rows = await sql.query<{ inMs: number }>(NEXT_DUE);
    return rows[0]?.inMs ?? null;
  }
}

function instant(at: EpochMs | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
