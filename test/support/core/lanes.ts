import { openingHoursOf, type StoredSendingHours } from '../../../src/core/openings/sending-hours.js';
import type { OpeningHours } from '../../../src/core/openings/openings.js';
import { makeLanePolicy, type LanePolicy } from '../../../src/core/rate-limit/lane.js';

export interface PolicyInput {
  perMinute?: number;
  burst?: number;
  minSpacingSeconds?: number;
  perDay?: number | null;
}

/** The policy of a lane: 60 a minute, five at once, nothing else, unless it is said. */
export function aPolicy(input: PolicyInput = {}): LanePolicy {
  const policy = makeLanePolicy({
    perMinute: 60,
    burst: 5,
    minSpacingSeconds: 0,
    perDay: null,
    perContactPerMinute: null,
    ...input,
  });
  if (!policy.ok) throw new Error('the test asks for an impossible policy');
  return policy.value;
}

/** Hours in UTC, whose days need no calendar to check. */
export function utcHours(hours: Partial<StoredSendingHours> = {}): OpeningHours {
  return openingHoursOf({
    timeZone: 'UTC',
    sendingFromMinute: null,
    sendingToMinute: null,
    sendingWeekdays: [1, 2, 3, 4, 5, 6, 7],
    ...hours,
  });
}

export const ANY_HOUR = utcHours();
export const BUSINESS = utcHours({ sendingFromMinute: 8 * 60, sendingToMinute: 20 * 60 });
