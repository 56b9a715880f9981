import { Injectable } from '@nestjs/common';
import { SchedulerRegistry } from '@nestjs/schedule';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import { FiringRepository, type UpcomingSchedule } from '../persistence/firing.repository.js';
import { FIRE_LEAD_MS } from './schedule-firer.js';
import { SchedulePoller } from './schedule-poller.js';

const HORIZON_MS: DurationMs = 10 * 60_000;
const MAX_TIMERS = 2_000;
const SYNC_INTERVAL_MS: DurationMs = 5 * 60_000;

/** A flood of new schedules is read a few times a second, not once each. */
const SYNC_SPACING_MS: DurationMs = 250;

/** Node turns a delay beyond 2^31 ms into 1 ms; no timer here comes near it. */
const LONGEST_TIMER_MS: DurationMs = 3_600_000;

/**
 * One timer in the SchedulerRegistry for each schedule that comes due soon. A timer only wakes the poller: the database
 * says what is due, and a lost or wrong timer costs nothing but the poller's own interval.
 */
@Injectable()
export class ScheduleHints {
  private readonly ticker: Ticker;
  /** The due time that each timer is for, by schedule id. */
  private readonly armed = new Map<string, EpochMs>();

  constructor(
    private readonly database: WorkerDatabase,
    private readonly firing: FiringRepository,
    private readonly registry: SchedulerRegistry,
    private readonly poller: SchedulePoller,
    logger: Logger,
  ) {
    const options = { name: 'schedule-hints', intervalMs: SYNC_INTERVAL_MS, spacingMs: SYNC_SPACING_MS };
    this.ticker = new Ticker(() => this.sync(), options, logger);
  }

  /** Timers that this process has set. */
  activeJobs(): number {
    return this.armed.size;
  }

  /** The next runs may have changed. */
  kick(): void {
    this.ticker.kick();
  }

  start(): void {
    this.ticker.start();
  }

  async stop(): Promise<void> {
    await this.ticker.stop();
    for (const scheduleId of [...this.armed.keys()]) this.disarm(scheduleId);
  }

  /** Sets a timer for each schedule that comes due within the horizon, and removes the others. */
  async sync(): Promise<void> {
    const upcoming = await this.firing.upcoming(this.database, HORIZON_MS, MAX_TIMERS);
    const wanted = new Map(upcoming.map((schedule) => [schedule.scheduleId, schedule.dueAt]));
    for (const [scheduleId, dueAt] of [...this.armed]) {
      if (wanted.get(scheduleId) !== dueAt) this.disarm(scheduleId);
    }
    for (const schedule of upcoming) if (!this.armed.has(schedule.scheduleId)) this.arm(schedule);
  }

  private arm({ scheduleId, dueAt, inMs }: UpcomingSchedule): void {
    const delayMs = Math.min(LONGEST_TIMER_MS, Math.max(0, Math.ceil(inMs - FIRE_LEAD_MS)));
    const timer = setTimeout(() => {
      this.disarm(scheduleId);
      this.poller.kick();
    }, delayMs);
    this.registry.addTimeout(nameOf(scheduleId), timer);
    this.armed.set(scheduleId, dueAt);
  }

  private disarm(scheduleId: string): void {
    this.armed.delete(scheduleId);
    const name = nameOf(scheduleId);
    if (this.registry.doesExist('timeout', name)) this.registry.deleteTimeout(name);
  }
}

function nameOf(scheduleId: string): string {
  return `schedule:${scheduleId}`;
}
