import { Injectable } from '@nestjs/common';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import type { RunToMaterialise } from '../persistence/materialising.repository.js';
import { RunFinisher } from './run-finisher.js';
import { RunWriter, type MaterialisedPart } from './run-writer.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';

/** Kicks start it; this finds what a lost kick left. */
const INTERVAL_MS = 1_000;

/**
 * Makes deliveries out of the audiences of runs, on every replica, part by part. The lock on the run's row is the lease:
 * it ends with the transaction of the part, also when the process dies, and the cursor says where to go on.
 */
@Injectable()
export class RunMaterialiser {
  private readonly ticker: Ticker;

  constructor(
    private readonly database: WorkerDatabase,
    private readonly writer: RunWriter,
    private readonly finisher: RunFinisher,
    private readonly announcements: ScheduleAnnouncements,
    logger: Logger,
  ) {
    const options = { name: 'run-materialiser', intervalMs: INTERVAL_MS };
    this.ticker = new Ticker(async () => ((await this.runOnce()) ? 0 : undefined), options, logger);
  }

  /** There is a new run, or may be. */
  kick(): void {
    this.ticker.kick();
  }

  start(): void {
    this.ticker.start();
  }

  stop(): Promise<void> {
    return this.ticker.stop();
  }

  /** Writes the next part of the run that has waited longest; undefined when there is none to work on. */
  async runOnce(): Promise<MaterialisedPart | undefined> {
    let picked: RunToMaterialise | undefined;
    let part: MaterialisedPart | undefined;
    try {
      part = await this.database.transaction(async (tx) => {
        picked = await this.writer.pick(tx);
        return picked && this.writer.writeNext(tx, picked);
      });
    } catch (error) {
      // One run that cannot be written must not keep the others waiting; the loop logs the error and comes back to it.
      if (picked) await this.writer.letOthersPass(this.database, picked);
      throw error;
    }
    if (part) this.announce(part);
    return part;
  }

  private announce({ run, queued, isLast }: MaterialisedPart): void {
    if (queued > 0) this.announcements.workAvailable([run.channelId]);
    if (!isLast) return;
    this.announcements.changed([run]);
    // When nobody of the audience can be sent anything, no dispatcher will ever touch the run.
    this.finisher.noteTouched([run.runId]);
  }
}
