import { Injectable } from '@nestjs/common';
import { newId } from '../../../platform/database/ids.js';
import { Announcements } from './announcements.js';
import { Claimer, type Claim } from './claimer.js';
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
    private readonly announcements: Announcements,
  ) {
    pipeline.identify(this.workerId);
  }

  /** One claim, handed over to the pipeline. */
  async runOnce(): Promise<Claim> {
    const claim = await this.claimer.claim(this.workerId, this.pipeline.fullChannels(), (channelId) =>
      this.pipeline.roomFor(channelId),
    );
    this.pipeline.accept(claim);
    this.announcements.changed(claim.deferred, 'PENDING', 'RATE_LIMITED');
    return claim;
  }

  /**
   * Claims until nothing is due or nothing fits. Returns the milliseconds until the next lane opens, by the database's
   * clock and as a duration, so that this process's own clock does not matter.
   */
  async runUntilNothingIsDue(): Promise<number> {
    while (!this.pipeline.isFull) {
      const { lanes, nextOpenInMs } = await this.runOnce();
      const nextMs = nextOpenInMs ?? CLAIM_POLL_MS;
      if (nextMs > 0) return nextMs;
      if (lanes === 0) return BUSY_MS;
    }
    this.pipeline.awaitRoom();
    return CLAIM_POLL_MS;
  }
}
