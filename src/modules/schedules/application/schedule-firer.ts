import { Inject, Injectable } from '@nestjs/common';
import { lastToPrepare, LONGEST_LOOK_AHEAD_MS } from '../../../core/scheduling/contact-time.js';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { sqlState, type Sql } from '../../../platform/database/sql.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { FiringRepository, type Advance, type DueSchedule } from '../persistence/firing.repository.js';
import { zoneOf } from './schedule-columns.js';
import { advanceAfter, faultOf, planFiring, UncomputableSchedule, type Firing } from './fire-schedule.js';

/**
 * A run is prepared this long before its time, so that its deliveries are in the queue when they are due. Nothing goes
 * out early: what is prepared is ready at the nominal instant.
 */
export const FIRE_LEAD_MS: DurationMs = 1_250;

const BATCH = 100;

/** What one look at the due schedules did. */
export interface FiringReport {
  /** Schedules that moved on, those that failed included. */
  readonly fired: readonly Advance[];
  readonly createdRuns: number;
  /** There may be more at this moment. */
  readonly isFull: boolean;
}

/** What was decided for a batch before anything is written. */
interface Decided {
  readonly firings: readonly Firing[];
  readonly faults: readonly Advance[];
}

/**
 * Fires what is due, on every replica: whoever locks a schedule first fires it, the others step over it. One READ
 * COMMITTED transaction with separate statements: lock, read the clock, decide, insert, advance from the version that
 * was locked. Lock and version guard in a single statement would compare an old snapshot and leave schedules stuck for
 * ever.
 */
@Injectable()
export class ScheduleFirer {
  constructor(
    private readonly database: WorkerDatabase,
    private readonly firing: FiringRepository,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
    private readonly logger: Logger,
  ) {}

  /** Fires one batch of due schedules. */
  fireBatch(): Promise<FiringReport> {
    return this.database.transaction(async (tx) => {
      const atTheirTime = await this.firing.lockDue(tx, FIRE_LEAD_MS, BATCH);
      const early = await this.lockEarly(tx);
      // This transaction's own locks are not stepped over: what is due by its own time is found twice.
      const due = [...new Map([...atTheirTime, ...early].map((schedule) => [schedule.scheduleId, schedule])).values()];
      if (due.length === 0) return { fired: [], createdRuns: 0, isFull: false };
      const { now, unfinished } = await this.firing.nowAndUnfinished(tx, due);
      const decided = this.decide(due, now, unfinished);
      const fired = [...(await this.write(tx, decided.firings)), ...decided.faults];
      if (decided.faults.length > 0) await this.advance(tx, decided.faults);
      const isFull = atTheirTime.length === BATCH || early.length === BATCH;
      const createdRuns = fired.reduce((sum, advance) => sum + advance.createdRuns, 0);
      return { fired, createdRuns, isFull: isFull && fired.length > 0 };
    });
  }

  /** Milliseconds until something comes due, the lead counted in; null when nothing waits. May be in the past. */
  async nextInMs(): Promise<DurationMs | null> {
    const inMs = await this.firing.nextDueInMs(this.database);
    return inMs === null ? null : inMs - FIRE_LEAD_MS;
  }

  /** Runs whose first contacts are due hours before the nominal instant, because their clocks are ahead of the schedule's. */
  private async lockEarly(tx: Sql): Promise<DueSchedule[]> {
    const ahead = await this.firing.zonesAhead(tx, LONGEST_LOOK_AHEAD_MS);
    if (ahead === null) return [];
    // A zone that is not known any more fails its schedules at their own instants.
    const known = ahead.zones.flatMap((name) => zoneOf(name) ?? []);
    const until = known.map((zone) => lastToPrepare(ahead.now, zone));
    return this.firing.lockEarly(tx, { zones: known, until }, BATCH);
  }

  private decide(due: readonly DueSchedule[], now: EpochMs, unfinished: ReadonlySet<string>): Decided {
    const firings: Firing[] = [];
    const faults: Advance[] = [];
    const { misfireGraceSeconds } = this.config;
    const defaultGraceMs = misfireGraceSeconds === undefined ? null : misfireGraceSeconds * 1_000;
    for (const schedule of due) {
      try {
        const hasUnfinishedRun = unfinished.has(schedule.scheduleId);
        // Whether runs overlap is seen when the next one is due, not when it could be prepared.
        if (hasUnfinishedRun && schedule.dueAt > now) continue;
        firings.push(planFiring(schedule, { now, hasUnfinishedRun, defaultGraceMs }));
      } catch (error) {
        faults.push(this.fault(schedule, error));
      }
    }
    return { firings, faults };
  }

  /**
   * Writes all firings with two statements. When their values are refused, each schedule is written under a savepoint of
   * its own, so that a bad one faults alone.
   */
  private async write(tx: Sql, firings: readonly Firing[]): Promise<Advance[]> {
    if (firings.length === 0) return [];
    try {
      return await this.savepoint(tx, () => this.writeTogether(tx, firings));
    } catch (error) {
      if (!isRefusedValue(error)) throw error;
      if (firings.length > 1) {
        const written: Advance[] = [];
        for (const firing of firings) written.push(...(await this.write(tx, [firing])));
        return written;
      }
      const fault = this.fault((firings[0] as Firing).schedule, error);
      await this.advance(tx, [fault]);
      return [fault];
    }
  }

  private async writeTogether(tx: Sql, firings: readonly Firing[]): Promise<Advance[]> {
    const rows = firings.flatMap((firing) => firing.occurrences);
    const written = await this.firing.insertOccurrences(tx, rows);
    const advances = firings.map((firing) => advanceAfter(firing, written));
    await this.advance(tx, advances);
    return advances;
  }

  private async advance(tx: Sql, advances: readonly Advance[]): Promise<void> {
    const advanced = await this.firing.advance(tx, advances);
    // The rows are locked, so their versions cannot have changed: then the lock does not hold, and nothing may be kept.
    if (advanced !== advances.length) throw new Error('a locked schedule changed under its lock');
  }

  private async savepoint<T>(tx: Sql, work: () => Promise<T>): Promise<T> {
    await tx.execute('SAVEPOINT firing');
    try {
      const result = await work();
      await tx.execute('RELEASE SAVEPOINT firing');
      return result;
    } catch (error) {
      await tx.execute('ROLLBACK TO SAVEPOINT firing');
      throw error;
    }
  }

  private fault(schedule: DueSchedule, error: unknown): Advance {
    const { tenantId, scheduleId } = schedule;
    this.logger.error('schedule.faulted', { tenantId, scheduleId, ...errorFacts(error) });
    const isKnown = error instanceof UncomputableSchedule;
    return faultOf(schedule, isKnown ? error.message : 'Its next run cannot be computed.');
  }
}

/** SQLSTATE classes 22 (data exception) and 23 (integrity): the values are at fault, not the database's state. */
function isRefusedValue(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return state.startsWith('22') || state.startsWith('23');
}
