import { Injectable } from '@nestjs/common';
import type { EpochMs } from '../../../core/values/time.js';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ScheduleRunRow } from './schedule-run.entity.js';

/** A run that is made together with its schedule. */
export interface FirstRun {
  readonly runId: string;
  readonly scheduleId: string;
  readonly dueAt: EpochMs;
  /** Whether its whole audience gets its deliveries in the same transaction. */
  readonly isMaterialised: boolean;
}

@Injectable()
export class RunsRepository {
  constructor(private readonly database: Database) {}

  async insertFirst(tx: Sql, scope: TenantScope, run: FirstRun): Promise<void> {
    await tx.execute(
      {
        name: 'runs-insert-first',
        text: `INSERT INTO schedule_runs (tenant_id, id, schedule_id, due_at, status, started_at, planned_from)
               VALUES ($1, $2, $3, $4, $5, $4, $4)`,
      },
      [scope.tenantId, run.runId, run.scheduleId, new Date(run.dueAt), run.isMaterialised ? 'RUNNING' : 'CREATED'],
    );
  }

  /** Up to `limit` runs of each schedule that were due before an instant, the newest first; one statement for all. */
  async pages(
    scope: TenantScope,
    scheduleIds: readonly string[],
    before: Date | null,
    limit: number,
  ): Promise<Map<string, ScheduleRunRow[]>> {
    const rows = await this.database.query<ScheduleRunRow>(
      `SELECT run.* FROM unnest($2::uuid[]) AS asked (schedule_id)
        CROSS JOIN LATERAL (
          SELECT r.tenant_id AS "tenantId", r.id, r.schedule_id AS "scheduleId", r.due_at AS "dueAt", r.status, r.reason,
                 r.missed_count AS "missedCount", r.missed_until AS "missedUntil", r.started_at AS "startedAt",
                 r.finished_at AS "finishedAt", r.created_at AS "createdAt"
            FROM schedule_runs r
           WHERE r.tenant_id = $1 AND r.schedule_id = asked.schedule_id
             AND ($3::timestamptz IS NULL OR r.due_at < $3)
           ORDER BY r.due_at DESC LIMIT $4) run`,
      [scope.tenantId, scheduleIds, before, limit],
    );
    const byId = new Map<string, ScheduleRunRow[]>(scheduleIds.map((id) => [id, []]));
    for (const row of rows) byId.get(row.scheduleId)?.push(row);
    return byId;
  }

  /** How many runs each schedule has; none is left out. */
  async counts(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ id: string; count: number }>(
      `SELECT schedule_id AS id, count(*)::int AS count FROM schedule_runs
        WHERE tenant_id = $1 AND schedule_id = ANY ($2::uuid[]) GROUP BY schedule_id`,
      [scope.tenantId, scheduleIds],
    );
    return new Map(rows.map((row) => [row.id, row.count]));
  }

  /** Whether the schedule has a run that is not finished, and one whose audience is still being written down. */
  async unfinished(
    tx: Sql,
    scope: TenantScope,
    scheduleId: string,
  ): Promise<{ readonly hasUnfinishedRun: boolean; readonly isMaterialising: boolean }> {
    const rows = await tx.query<{ status: string }>(
      `SELECT status FROM schedule_runs
        WHERE tenant_id = $1 AND schedule_id = $2 AND status IN ('CREATED', 'RUNNING')`,
      [scope.tenantId, scheduleId],
    );
    return { hasUnfinishedRun: rows.length > 0, isMaterialising: rows.some((row) => row.status === 'CREATED') };
  }

  /** What of a campaign has not gone is to be planned anew. */
  async requestPlan(tx: Sql, scope: TenantScope, scheduleId: string): Promise<void> {
    await tx.execute(
      `UPDATE schedule_runs SET needs_plan = true
        WHERE tenant_id = $1 AND schedule_id = $2 AND status IN ('CREATED', 'RUNNING')`,
      [scope.tenantId, scheduleId],
    );
  }

  /** The run that ended last, if any did. */
  async lastEnded(tx: Sql, scope: TenantScope, scheduleId: string): Promise<string | null> {
    const rows = await tx.query<{ id: string }>(
      `SELECT id FROM schedule_runs
        WHERE tenant_id = $1 AND schedule_id = $2 AND status IN ('COMPLETED', 'COMPLETED_WITH_FAILURES')
        ORDER BY due_at DESC LIMIT 1`,
      [scope.tenantId, scheduleId],
    );
    return rows[0]?.id ?? null;
  }

  /** The deliveries of a schedule's only run, in the order of their ids. */
  async deliveryIds(scope: TenantScope, scheduleId: string): Promise<string[]> {
    const rows = await this.database.query<{ id: string }>(
      'SELECT id FROM deliveries WHERE tenant_id = $1 AND schedule_id = $2 ORDER BY id',
      [scope.tenantId, scheduleId],
    );
    return rows.map((row) => row.id);
  }
}
