import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** What is due and not at a gateway yet. */
export interface QueueBacklog {
  readonly depth: number;
  /** Due for longer than OVERDUE_SECONDS. */
  readonly overdue: number;
  readonly oldestDueAt: Date | null;
}

/** How many schedules there are of a status and type. */
export interface ScheduleCount {
  readonly status: string;
  readonly type: string;
  readonly count: number;
}

/** Somebody who looks at a backlog wants to know what is late, not what is on its way. */
const OVERDUE_SECONDS = 60;

@Injectable()
export class SchedulerStatusRepository {
  constructor(private readonly database: Database) {}

  async scheduleCounts(scope: TenantScope): Promise<ScheduleCount[]> {
    return this.database.query<ScheduleCount>(
      'SELECT status, type, count(*)::int AS count FROM schedules WHERE tenant_id = $1 GROUP BY 1, 2',
      [scope.tenantId],
    );
  }

  /**
   * Deliveries of paused schedules are not counted: that they wait is what a person wants. A million rows of next month
   * are passed over by their ready_at, without a look at the log; an hour is longer than any hold is.
   */
  async backlog(scope: TenantScope): Promise<QueueBacklog> {
    const rows = await this.database.query<QueueBacklog>(
      `SELECT count(*)::int AS depth, min(d.due_at) AS "oldestDueAt",
              (count(*) FILTER (WHERE d.due_at < now() - ${OVERDUE_SECONDS} * interval '1 second'))::int AS overdue
         FROM delivery_queue q JOIN deliveries d ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id
        WHERE q.tenant_id = $1 AND q.state IN ('pending', 'claimed') AND q.wait_reason <> 'paused'
          AND (q.ready_at <= now() + interval '1 hour' OR q.wait_reason IN ('rate_limit', 'retry')) AND d.due_at <= now()`,
      [scope.tenantId],
    );
    return rows[0] ?? { depth: 0, overdue: 0, oldestDueAt: null };
  }

  /** Whether any process has a dispatcher's connection to this database open. */
  async workerIsConnected(): Promise<boolean> {
    const rows = await this.database.query(
      `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pontual-worker' LIMIT 1`,
    );
    return rows.length > 0;
  }
}
