import { Injectable } from '@nestjs/common';
import type { RunState, ScheduleStatus } from '../../../core/scheduling/schedule-words.js';
import type { RunOutcomes } from '../../../core/scheduling/schedule-lifecycle.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { RunKey, ScheduleKey, ScheduleVersion } from './run-key.js';

/** A run that is under way, as the sweep sees it. */
export interface RunInSight extends RunKey {
  readonly scheduleStatus: ScheduleStatus;
  /** Nothing of it is in the queue. */
  readonly isDone: boolean;
  /** Some of it is parked, as while its schedule is paused. */
  readonly hasParked: boolean;
}

/** A schedule, locked. */
export interface LockedSchedule extends ScheduleVersion {
  readonly status: ScheduleStatus;
  readonly hasNextRun: boolean;
  /** All that it has is one run. */
  readonly isCampaign: boolean;
}

const NOT_QUEUED = `NOT EXISTS (SELECT FROM delivery_queue q WHERE q.tenant_id = r.tenant_id AND q.run_id = r.id)`;
const RUN_KEY = `r.tenant_id AS "tenantId", r.id AS "runId", r.schedule_id AS "scheduleId"`;

const DONE_AMONG = {
  name: 'runs-done-among',
  text: `SELECT ${RUN_KEY} FROM schedule_runs r WHERE r.id = ANY ($1::uuid[]) AND r.status = 'RUNNING' AND ${NOT_QUEUED}`,
};

const SWEEP_PAGE = {
  name: 'runs-sweep-page',
  text: `SELECT ${RUN_KEY}, s.status AS "scheduleStatus", ${NOT_QUEUED} AS "isDone",
                EXISTS (SELECT FROM delivery_queue q
                         WHERE q.tenant_id = r.tenant_id AND q.run_id = r.id AND q.wait_reason = 'paused') AS "hasParked"
           FROM (SELECT * FROM schedule_runs WHERE status = 'RUNNING' AND id > $1 ORDER BY id LIMIT $2) r
           JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id
          ORDER BY r.id`,
};

const CANCELLED_WHILE_CREATED = {
  name: 'runs-cancelled-while-created',
  text: `SELECT ${RUN_KEY} FROM schedule_runs r
           JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id AND s.status = 'CANCELLED'
          WHERE r.status = 'CREATED' LIMIT $1`,
};

const OUTCOMES = {
  name: 'runs-outcomes',
  text: `SELECT run.id AS "runId", coalesce(bool_or(d.status IN ('failed', 'expired')), false) AS "hasFailed",
                coalesce(bool_or(d.status = 'uncertain'), false) AS "hasUncertain",
                coalesce(bool_or(d.status IN ('sent', 'delivered', 'read')), false) AS "hasReached"
           FROM unnest($1::uuid[], $2::uuid[]) AS run (tenant_id, id)
           LEFT JOIN deliveries d ON d.tenant_id = run.tenant_id AND d.run_id = run.id
          GROUP BY run.id`,
};

const LOCK_SCHEDULES = {
  name: 'schedules-lock-to-finish',
  text: `SELECT s.tenant_id AS "tenantId", s.id AS "scheduleId", s.version, s.status, s.next_run_at IS NOT NULL AND s.type <> 'CAMPAIGN' AS "hasNextRun",
                s.type = 'CAMPAIGN' AS "isCampaign"
           FROM schedules s
          WHERE (s.tenant_id, s.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
          ORDER BY s.id FOR NO KEY UPDATE SKIP LOCKED`,
};

const LOCK_RUNS = {
  name: 'runs-lock-to-finish',
  text: `SELECT r.id FROM schedule_runs r
          WHERE (r.tenant_id, r.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND r.status = 'RUNNING'
          ORDER BY r.id FOR NO KEY UPDATE`,
};

const FINISH_RUNS = {
  name: 'runs-finish',
  text: `UPDATE schedule_runs r SET status = f.status, finished_at = clock_timestamp()
           FROM unnest($1::uuid[], $2::uuid[], $3::text[]) AS f (tenant_id, id, status)
          WHERE r.tenant_id = f.tenant_id AND r.id = f.id AND r.status = 'RUNNING' AND ${NOT_QUEUED}
         RETURNING ${RUN_KEY}`,
};

const UNFINISHED = {
  name: 'schedules-with-unfinished-run',
  text: `SELECT DISTINCT r.schedule_id AS id FROM unnest($1::uuid[], $2::uuid[]) AS s (tenant_id, id)
           JOIN schedule_runs r ON r.tenant_id = s.tenant_id AND r.schedule_id = s.id
          WHERE r.status IN ('CREATED', 'RUNNING')`,
};

const SETTLE = {
  name: 'schedules-settle',
  text: `UPDATE schedules s
            SET status = n.status, status_reason = n.reason, version = s.version + 1, updated_at = now(),
                next_run_at = CASE WHEN s.type <> 'CAMPAIGN' THEN s.next_run_at END
           FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[]) AS n (tenant_id, id, version, status, reason)
          WHERE s.tenant_id = n.tenant_id AND s.id = n.id AND s.version = n.version`,
};

/** How a schedule goes on after its runs ended. */
export interface Settlement extends ScheduleVersion {
  readonly status: ScheduleStatus;
  readonly reason: string | null;
}

/** Ends runs whose deliveries are done, and with the last of them the schedule; for all tenants at once. */
@Injectable()
export class FinishingRepository {
  /** Which of the runs have nothing left in the queue. */
  doneAmong(sql: Sql, runIds: readonly string[]): Promise<RunKey[]> {
    return sql.query<RunKey>(DONE_AMONG, [runIds]);
  }

  /** The runs under way after an id, in the order of ids. */
  sweepPage(sql: Sql, afterId: string, limit: number): Promise<RunInSight[]> {
    return sql.query<RunInSight>(SWEEP_PAGE, [afterId, limit]);
  }

  /** Runs whose audience was still being written down when their schedule was cancelled. */
  cancelledWhileCreated(sql: Sql, limit: number): Promise<RunKey[]> {
    return sql.query<RunKey>(CANCELLED_WHILE_CREATED, [limit]);
  }

  /** What became of the deliveries of runs, by run id. */
  async outcomes(sql: Sql, runs: readonly RunKey[]): Promise<Map<string, RunOutcomes>> {
    const rows = await sql.query<RunOutcomes & { runId: string }>(OUTCOMES, runKeys(runs));
    return new Map(rows.map(({ runId, ...outcomes }) => [runId, outcomes]));
  }

  /** Locks the schedules in the order of their ids; those that somebody holds are left out. */
  lockSchedules(tx: Sql, schedules: readonly ScheduleKey[]): Promise<LockedSchedule[]> {
    return tx.query<LockedSchedule>(LOCK_SCHEDULES, scheduleKeys(schedules));
  }

  /** Locks those of the runs that are still under way. Their schedules are locked before. */
  async lockRuns(tx: Sql, runs: readonly RunKey[]): Promise<void> {
    await tx.query(LOCK_RUNS, runKeys(runs));
  }

  /** Ends the runs that still have nothing in the queue; returns those. */
  finishRuns(tx: Sql, ends: readonly (RunKey & { readonly state: RunState })[]): Promise<RunKey[]> {
    return tx.query<RunKey>(FINISH_RUNS, [...runKeys(ends), ends.map((end) => end.state)]);
  }

  /** Which of the schedules have a run that is not finished. */
  async withUnfinishedRun(tx: Sql, schedules: readonly ScheduleKey[]): Promise<ReadonlySet<string>> {
    const rows = await tx.query<{ id: string }>(UNFINISHED, scheduleKeys(schedules));
    return new Set(rows.map((row) => row.id));
  }

  /** Gives locked schedules their new status. */
  async settle(tx: Sql, settlements: readonly Settlement[]): Promise<void> {
    const changed = await tx.execute(SETTLE, [
      ...scheduleKeys(settlements),
      settlements.map((settlement) => settlement.version),
      settlements.map((settlement) => settlement.status),
      settlements.map((settlement) => settlement.reason),
    ]);
    if (changed !== settlements.length) throw new Error('a locked schedule changed under its lock');
  }
}

function runKeys(runs: readonly RunKey[]): [string[], string[]] {
  return [runs.map((run) => run.tenantId), runs.map((run) => run.runId)];
}

function scheduleKeys(schedules: readonly ScheduleKey[]): [string[], string[]] {
  return [schedules.map((schedule) => schedule.tenantId), schedules.map((schedule) => schedule.scheduleId)];
}
