import { Inject, Injectable } from '@nestjs/common';
import { ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ScheduleHints } from '../../schedules/index.js';
import { SchedulerStatusRepository } from '../persistence/scheduler-status.repository.js';

/** How the tenant's sending stands. */
export interface SchedulerStatus {
  readonly running: boolean;
  readonly totalSchedules: number;
  readonly byStatus: readonly { readonly status: ScheduleStatus; readonly count: number }[];
  readonly byType: readonly { readonly type: ScheduleType; readonly count: number }[];
  readonly activeJobs: number;
  readonly queueDepth: number;
  readonly overdue: number;
  readonly oldestDueAt: Date | null;
}

@Injectable()
export class SchedulerStatusService {
  constructor(
    private readonly repository: SchedulerStatusRepository,
    private readonly hints: ScheduleHints,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async status(scope: TenantScope): Promise<SchedulerStatus> {
    const [schedules, backlog, running] = await Promise.all([
      this.repository.scheduleCounts(scope),
      this.repository.backlog(scope),
      this.isRunning(),
    ]);
    const sum = (counted: (group: (typeof schedules)[number]) => boolean): number =>
      schedules.filter(counted).reduce((total, group) => total + group.count, 0);
    return {
      running,
      totalSchedules: sum(() => true),
      byStatus: Object.values(ScheduleStatus).map((status) => ({
        status,
        count: sum((group) => group.status === status),
      })),
      byType: Object.values(ScheduleType).map((type) => ({ type, count: sum((group) => group.type === type) })),
      activeJobs: this.hints.activeJobs(),
      queueDepth: backlog.depth,
      overdue: backlog.overdue,
      oldestDueAt: backlog.oldestDueAt,
    };
  }

  /**
   * Whether anything sends, anywhere. A worker that waits for work leaves no trace in the tables, but its connection to the
   * database is there.
   */
  async isRunning(): Promise<boolean> {
    return this.config.role !== 'api' || this.repository.workerIsConnected();
  }
}
