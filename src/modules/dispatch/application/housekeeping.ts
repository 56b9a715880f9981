import { Injectable } from '@nestjs/common';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { Logger } from '../../../platform/logging/logger.js';
import { ContactRatesRepository } from '../../rate-limit/index.js';
import { HousekeepingRepository } from '../persistence/housekeeping.repository.js';
import { Announcements } from './announcements.js';

const BATCH = 1_000;

/** Deadlines, and the safety nets under the protocol. */
@Injectable()
export class Housekeeping {
  constructor(
    private readonly database: WorkerDatabase,
    private readonly repository: HousekeepingRepository,
    private readonly contactRates: ContactRatesRepository,
    private readonly announcements: Announcements,
    private readonly logger: Logger,
  ) {}

  /** Expires what is past its deadline; returns how many. */
  async expire(): Promise<number> {
    let expired = 0;
    for (;;) {
      const changes = await this.repository.expire(this.database, BATCH);
      this.announcements.finished(changes, 'PENDING', (change) => change.status);
      expired += changes.length;
      if (changes.length < BATCH) return expired;
    }
  }

  /** Finds what should not exist (waiting deliveries in a closed lane, held ones without a lease) and mends it. */
  async mend(): Promise<void> {
    const lanes = await this.repository.healLanes(this.database);
    if (lanes > 0) this.logger.error('dispatch.lanes-mended', { lanes });
    const orphans = await this.repository.adoptOrphans(this.database);
    if (orphans > 0) this.logger.error('dispatch.orphans-adopted', { leases: orphans });
  }

  /** Removes contacts' buckets that are full again. */
  async tidy(): Promise<void> {
    while ((await this.contactRates.deleteFull(this.database, BATCH)) === BATCH);
  }
}
