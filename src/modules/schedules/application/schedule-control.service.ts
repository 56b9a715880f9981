import { Injectable } from '@nestjs/common';
import { currentOfSchedule, decideWish, type ScheduleWish } from '../../../core/scheduling/schedule-conflict.js';
import { nextRunFrom, statusOfActive, type RunOutcomes } from '../../../core/scheduling/schedule-lifecycle.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, notFound, type Refusal } from '../../../core/values/refusal.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { FinishingRepository } from '../persistence/finishing.repository.js';
import type { ScheduleChanges } from '../persistence/schedules.repository.js';
import { databaseNow } from './database-now.js';
import { REACHED_NOBODY } from './run-finisher.js';
import { ScheduleCarrier } from './schedule-carrier.js';
import { ScheduleChanger, type LockedSchedule } from './schedule-changer.js';
import { conflictFactsOf, runFactsOf } from './schedule-columns.js';
import type { ScheduleRow } from './schedule-rows.js';

/** What a locked schedule becomes, or why it does not. */
type Change = Result<ScheduleChanges, Refusal>;

/** Into what a wish changes a schedule, and what follows after the commit. */
interface HowToChange {
  readonly into: (tx: Tx, locked: LockedSchedule) => Promise<Change>;
  readonly carryOver: (row: ScheduleRow) => Promise<void>;
}

/**
 * Pauses, resumes and cancels schedules. With an expected version nothing changes that has changed since it was read, not
 * even when it is as wished already.
 */
@Injectable()
export class ScheduleControlService {
  constructor(
    private readonly database: Database,
    private readonly changer: ScheduleChanger,
    private readonly carrier: ScheduleCarrier,
    private readonly finishing: FinishingRepository,
  ) {}

  /** From the commit on nothing fires and no gateway is called for it. Idempotent. */
  pause(scope: TenantScope, id: string, expectedVersion: number | null = null): Promise<Result<ScheduleRow, Refusal>> {
    const paused: ScheduleChanges = { status: 'PAUSED', nextRunAt: null };
    return this.change(scope, id, 'pause', expectedVersion, {
      into: () => Promise.resolve(ok(paused)),
      carryOver: () => this.carrier.pause(scope, id),
    });
  }

  /**
   * Goes on from now; what would have run during the pause is not caught up. A single instant that has passed meanwhile
   * is a conflict: give it a new one. Idempotent.
   */
  resume(scope: TenantScope, id: string, expectedVersion: number | null = null): Promise<Result<ScheduleRow, Refusal>> {
    return this.change(scope, id, 'resume', expectedVersion, {
      into: (tx, locked) => this.resumed(tx, scope, locked),
      carryOver: ({ channelId }) => this.carrier.resume(scope, id, channelId),
    });
  }

  /** From the commit on nothing fires and no gateway is called for it; what is at a gateway ends by itself. Idempotent. */
  cancel(scope: TenantScope, id: string, expectedVersion: number | null = null): Promise<Result<ScheduleRow, Refusal>> {
    const cancelled: ScheduleChanges = { status: 'CANCELLED', nextRunAt: null };
    return this.change(scope, id, 'cancel', expectedVersion, {
      into: () => Promise.resolve(ok(cancelled)),
      carryOver: () => this.carrier.cancel(scope, id),
    });
  }

  private async change(
    scope: TenantScope,
    id: string,
    wish: ScheduleWish,
    expectedVersion: number | null,
    how: HowToChange,
  ): Promise<Result<ScheduleRow, Refusal>> {
    if (!isId(id)) return err(notFound('schedule', id));
    const outcome = await this.database.transaction(async (tx): Promise<Result<ScheduleRow | null, Refusal>> => {
      const locked = await this.changer.lock(tx, scope, id);
      if (!locked) return err(notFound('schedule', id));
      const facts = conflictFactsOf(locked.row, locked.unfinished.hasUnfinishedRun);
      const decision = decideWish(wish, facts, expectedVersion);
      if (decision.kind === 'already') return ok(null);
      if (decision.kind === 'refused') return err(conflict(decision.reason, currentOfSchedule(facts)));
      const changes = await how.into(tx, locked);
      if (!changes.ok) return changes;
      await this.changer.write(tx, scope, locked.row, changes.value);
      return ok(locked.row);
    });
    if (!outcome.ok) return outcome;
    if (outcome.value !== null) {
      await how.carryOver(outcome.value);
      await this.changer.carryOver(scope, id, outcome.value.version + 1, []);
    }
    return this.changer.reread(scope, id);
  }

  private async resumed(tx: Tx, scope: TenantScope, { row, unfinished }: LockedSchedule): Promise<Change> {
    const now = await databaseNow(tx);
    const after = Math.max(now, row.lastRunAt?.getTime() ?? now);
    const nextRunAt = nextRunFrom(runFactsOf(row), after);
    if (row.type === 'FUTURE' && row.runCount === 0 && nextRunAt === null) {
      const instant = row.scheduledAt?.toISOString() ?? '';
      const message = `Its instant, ${instant}, passed while it was paused. Give it a new one first.`;
      return err(conflict(message, currentOfSchedule(conflictFactsOf(row, unfinished.hasUnfinishedRun))));
    }
    if (row.type === 'CAMPAIGN' && unfinished.hasUnfinishedRun) return this.resumedCampaign(tx, scope, row);
    const lastRun = await this.lastRun(tx, scope, row.id);
    const status = statusOfActive({
      hasUnfinishedRun: unfinished.hasUnfinishedRun,
      hasNextRun: nextRunAt !== null,
      lastRun,
    });
    const statusReason = status === 'FAILED' ? REACHED_NOBODY : null;
    return ok({ status, statusReason, nextRunAt: nextRunAt === null ? null : new Date(nextRunAt) });
  }

  /** What has not gone is planned anew; the first of its new instants becomes the next run of one that has not begun. */
  private async resumedCampaign(tx: Tx, scope: TenantScope, { id, runCount }: ScheduleRow): Promise<Change> {
    await this.changer.requestPlan(tx, scope, id);
    return ok({ status: runCount > 0 ? 'PROCESSING' : 'PENDING', statusReason: null, nextRunAt: null });
  }

  private async lastRun(tx: Tx, scope: TenantScope, scheduleId: string): Promise<RunOutcomes | null> {
    const runId = await this.changer.lastEndedRun(tx, scope, scheduleId);
    if (runId === null) return null;
    const outcomes = await this.finishing.outcomes(tx, [{ tenantId: scope.tenantId, scheduleId, runId }]);
    return outcomes.get(runId) ?? null;
  }
}
