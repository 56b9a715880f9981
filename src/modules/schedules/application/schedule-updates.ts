import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import type { Resync, ScheduleChanged } from '../../../platform/events/event.js';
import { openStream, type LiveStream, type StreamGuard } from '../../../platform/events/live-stream.js';
import type { ScheduleRow } from './schedule-rows.js';
import { SchedulesService } from './schedules.service.js';

/** After a loss of events, at most so many schedules that changed meanwhile are told. */
const MAX_CAUGHT_UP = 500;

/** The clocks of two processes, and of the database, may differ by this much. */
const SKEW_MS = 60_000;

/** Schedules as they change. */
@Injectable()
export class ScheduleUpdates {
  constructor(
    private readonly bus: EventBus,
    private readonly schedules: SchedulesService,
    private readonly clock: Clock,
  ) {}

  /**
   * Each change of the tenant's schedules, or of one of them, as the row is by then; read again under the caller's own
   * scope. Changes that come faster than they are read become one. When events were lost, what has changed since is told:
   * a repetition is possible, and the higher version counts. The guard is asked before anything is told.
   */
  open(scope: TenantScope, scheduleId: string | null, guard: StreamGuard): LiveStream<ScheduleRow> {
    const events = this.bus.subscribe({
      tenantId: scope.tenantId,
      kinds: ['scheduleChanged'],
      accept: (event) => scheduleId === null || event.scheduleId === scheduleId,
    });
    const lastTold = { atMs: this.clock.nowMs() };
    return openStream(events, guard, (signals) => this.resolve(scope, scheduleId, signals, lastTold));
  }

  private async *resolve(
    scope: TenantScope,
    scheduleId: string | null,
    signals: readonly (ScheduleChanged | Resync)[],
    lastTold: { atMs: number },
  ): AsyncGenerator<ScheduleRow> {
    const ids = signals.flatMap((signal) => (signal.kind === 'scheduleChanged' ? [signal.scheduleId] : []));
    const isLost = signals.some((signal) => signal.kind === 'resync');
    if (isLost && scheduleId !== null) ids.push(scheduleId);
    const since = new Date(lastTold.atMs - SKEW_MS);
    lastTold.atMs = this.clock.nowMs();
    const rows = await this.schedules.findMany(scope, [...new Set(ids)]);
    yield* rows.values();
    if (!isLost || scheduleId !== null) return;
    for (const row of await this.schedules.changedSince(scope, since, MAX_CAUGHT_UP)) {
      if (!rows.has(row.id)) yield row;
    }
  }
}
