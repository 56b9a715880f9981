import { Injectable } from '@nestjs/common';
import type { DurationMs } from '../../../core/values/time.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import { RunMaterialiser } from './run-materialiser.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';
import { ScheduleFirer, type FiringReport } from './schedule-firer.js';

/** How late a schedule fires at worst when every hint is lost. */
const INTERVAL_MS: DurationMs = 5_000;

/** How soon to look again at a due schedule that somebody else held. */
const RETRY_MS: DurationMs = 50;

/** Fires what is due: when a hint wakes it, when it knows that something comes due, and every few seconds in any case. */
@Injectable()
export class SchedulePoller {
  private readonly ticker: Ticker;

  constructor(
    private readonly firer: ScheduleFirer,
    private readonly materialiser: RunMaterialiser,
    private readonly announcements: ScheduleAnnouncements,
    logger: Logger,
  ) {
    this.ticker = new Ticker(() => this.tick(), { name: 'schedule-poller', intervalMs: INTERVAL_MS }, logger);
  }

  /** Something may be due. */
  kick(): void {
    this.ticker.kick();
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** Fires one batch of what is due at this moment, and tells it. */
  async runOnce(): Promise<FiringReport> {
    const report = await this.firer.fireBatch();
    if (report.fired.length === 0) return report;
    this.announcements.changed(report.fired.map((schedule) => ({ ...schedule, version: schedule.version + 1 })));
    this.announcements.somethingToFire();
    if (report.createdRuns > 0) this.materialiser.kick();
    return report;
  }

  private async tick(): Promise<DurationMs | void> {
    const { isFull } = await this.runOnce();
    if (isFull) return 0;
    const nextInMs = await this.firer.nextInMs();
    return nextInMs === null ? undefined : Math.max(RETRY_MS, nextInMs);
  }
}
