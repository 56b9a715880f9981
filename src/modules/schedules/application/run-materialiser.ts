import { Injectable } from '@nestjs/common';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import {
  MaterialisingRepository,
  ONE_INSTANT,
  type RunToMaterialise,
  type WrittenPart,
} from '../persistence/materialising.repository.js';
import { RunFinisher } from './run-finisher.js';
import { ScheduleAnnouncements } from './schedule-announcements.js';

/** The first part is small, so that sending begins at once; the others are large enough to be quick. */
const FIRST_PART = 500;
const PART = 5_000;

/** Kicks start it; this finds what a lost kick left. */
const INTERVAL_MS = 1_000;

/** What was written of one run. */
export interface MaterialisedPart extends WrittenPart {
  readonly run: RunToMaterialise;
  readonly isLast: boolean;
}

/**
 * Makes deliveries out of the audiences of runs, on every replica, part by part. The lock on the run's row is the lease:
 * it ends with the transaction of the part, also when the process dies, and the cursor says where to go on.
 */
@Injectable()
export class RunMaterialiser {
  private readonly ticker: Ticker;

  constructor(
    private readonly database: WorkerDatabase,
    private readonly repository: MaterialisingRepository,
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
        picked = await this.repository.pickRun(tx);
        if (!picked) return undefined;
        const size = picked.cursor === null ? FIRST_PART : PART;
        const written = await this.repository.writeNextPart(tx, picked, size, ONE_INSTANT);
        const isLast = written.taken < size;
        const isOurs = await this.repository.recordPart(tx, picked, written, isLast);
        if (!isOurs) throw new Error('a locked run changed under its lock');
        const mayBeSent = written.queued > 0 && !picked.isPaused;
        if (mayBeSent) await this.repository.wakeLane(tx, picked.tenantId, picked.channelId, picked.dueAt);
        return { ...written, run: picked, isLast };
      });
    } catch (error) {
      // One run that cannot be written must not keep the others waiting; the loop logs the error and comes back to it.
      if (picked) await this.repository.letOthersPass(this.database, picked);
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
