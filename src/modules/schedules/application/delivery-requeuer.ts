import { Injectable } from '@nestjs/common';
import type { DeliveryState } from '../../../core/delivery/delivery-state.js';
import { currentOfSchedule, decideWish } from '../../../core/scheduling/schedule-conflict.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, notFound, type Refusal } from '../../../core/values/refusal.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { RequeueingRepository, type RequeuedDelivery } from '../persistence/requeueing.repository.js';
import type { ScheduleVersion } from '../persistence/run-key.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';
import { ScheduleChanger } from './schedule-changer.js';
import { conflictFactsOf } from './schedule-columns.js';
import type { ScheduleRow } from './schedule-rows.js';

const BATCH = 2_000;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** What was put into the queue again, and the schedules that are processing again because of it. */
export interface Requeued {
  readonly deliveries: readonly RequeuedDelivery[];
  readonly schedules: readonly ScheduleVersion[];
}

const NOTHING: Requeued = { deliveries: [], schedules: [] };

/** A part of what is retried. */
interface Batch {
  readonly requeued: Requeued;
  /** null when nothing is left. */
  readonly lastId: string | null;
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
   * Puts those of the deliveries into the queue that are in one of the states `from`, of the version unless that is null,
   * and whose schedule is not cancelled: ready now, with all attempts of the policy again, to the number that the contact has now. Deliveries of a paused
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
    version: number | null = null,
  ): Promise<Requeued> {
    const ids = deliveryIds.filter(isId);
    await this.repository.lockOwners(tx, scope, ids);
    const deliveries = await this.repository.requeue(tx, scope, ids, from, version);
    if (deliveries.length === 0) return NOTHING;
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

  /**
   * Requeues every delivery of a schedule that failed or expired, in batches that commit one by one. The version is that
   * before the first of them: what follows raises it.
   */
  async retrySchedule(
    scope: TenantScope,
    id: string,
    expectedVersion: number | null = null,
  ): Promise<Result<ScheduleRow, Refusal>> {
    if (!isId(id)) return err(notFound('schedule', id));
    const first = await this.database.transaction(async (tx): Promise<Result<Batch, Refusal>> => {
      const locked = await this.changer.lock(tx, scope, id);
      if (!locked) return err(notFound('schedule', id));
      const facts = conflictFactsOf(locked.row, locked.unfinished.hasUnfinishedRun);
      const decision = decideWish('retry', facts, expectedVersion);
      if (decision.kind === 'refused') return err(conflict(decision.reason, currentOfSchedule(facts)));
      return ok(await this.retryAfter(tx, scope, id, FIRST_ID));
    });
    if (!first.ok) return first;
    for (let batch = first.value; ;) {
      this.announce(scope, batch.requeued);
      const { lastId } = batch;
      if (lastId === null) return this.changer.reread(scope, id);
      batch = await this.database.transaction((tx) => this.retryAfter(tx, scope, id, lastId));
    }
  }

  private async retryAfter(tx: Tx, scope: TenantScope, scheduleId: string, afterId: string): Promise<Batch> {
    const ids = await this.repository.failedAfter(tx, scope, scheduleId, afterId, BATCH);
    const requeued = ids.length === 0 ? NOTHING : await this.requeue(tx, scope, ids);
    return { requeued, lastId: ids.at(-1) ?? null };
  }
}

function distinct(ids: readonly string[]): string[] {
  return [...new Set(ids)];
}
