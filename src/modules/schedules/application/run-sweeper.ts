import { Injectable } from '@nestjs/common';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import { FinishingRepository, type RunInSight } from '../persistence/finishing.repository.js';
import { RunCanceller } from './run-canceller.js';
import { RunFinisher } from './run-finisher.js';
import { ScheduleParking } from './schedule-parking.js';

const INTERVAL_MS = 2_000;
const PAGE = 500;
const FIRST_ID = '00000000-0000-0000-0000-000000000000';

/** What one sweep found to do. */
export interface SweepReport {
  readonly finished: number;
  readonly cancelled: number;
  readonly unparked: number;
}

/**
 * Looks at every run that is under way and finishes what was left undone: by a process that died, by a kick that was
 * lost, by a request that ran out of time. Everything it does can be repeated and is guarded by the rows themselves, so
 * that every replica may do it.
 */
@Injectable()
export class RunSweeper {
  private readonly ticker: Ticker;
  private isStopping = false;

  constructor(
    private readonly database: WorkerDatabase,
    private readonly repository: FinishingRepository,
    private readonly finisher: RunFinisher,
    private readonly canceller: RunCanceller,
    private readonly parking: ScheduleParking,
    logger: Logger,
  ) {
    const work = async (): Promise<void> => {
      await this.runOnce();
    };
    this.ticker = new Ticker(work, { name: 'run-sweeper', intervalMs: INTERVAL_MS }, logger);
  }

  start(): void {
    this.isStopping = false;
    this.ticker.start();
  }

  stop(): Promise<void> {
    this.isStopping = true;
    return this.ticker.stop();
  }

  async runOnce(): Promise<SweepReport> {
    const report = { finished: 0, cancelled: 0, unparked: 0 };
    const created = await this.repository.cancelledWhileCreated(this.database, PAGE);
    report.cancelled += await this.cancelAll(created);
    for (let afterId = FIRST_ID; !this.isStopping;) {
      const runs = await this.repository.sweepPage(this.database, afterId, PAGE);
      const last = runs.at(-1);
      if (!last) break;
      await this.sweepPage(runs, report);
      afterId = last.runId;
    }
    return report;
  }

  private async sweepPage(runs: readonly RunInSight[], report: { -readonly [K in keyof SweepReport]: number }) {
    const cancelled = runs.filter((run) => run.scheduleStatus === 'CANCELLED');
    report.cancelled += await this.cancelAll(cancelled);
    const open = runs.filter((run) => run.scheduleStatus !== 'CANCELLED');
    report.finished += (await this.finisher.finish(open.filter((run) => run.isDone))).finished;
    // A resume that was cut short, or a dispatcher that parked a delivery while its schedule was being resumed.
    const stuck = open.filter((run) => run.hasParked && run.scheduleStatus !== 'PAUSED');
    for (const run of stuck) report.unparked += await this.parking.unpark(this.database, run, () => !this.isStopping);
  }

  private async cancelAll(runs: Parameters<RunCanceller['sweep']>[1][]): Promise<number> {
    let ended = 0;
    for (const run of runs) {
      if (await this.canceller.sweep(this.database, run, () => !this.isStopping)) ended += 1;
    }
    return ended;
  }
}
