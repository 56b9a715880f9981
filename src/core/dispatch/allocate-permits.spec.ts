import { makeQuota } from '../rate-limit/quota.js';
import { allocatePermits, type Candidate } from './allocate-permits.js';

const NOW = 1_800_000_000_000_000;
const onePerMinute = makeQuota({ perMinute: 1, burst: 1 });
if (!onePerMinute.ok) throw new Error('unreachable');
const quota = onePerMinute.value;

function due(contactId: string, overrides: Partial<Candidate> = {}): Candidate {
  return { contactId, contactTatUs: 0, express: false, ...overrides };
}

describe('allocatePermits', () => {
  it('gives the permits in order and leaves the rest untouched', () => {
    const [a, b, c] = [due('a'), due('b'), due('c')] as const;
    expect(allocatePermits([a, b, c], 2, quota, NOW)).toMatchObject({ taken: [a, b], deferred: [], permitsUsed: 2 });
  });

  it('defers the second message to a contact to the instant that its bucket gives, at no cost to the lane', () => {
    const [first, second, other] = [due('a'), due('a'), due('b')] as const;
    const result = allocatePermits([first, second, other], 2, quota, NOW);
    expect(result.taken).toEqual([first, other]);
    expect(result.deferred).toEqual([{ candidate: second, retryAtUs: NOW + 60_000_000 }]);
    expect(result.permitsUsed).toBe(2);
  });

  it('honours a bucket that was emptied earlier', () => {
    const waiting = due('a', { contactTatUs: NOW + 30_000_000 });
    const result = allocatePermits([waiting], 5, quota, NOW);
    expect(result).toMatchObject({ taken: [], permitsUsed: 0 });
    expect(result.deferred[0]?.retryAtUs).toBe(NOW + 30_000_000);
  });

  it('lets express deliveries pass without permits and without a trace', () => {
    const express = due('a', { express: true, contactTatUs: NOW + 30_000_000 });
    const result = allocatePermits([express, express], 0, quota, NOW);
    expect(result).toMatchObject({ taken: [express, express], deferred: [], permitsUsed: 0 });
    expect(result.contactTats.size).toBe(0);
  });

  it('defers nobody when the lane has no permits: who is next is decided when it opens', () => {
    expect(allocatePermits([due('a', { contactTatUs: NOW + 1 })], 0, quota, NOW).deferred).toEqual([]);
  });
});
