import { Injectable } from '@nestjs/common';
import type { EditableField } from '../../../core/scheduling/edit-schedule.js';
import { statusOfActive } from '../../../core/scheduling/schedule-lifecycle.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { notFound, type Refusal } from '../../../core/values/refusal.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Tx } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { RunsRepository } from '../persistence/runs.repository.js';
import { SchedulesRepository, type ScheduleChanges } from '../persistence/schedules.repository.js';
import { TargetsRepository } from '../persistence/targets.repository.js';
import { ScheduleCarrier } from './schedule-carrier.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';
import type { ScheduleRow } from './schedule-rows.js';
import type { UpdateScheduleRequest } from './schedule-request.js';

/** A schedule that is locked until the transaction ends, with what is known of its runs. */
export interface LockedSchedule {
  readonly row: ScheduleRow;
  readonly unfinished: { readonly hasUnfinishedRun: boolean; readonly isMaterialising: boolean };
}

/** Fields that deliveries in the queue have copies of. */
const COPIED: ReadonlySet<EditableField> = new Set(['priority', 'respectRateLimit', 'expiresAfterSeconds']);

/** Writes changes to a schedule under its lock, and tells them. */
@Injectable()
export class ScheduleChanger {
  constructor(
    private readonly schedules: SchedulesRepository,
    private readonly targets: TargetsRepository,
    private readonly runs: RunsRepository,
    private readonly carrier: ScheduleCarrier,
    private readonly announcements: ScheduleAnnouncements,
  ) {}

  /** Locks a schedule against firing, finishing and other changes; null when there is none. */
  async lock(tx: Tx, scope: TenantScope, id: string): Promise<LockedSchedule | null> {
    const row = await this.schedules.lock(tx, scope, id);
    return row && { row, unfinished: await this.runs.unfinished(tx, scope, id) };
  }

  /** Writes to a locked schedule; its version rises by one. */
  write(tx: Tx, scope: TenantScope, row: ScheduleRow, changes: ScheduleChanges): Promise<void> {
    return this.schedules.updateLocked(tx, scope, row.id, row.version, changes);
  }

  /** The next run, and the status that follows from it; a paused schedule gets both when it is resumed. */
  timingColumns(row: ScheduleRow, nextRunAt: EpochMs | null, hasUnfinishedRun: boolean): ScheduleChanges {
    if (row.status === 'PAUSED' || row.type === 'IMMEDIATE') return {};
    const status = statusOfActive({ hasUnfinishedRun, hasNextRun: nextRunAt !== null, lastRun: null });
    return { nextRunAt: nextRunAt === null ? null : new Date(nextRunAt), status };
  }

  /** What of a campaign has not gone is to be planned anew. */
  requestPlan(tx: Tx, scope: TenantScope, id: string): Promise<void> {
    return this.runs.requestPlan(tx, scope, id);
  }

  /** The run that ended last, if any did. */
  lastEndedRun(tx: Tx, scope: TenantScope, id: string): Promise<string | null> {
    return this.runs.lastEnded(tx, scope, id);
  }

  countTargets(tx: Tx, scope: TenantScope, id: string): Promise<{ contacts: number; groups: number }> {
    return this.targets.count(tx, scope, id);
  }

  /** Puts the given lists in the place of the present ones. */
  async replaceTargets(
    tx: Tx,
    scope: TenantScope,
    id: string,
    { targetContactIds, targetGroupIds }: UpdateScheduleRequest,
  ): Promise<void> {
    if (targetContactIds !== undefined) {
      await this.targets.clearContacts(tx, scope, id);
      await this.targets.addContacts(tx, scope, id, targetContactIds ?? []);
    }
    if (targetGroupIds !== undefined) {
      await this.targets.clearGroups(tx, scope, id);
      await this.targets.addGroups(tx, scope, id, targetGroupIds ?? []);
    }
  }

  /** After commit: lets deliveries that wait follow, and tells. */
  async carryOver(scope: TenantScope, id: string, version: number, fields: readonly EditableField[]): Promise<void> {
    if (fields.some((field) => COPIED.has(field))) await this.carrier.settings(scope, id);
    this.announcements.changed([{ tenantId: scope.tenantId, scheduleId: id, version }]);
    this.announcements.somethingToFire();
  }

  /** The schedule as it is now. */
  async reread(scope: TenantScope, id: string): Promise<Result<ScheduleRow, Refusal>> {
    const row = await this.schedules.find(scope, id);
    return row ? ok(row) : err(notFound('schedule', id));
  }
}
