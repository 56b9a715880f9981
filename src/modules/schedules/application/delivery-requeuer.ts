import { Injectable } from '@nestjs/common';
import type { DeliveryState } from '../../../core/delivery/delivery-state.js';
import { err, type Result } from '../../../core/values/result.js';
import { conflict, notFound, type Refusal } from '../../../core/values/refusal.js';
import { Database } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { RequeueingRepository, type RequeuedDelivery } from '../persistence/requeueing.repository.js';
import type { ScheduleVersion } from '../persistence/run-key.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';
import { ScheduleChanger } from './schedule-changer.js';
import type { ScheduleRow } from './schedule-rows.js';

const BATCH = 2_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** What was put into the queue again, and the schedules that are processing again because of it. */
export interface Requeued {
  readonly deliveries: readonly RequeuedDelivery[];
  readonly schedules: readonly ScheduleVersion[];
}

/** Sends deliveries that have ended once more, because a person asks for it. */
@Injectable()
export class DeliveryRequeuer {
  constructor(
    private readonly database: Database,
    private readonly repository: RequeueingRepository,
    private readonly changer: ScheduleChanger,
    private readonly announcements: ScheduleAnnouncements,
  ) {}

  /**
   * Puts those of the deliveries into the queue that are in one of the states `from` and whose schedule is not cancelled:
   * ready now, with all attempts of the policy again, to the number that the contact has now. Deliveries of a paused
   * schedule are parked. Their runs are RUNNING again; a schedule that is over stays over.
   *
   * To be called in a transaction that has locked nothing of these deliveries yet: it locks schedules, runs and
   * deliveries in this order. After the commit call {@link announce}.
   */
  async requeue(
    tx: Sql,
    scope: TenantScope,
    deliveryIds: readonly string[],
    from: readonly DeliveryState[] = ['failed', 'expired'],
  ): Promise<Requeued> {
    const ids = deliveryIds.filter(isId);
    await this.repository.lockOwners(tx, scope, ids);
    const deliveries = await this.repository.requeue(tx, scope, ids, from);
    if (deliveries.length === 0) return { deliveries, schedules: [] };
    await this.repository.reopenRuns(tx, scope, distinct(deliveries.map((delivery) => delivery.runId)));
    const scheduleIds = distinct(deliveries.map((delivery) => delivery.scheduleId));
    const schedules = await this.repository.reopenSchedules(tx, scope, scheduleIds);
    await this.repository.wakeLanes(tx, scope, distinct(deliveries.map((delivery) => delivery.channelId)));
    return { deliveries, schedules };
  }

  /** Tells, after commit, what was requeued. */
  announce(scope: TenantScope, { deliveries, schedules }: Requeued): void {
    this.announcements.requeued(scope.tenantId, deliveries);
    this.announcements.changed(schedules);
    this.announcements.workAvailable(deliveries.map((delivery) => delivery.channelId));
  }

  /** Requeues every delivery of a schedule that failed or expired, in batches that commit one by one. */
  async retrySchedule(scope: TenantScope, id: string): Promise<Result<ScheduleRow, Refusal>> {
    const found = isId(id) ? await this.changer.reread(scope, id) : err(notFound('schedule', id));
    if (!found.ok) return found;
    const { status, version } = found.value;
    if (status === 'CANCELLED') {
      return err(conflict('The schedule is CANCELLED; nothing of it is sent any more.', { status, version }));
    }
    for (let afterId = FIRST_ID; ;) {
      const ids = await this.repository.failedAfter(this.database, scope, id, afterId, BATCH);
      const last = ids.at(-1);
      if (last === undefined) return this.changer.reread(scope, id);
      this.announce(scope, await this.database.transaction((tx) => this.requeue(tx, scope, ids)));
      afterId = last;
    }
  }
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
