import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import { CancellingRepository } from '../persistence/cancelling.repository.js';
import type { RunKey } from '../persistence/run-key.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';

/** Small enough that a dispatcher which wants one of the rows waits a fraction of a second at most. */
const BATCH = 5_000;

/** Cancellations told one by one; of a larger run only the schedule's change is told. */
const MAX_TOLD = 1_000;

/** Empties the queue of runs whose schedule was cancelled; what is at a gateway is waited for. */
@Injectable()
export class RunCanceller {
  constructor(
    private readonly repository: CancellingRepository,
    private readonly announcements: ScheduleAnnouncements,
  ) {}

  /** The runs of a schedule that are not finished. */
  unfinishedRuns(sql: Sql, tenantId: string, scheduleId: string): Promise<RunKey[]> {
    return this.repository.unfinishedRuns(sql, tenantId, scheduleId);
  }

  /**
   * Cancels what waits, in batches that commit one by one, and marks the run CANCELLED when nothing is left. It can be
   * repeated, and stopped between batches by `mayGoOn`; what was held by somebody else is found by the next sweep.
   * Returns whether the run has ended.
   */
  async sweep(sql: Sql, run: RunKey, mayGoOn: () => boolean): Promise<boolean> {
    let told = 0;
    for (let isMore = true; isMore;) {
      const cancelled = await this.repository.cancelPending(sql, run, BATCH);
      told += cancelled.length;
      if (told <= MAX_TOLD) this.announcements.cancelled(run, cancelled);
      isMore = cancelled.length === BATCH;
      if (isMore && !mayGoOn()) return false;
    }
    while ((await this.repository.releaseUncertain(sql, run, BATCH)) === BATCH && mayGoOn());
    while ((await this.repository.askClaimed(sql, run, BATCH)) === BATCH && mayGoOn());
    return this.repository.markCancelled(sql, run);
  }
}
