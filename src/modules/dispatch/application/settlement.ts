import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { BatchWriter } from './batch-writer.js';
import type { HeldDelivery } from '../dispatch-types.js';
import { Outcomes, type CallResult } from './outcomes.js';
import { Releases, type Ending } from './releases.js';

const MAX_BATCH = 500;

/** Of a flood, the outcomes of about so long share a statement: nobody waits for them, and the room they free is planned. */
const PAUSE_MS = 20;

/** About half a minute with the writer's pauses: past that the reaper settles the rest by its own rules. */
const TRIES = 15;

/** A delivery of a channel that this process no longer holds. */
export interface Settled extends HeldDelivery {
  readonly channelId: string;
}

/**
 * The end of every hold: outcomes of calls, and deliveries that are given back or end without a call. Written together
 * every few milliseconds; a write that fails is repeated, because a gateway's answer exists nowhere else.
 */
@Injectable()
export class Settlement {
  private settledListener: (settled: readonly Settled[]) => void = () => undefined;
  private abandonedListener: (abandoned: readonly Settled[]) => void = () => undefined;
  private readonly results: BatchWriter<CallResult>;
  private readonly endings: BatchWriter<Ending>;

  private readonly leases: BatchWriter<number>;

  constructor(outcomes: Outcomes, releases: Releases, database: WorkerDatabase, clock: Clock, logger: Logger) {
    const writer = { maxBatch: MAX_BATCH, maxConcurrent: 2, pauseMs: PAUSE_MS, tries: TRIES, logger };
    this.results = new BatchWriter({
      ...writer,
      name: 'outcomes',
      write: async (batch) => {
        // One statement each, committed by itself: a repeated batch finds what is left of it.
        const announce = await outcomes.write(database, batch, clock.monotonicMs());
        announce();
        this.settledListener(batch);
      },
      giveUp: (batch) => this.abandon('outcomes', batch, logger),
    });
    this.endings = new BatchWriter({
      ...writer,
      name: 'endings',
      write: async (batch) => {
        const { ended, announce } = await releases.write(database, batch);
        announce();
        this.settledListener(batch.filter((ending) => ended.has(ending.deliveryId)));
        // Should one of them still be held under its lease, the reaper must find it: the lease stays.
        this.abandonedListener(batch.filter((ending) => !ended.has(ending.deliveryId)));
      },
      giveUp: (batch) => this.abandon('endings', batch, logger),
    });
    this.leases = new BatchWriter({
      ...writer,
      name: 'leases',
      tries: 1,
      write: (tokens) => releases.removeLeases(database, tokens),
      // A lease that stays is removed by the reaper, which finds nothing under it.
      giveUp: () => undefined,
    });
  }

  /** Called with everything that was settled. Each hold ends here or as abandoned, once. */
  onSettled(listener: (settled: readonly Settled[]) => void): void {
    this.settledListener = listener;
  }

  /** Called with what was not written, or found nothing to end: should it still be held, the reaper finds it by its lease. */
  onAbandoned(listener: (abandoned: readonly Settled[]) => void): void {
    this.abandonedListener = listener;
  }

  record(results: readonly CallResult[]): void {
    this.results.add(results);
  }

  end(endings: readonly Ending[]): void {
    this.endings.add(endings);
  }

  /** Removes leases under which nothing is held any more. */
  dropLeases(tokens: readonly number[]): void {
    this.leases.add(tokens);
  }

  /** Resolves when all of it is written. */
  async settled(): Promise<void> {
    await Promise.all([this.results.settled(), this.endings.settled()]);
    await this.leases.settled();
  }

  private abandon(what: string, batch: readonly Settled[], logger: Logger): void {
    logger.error('dispatch.left-to-the-reaper', {
      what,
      deliveryIds: batch.slice(0, 20).map((item) => item.deliveryId),
      count: batch.length,
    });
    this.abandonedListener(batch);
  }
}
