import { ANY_HOUR, aPolicy } from '../../../test/support/core/lanes.js';
import { laneDay } from '../rate-limit/lane-day.js';
import { CLAIM_LEAD_MS, claimLeadMs } from './claim-lead.js';

const MIDNIGHT_US = Date.UTC(2026, 10, 24) * 1_000;
const LEAD_US = CLAIM_LEAD_MS * 1_000;

function leadAt(nowUs: number, limits: Parameters<typeof aPolicy>[0] = {}): number {
  return claimLeadMs(aPolicy(limits), laneDay(ANY_HOUR, nowUs), nowUs);
}

describe('claimLeadMs', () => {
  it('lets a lane be claimed from a moment before', () => {
    expect(leadAt(MIDNIGHT_US - 1)).toBe(CLAIM_LEAD_MS);
    expect(leadAt(MIDNIGHT_US, { perDay: 10 })).toBe(CLAIM_LEAD_MS);
  });

  it('does not take what goes tomorrow under the cap of today', () => {
    expect(leadAt(MIDNIGHT_US - LEAD_US - 1, { perDay: 10 })).toBe(CLAIM_LEAD_MS);
    expect(leadAt(MIDNIGHT_US - LEAD_US, { perDay: 10 })).toBe(0);
    expect(leadAt(MIDNIGHT_US - 1, { perDay: 10 })).toBe(0);
  });

  it('takes nothing ahead where any two messages keep a distance', () => {
    expect(leadAt(MIDNIGHT_US, { minSpacingSeconds: 1 })).toBe(0);
  });
});
