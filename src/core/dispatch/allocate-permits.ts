import { requestSlot } from '../rate-limit/gcra.js';
import type { Quota } from '../rate-limit/quota.js';
import type { EpochMicros } from '../values/time.js';

/** A delivery that is due, as the allocation sees it. */
export interface Candidate {
  readonly contactId: string;
  /** The contact's bucket on this channel as stored; 0 when it was never used. */
  readonly contactTatUs: EpochMicros;
  /** The schedule does not respect the rate limit: it takes no permit and leaves no trace in the buckets. */
  readonly express: boolean;
}

/** What becomes of the candidates of one lane. Those in neither list stay as they are: the permits ran out. */
export interface Allocation<C extends Candidate> {
  readonly taken: readonly C[];
  /** The contact's own bucket is empty until `retryAtUs`; this costs no permit and no attempt. */
  readonly deferred: readonly { readonly candidate: C; readonly retryAtUs: EpochMicros }[];
  /** Permits of the lane that were used, express deliveries not counted. */
  readonly permitsUsed: number;
  /** New states of the contacts' buckets. */
  readonly contactTats: ReadonlyMap<string, EpochMicros>;
}

/**
 * Gives the permits of a lane to its due deliveries, in their order, at most one per token in each contact's bucket.
 *
 * A delivery whose contact has to wait makes room for the next one instead of blocking the lane.
 */
export function allocatePermits<C extends Candidate>(
  candidates: readonly C[],
  permits: number,
  contactQuota: Quota,
  nowUs: EpochMicros,
): Allocation<C> {
  const taken: C[] = [];
  const deferred: { candidate: C; retryAtUs: EpochMicros }[] = [];
  const contactTats = new Map<string, EpochMicros>();
  let left = permits;
  for (const candidate of candidates) {
    if (candidate.express) {
      taken.push(candidate);
      continue;
    }
    if (left === 0) continue;
    const slot = requestSlot(contactQuota, contactTats.get(candidate.contactId) ?? candidate.contactTatUs, nowUs);
    if (slot.kind === 'deferred') {
      deferred.push({ candidate, retryAtUs: slot.retryAtUs });
      continue;
    }
    contactTats.set(candidate.contactId, slot.nextTatUs);
    taken.push(candidate);
    left -= 1;
  }
  return { taken, deferred, permitsUsed: permits - left, contactTats };
}
