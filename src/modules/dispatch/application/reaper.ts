import { Injectable } from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { LeasesRepository, type AbandonedDelivery } from '../persistence/leases.repository.js';
import { ReaperWriters } from './reaper-writers.js';

const LEASES_PER_RUN = 20;

/**
 * Frees what a dead or stopped worker held. Claimed and not called: waits again (or is cancelled, if that was asked for
 * meanwhile). At the gateway: nobody knows, so it is uncertain.
 *
 * The lease's row is locked first, so that its worker, should it wake up now, finds the lease gone before it can commit
 * an intent.
 */
@Injectable()
export class Reaper {
  constructor(
    private readonly database: WorkerDatabase,
    private readonly leases: LeasesRepository,
    private readonly writers: ReaperWriters,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /** Returns how many deliveries were freed. */
  async runOnce(): Promise<number> {
    const { freed, announce } = await this.database.transaction(async (tx) => {
      const expired = await this.leases.lockExpired(tx, LEASES_PER_RUN);
      const abandoned: AbandonedDelivery[] = [];
      for (const lease of expired) abandoned.push(...(await this.leases.abandoned(tx, lease)));
      const announcing = await this.writers.free(tx, abandoned, this.clock.monotonicMs());
      await this.leases.remove(
        tx,
        expired.map((lease) => lease.token),
      );
      return { freed: abandoned, announce: announcing };
    });
    announce();
    if (freed.length > 0) {
      const sending = freed.filter((delivery) => delivery.state === 'sending').length;
      this.logger.warn('dispatch.leases-expired', { released: freed.length - sending, uncertain: sending });
    }
    return freed.length;
  }
}
