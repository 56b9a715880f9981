import { distanceKeptAt } from '../dispatch/allocate-permits.js';
import type { EpochMicros } from '../values/time.js';
import type { ExplanationFacts, QueuedDelivery } from './explanation-facts.js';

/** What a limit gave a delivery when it was last looked at: it is not looked at before, even when the limit was lifted. */
export type Deferral =
  | { readonly by: 'spacing' | 'contact'; readonly untilUs: EpochMicros }
  /** It needs no permit any more; all the same nobody looks at it before. */
  | { readonly by: 'former limit'; readonly untilUs: EpochMicros };

/** null when no limit put it off. By a distance, as long as the distance from the last message is not kept at that instant. */
export function deferralOf({ channel }: ExplanationFacts, queue: QueuedDelivery): Deferral | null {
  const { waitReason, readyAtUs, spacingUs, express } = queue;
  if (waitReason !== 'rate_limit' || readyAtUs === null) return null;
  if (spacingUs > 0 && readyAtUs <= distanceKeptAt(queue, channel.lane.lastTakenUs)) {
    return { by: 'spacing', untilUs: readyAtUs };
  }
  return { by: express ? 'former limit' : 'contact', untilUs: readyAtUs };
}
