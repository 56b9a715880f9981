import { Injectable } from '@nestjs/common';
import type { DurationMs } from '../../../core/values/time.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Database } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';
import { RunCanceller } from './run-canceller.js';
import { ScheduleParking } from './schedule-parking.js';

/**
 * A request carries a change over to so many deliveries as fit into this time; the rest follows in the background. It is
 * not needed for the change to hold: no dispatcher calls a gateway for a schedule that is paused or cancelled.
 */
const BUDGET_MS: DurationMs = 1_200;

/** Carries a committed change of a schedule over to its deliveries, for as long as a person likes to wait. */
@Injectable()
export class ScheduleCarrier {
  constructor(
    private readonly database: Database,
    private readonly parking: ScheduleParking,
    private readonly canceller: RunCanceller,
    private readonly announcements: ScheduleAnnouncements,
    private readonly clock: Clock,
  ) {}

  async pause(scope: TenantScope, scheduleId: string): Promise<void> {
    await this.parking.park(this.database, { tenantId: scope.tenantId, scheduleId }, this.budget());
  }

  async resume(scope: TenantScope, scheduleId: string, channelId: string): Promise<void> {
    await this.parking.unpark(this.database, { tenantId: scope.tenantId, scheduleId }, this.budget());
    this.announcements.workAvailable([channelId]);
  }

  async cancel(scope: TenantScope, scheduleId: string): Promise<void> {
    const mayGoOn = this.budget();
    const runs = await this.canceller.unfinishedRuns(this.database, scope.tenantId, scheduleId);
    for (const run of runs) {
      if (mayGoOn()) await this.canceller.sweep(this.database, run, mayGoOn);
    }
  }

  async settings(scope: TenantScope, scheduleId: string): Promise<void> {
    // Nothing else would follow later: the whole of it, however long it takes.
    await this.parking.applySettings(this.database, { tenantId: scope.tenantId, scheduleId }, () => true);
  }

  private budget(): () => boolean {
    const endMs = this.clock.monotonicMs() + BUDGET_MS;
    return () => this.clock.monotonicMs() < endMs;
  }
}
