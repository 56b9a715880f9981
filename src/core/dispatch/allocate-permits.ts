import { requestSlot } from '../rate-limit/gcra.js';
import type { Quota } from '../rate-limit/quota.js';
import type { EpochMicros } from '../values/time.js';

/** A delivery that is due, or is so in a moment, as the allocation sees it. */
export interface Candidate {
  readonly contactId: string;
  /** The contact's bucket on this channel as stored; 0 when it was never used. */
  readonly contactTatUs: EpochMicros;
  /** The schedule does not respect the rate limit: it takes no permit and leaves no trace in the buckets. */
  readonly express: boolean;
  /** It goes no sooner than this after the channel's message before it, as a campaign promises; 0 for no distance. */
  readonly spacingUs: number;
  /** When it is due; it may be taken a moment before (see claim-lead.ts), and goes then. */
  readonly readyAtUs: EpochMicros;
}

/** What becomes of the candidates of one lane. Those in neither list stay as they are: permits or room ran out. */
export interface Allocation<C extends Candidate> {
  readonly taken: readonly C[];
  /**
   * Not before `retryAtUs`: the contact's own bucket is empty until then, or the last message is not far enough away.
   * This costs no permit and no attempt.
   */
  readonly deferred: readonly { readonly candidate: C; readonly retryAtUs: EpochMicros }[];
  /** Permits of the lane that were used, express deliveries not counted. */
  readonly permitsUsed: number;
  /** New states of the contacts' buckets. */
  readonly contactTats: ReadonlyMap<string, EpochMicros>;
  /** When the last of the taken goes; the lane's own when none was taken. */
  readonly lastTakenUs: EpochMicros;
  /** When the last of those that took a permit goes; now when none did. */
  readonly lastPermitUs: EpochMicros;
}

/** The lane whose permits are given out. */
export interface LaneRoom {
  /** Deliveries that can be taken at all, those that need no permit included. */
  readonly room: number;
  /** Messages that may go now; no more than the room. */
  readonly permits: number;
  /** When the channel's last message was taken; 0 when none ever was. */
  readonly lastTakenUs: EpochMicros;
}

/**
 * Gives the permits of a lane to its candidates, in their order, at most one per token in each contact's bucket.
 *
 * A delivery whose contact has to wait makes room for the next one instead of blocking the lane. One that needs a
 * distance is taken only as the first of its round, so that no message of the channel is closer before it; those after
 * it need none.
 */
export function allocatePermits<C extends Candidate>(
  candidates: readonly C[],
  lane: LaneRoom,
  contactQuota: Quota,
  nowUs: EpochMicros,
): Allocation<C> {
  const taken: C[] = [];
  const deferred: { candidate: C; retryAtUs: EpochMicros }[] = [];
  const contactTats = new Map<string, EpochMicros>();
  let left = lane.permits;
  let lastTakenUs = lane.lastTakenUs;
  let lastPermitUs = nowUs;
  for (const candidate of candidates) {
    if (taken.length >= lane.room) break;
    if (!candidate.express && left === 0) continue;
    const goesAtUs = Math.max(candidate.readyAtUs, nowUs);
    const clearAtUs = distanceKeptAt(candidate, lastTakenUs);
    if (clearAtUs > goesAtUs) {
      deferred.push({ candidate, retryAtUs: clearAtUs });
      continue;
    }
    if (!candidate.express) {
      const slot = requestSlot(contactQuota, contactTats.get(candidate.contactId) ?? candidate.contactTatUs, goesAtUs);
      if (slot.kind === 'deferred') {
        deferred.push({ candidate, retryAtUs: slot.retryAtUs });
        continue;
      }
      contactTats.set(candidate.contactId, slot.nextTatUs);
      left -= 1;
      lastPermitUs = Math.max(lastPermitUs, goesAtUs);
    }
    taken.push(candidate);
    lastTakenUs = Math.max(lastTakenUs, goesAtUs);
  }
  return { taken, deferred, permitsUsed: lane.permits - left, contactTats, lastTakenUs, lastPermitUs };
}

/** The first instant at which a delivery is as far as it needs from the message that was taken at `lastTakenUs`. */
export function distanceKeptAt({ spacingUs }: Pick<Candidate, 'spacingUs'>, lastTakenUs: EpochMicros): EpochMicros {
  return spacingUs === 0 || lastTakenUs === 0 ? 0 : lastTakenUs + spacingUs;
}
