import { Injectable } from '@nestjs/common';
import { newId } from '../../../platform/database/ids.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { LanesRepository } from '../../rate-limit/index.js';
import { Announcements } from './announcements.js';
import { Claimer } from './claimer.js';
import { Pipeline } from './pipeline.js';

/** Whatever is missed by kicks and timers is found this much later. */
export const CLAIM_POLL_MS = 5_000;

/** A lane that is open but locked by another worker is looked at again after this. */
const BUSY_MS = 3;

/** Claims whatever is due, as long as there is room for it. */
@Injectable()
export class ClaimLoop {
  private readonly workerId = newId();

  constructor(
    private readonly claimer: Claimer,
    private readonly pipeline: Pipeline,
    private readonly lanes: LanesRepository,
    private readonly announcements: Announcements,
    private readonly database: WorkerDatabase,
  ) {
    pipeline.identify(this.workerId);
  }

  /** One claim; false when no lane was open. */
  async runOnce(): Promise<boolean> {
    const claim = await this.claimer.claim(this.workerId, this.pipeline.fullChannels(), (channelId) =>
      this.pipeline.roomFor(channelId),
    );
    this.pipeline.accept(claim);
    this.announcements.changed(claim.deferred, 'PENDING', 'RATE_LIMITED');
    return claim.lanes > 0;
  }

  /**
   * Claims until nothing is due or nothing fits. Returns the milliseconds until the next lane opens, by the database's
   * clock and as a duration, so that this process's own clock does not matter.
   */
  async runUntilNothingIsDue(): Promise<number> {
    while (!this.pipeline.isFull && (await this.runOnce()));
    if (this.pipeline.isFull) return CLAIM_POLL_MS;
    const nextMs = (await this.lanes.nextOpenInMs(this.database, this.pipeline.fullChannels())) ?? CLAIM_POLL_MS;
    return nextMs <= 0 ? BUSY_MS : nextMs;
  }
}
