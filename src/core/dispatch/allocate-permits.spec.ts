import fc from 'fast-check';
import { makeQuota } from '../rate-limit/quota.js';
import { CLAIM_LEAD_MS } from './claim-lead.js';
import { allocatePermits, distanceKeptAt, type Candidate, type LaneRoom } from './allocate-permits.js';

const NOW = 1_800_000_000_000_000;
const SECOND = 1_000_000;
const onePerMinute = makeQuota({ perMinute: 1, burst: 1 });
if (!onePerMinute.ok) throw new Error('unreachable');
const quota = onePerMinute.value;

function due(contactId: string, overrides: Partial<Candidate> = {}): Candidate {
  return { contactId, contactTatUs: 0, express: false, spacingUs: 0, readyAtUs: NOW, ...overrides };
}

/** A lane on which nothing was sent yet. */
function lane(permits: number, lastTakenUs = 0): LaneRoom {
  return { room: 100, permits, lastTakenUs };
}

describe('allocatePermits', () => {
  it('gives the permits in order and leaves the rest untouched', () => {
    const [a, b, c] = [due('a'), due('b'), due('c')] as const;
    expect(allocatePermits([a, b, c], lane(2), quota, NOW)).toMatchObject({
      taken: [a, b],
      deferred: [],
      permitsUsed: 2,
    });
  });

  it('defers the second message to a contact to the instant that its bucket gives, at no cost to the lane', () => {
    const [first, second, other] = [due('a'), due('a'), due('b')] as const;
    const result = allocatePermits([first, second, other], lane(2), quota, NOW);
    expect(result.taken).toEqual([first, other]);
    expect(result.deferred).toEqual([{ candidate: second, retryAtUs: NOW + 60 * SECOND }]);
    expect(result.permitsUsed).toBe(2);
  });

  it('honours a bucket that was emptied earlier', () => {
    const waiting = due('a', { contactTatUs: NOW + 30 * SECOND });
    const result = allocatePermits([waiting], lane(5), quota, NOW);
    expect(result).toMatchObject({ taken: [], permitsUsed: 0 });
    expect(result.deferred[0]?.retryAtUs).toBe(NOW + 30 * SECOND);
  });

  it('lets express deliveries pass without permits and without a trace', () => {
    const express = due('a', { express: true, contactTatUs: NOW + 30 * SECOND });
    const result = allocatePermits([express, express], lane(0), quota, NOW);
    expect(result).toMatchObject({ taken: [express, express], deferred: [], permitsUsed: 0 });
    expect(result.contactTats.size).toBe(0);
  });

  it('takes no more than there is room for, with or without permits', () => {
    const [first, second, third] = [due('a'), due('b', { express: true }), due('c', { express: true })] as const;
    const result = allocatePermits([first, second, third], { ...lane(2), room: 2 }, quota, NOW);
    expect(result).toMatchObject({ taken: [first, second], permitsUsed: 1 });
    expect(allocatePermits([first], { ...lane(0), room: 0 }, quota, NOW).taken).toEqual([]);
  });

  it('defers nobody when the lane has no permits: who is next is decided when it opens', () => {
    const waiting = [due('a', { contactTatUs: NOW + 1 }), due('b', { spacingUs: SECOND })];
    expect(allocatePermits(waiting, lane(0, NOW - 1), quota, NOW).deferred).toEqual([]);
  });
});

describe('a delivery that needs a distance', () => {
  const spaced = (contactId: string, overrides: Partial<Candidate> = {}) =>
    due(contactId, { spacingUs: 60 * SECOND, ...overrides });

  it('goes at once on a channel that has sent nothing, and when the last message is far enough away', () => {
    const candidate = spaced('a');
    expect(allocatePermits([candidate], lane(1), quota, NOW).taken).toEqual([candidate]);
    expect(allocatePermits([candidate], lane(1, NOW - 60 * SECOND), quota, NOW).taken).toEqual([candidate]);
  });

  it('keeps it from the last message, and from nothing when there is none', () => {
    expect(distanceKeptAt({ spacingUs: 60 * SECOND }, NOW)).toBe(NOW + 60 * SECOND);
    expect(distanceKeptAt({ spacingUs: 60 * SECOND }, 0)).toBe(0);
    expect(distanceKeptAt({ spacingUs: 0 }, NOW)).toBe(0);
  });

  it('waits for the instant at which it is, without a permit and without emptying its contact’s bucket', () => {
    const candidate = spaced('a');
    const lastTakenUs = NOW - 60 * SECOND + 1;
    const result = allocatePermits([candidate, due('b')], lane(1, lastTakenUs), quota, NOW);
    expect(result.deferred).toEqual([{ candidate, retryAtUs: lastTakenUs + 60 * SECOND }]);
    expect(result.taken.map((taken) => taken.contactId)).toEqual(['b']);
    expect([...result.contactTats.keys()]).toEqual(['b']);
  });

  it('waits when another message was taken in the same round, also an express one', () => {
    for (const first of [due('b'), due('b', { express: true }), spaced('b')]) {
      const candidate = spaced('a');
      const result = allocatePermits([first, candidate], lane(5), quota, NOW);
      expect(result.taken).toEqual([first]);
      expect(result.deferred).toEqual([{ candidate, retryAtUs: NOW + 60 * SECOND }]);
    }
  });

  it('is not put off by one that was itself put off', () => {
    const candidate = spaced('a');
    const empty = due('b', { contactTatUs: NOW + 30 * SECOND });
    expect(allocatePermits([empty, candidate], lane(5), quota, NOW).taken).toEqual([candidate]);
  });

  it('lets others go right after it', () => {
    const batch = [spaced('a'), due('b'), due('c', { express: true })];
    expect(allocatePermits(batch, lane(5), quota, NOW).taken).toEqual(batch);
  });

  it('keeps it without a permit too', () => {
    const candidate = spaced('a', { express: true });
    expect(allocatePermits([candidate], lane(0, NOW - SECOND), quota, NOW)).toMatchObject({
      taken: [],
      deferred: [{ candidate, retryAtUs: NOW + 59 * SECOND }],
    });
  });

  it('counts from the later of the two when the clock went back since the last message', () => {
    const result = allocatePermits([due('b'), spaced('a')], lane(5, NOW + 5 * SECOND), quota, NOW);
    expect(result.deferred[0]?.retryAtUs).toBe(NOW + 65 * SECOND);
  });

  it('has it from the message before it in any history of rounds, whatever else the channel sends', () => {
    const candidates = fc.array(
      fc.record({
        contactId: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'),
        contactTatUs: fc.constantFrom(0, NOW + 40 * SECOND),
        express: fc.boolean(),
        // What needs a distance is not taken before it is due.
        timing: fc.constantFrom(
          { spacingUs: 0, aheadUs: 0 },
          { spacingUs: 0, aheadUs: CLAIM_LEAD_MS * 1_000 },
          { spacingUs: 7 * SECOND, aheadUs: 0 },
          { spacingUs: 60 * SECOND, aheadUs: 0 },
        ),
      }),
      { maxLength: 6 },
    );
    const rounds = fc.array(
      fc.record({
        advanceUs: fc.oneof(fc.integer({ min: 0, max: 40 * SECOND }), fc.integer({ min: 0, max: SECOND / 10 })),
        permits: fc.integer({ min: 0, max: 3 }),
        candidates,
      }),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(rounds, (list) => {
        let lastTakenUs = 0;
        let nowUs = NOW;
        const went: { atUs: number; spacingUs: number }[] = [];
        for (const round of list) {
          nowUs += round.advanceUs;
          const due = round.candidates.map(({ timing, ...rest }) => ({
            ...rest,
            spacingUs: timing.spacingUs,
            readyAtUs: nowUs + timing.aheadUs,
          }));
          const result = allocatePermits(due, lane(round.permits, lastTakenUs), quota, nowUs);
          for (const { readyAtUs, spacingUs } of result.taken) went.push({ atUs: readyAtUs, spacingUs });
          for (const { candidate, retryAtUs } of result.deferred)
            expect(retryAtUs).toBeGreaterThan(candidate.readyAtUs);
          lastTakenUs = result.lastTakenUs;
        }
        for (const [index, { atUs, spacingUs }] of went.entries()) {
          const before = went.filter((other, place) => other.atUs < atUs || (other.atUs === atUs && place < index));
          for (const other of before) expect(atUs - other.atUs).toBeGreaterThanOrEqual(spacingUs);
        }
      }),
    );
  });
});

describe('a delivery that is taken a moment before it is due', () => {
  const readyAtUs = NOW + SECOND / 20;

  it('is judged by the bucket of its contact at its own instant', () => {
    const candidate = due('a', { readyAtUs, contactTatUs: readyAtUs });
    const result = allocatePermits([candidate], lane(1), quota, NOW);
    expect(result.taken).toEqual([candidate]);
    expect(result.contactTats.get('a')).toBe(readyAtUs + 60 * SECOND);
  });

  it('is put off to an instant after its own, never to one before', () => {
    const candidate = due('a', { readyAtUs, contactTatUs: readyAtUs + 1 });
    expect(allocatePermits([candidate], lane(1), quota, NOW).deferred).toEqual([
      { candidate, retryAtUs: readyAtUs + 1 },
    ]);
  });

  it('counts as the last message of its channel from its own instant on', () => {
    const batch = [due('b'), due('a', { readyAtUs })];
    expect(allocatePermits(batch, lane(2), quota, NOW).lastTakenUs).toBe(readyAtUs);
    expect(allocatePermits([due('b')], lane(2), quota, NOW).lastTakenUs).toBe(NOW);
    expect(allocatePermits([], lane(2, 7), quota, NOW).lastTakenUs).toBe(7);
  });

  it('has its permit booked at its own instant; what needs none books none', () => {
    const later = due('a', { readyAtUs });
    expect(allocatePermits([due('b'), later], lane(2), quota, NOW).lastPermitUs).toBe(readyAtUs);
    expect(allocatePermits([due('b'), { ...later, express: true }], lane(2), quota, NOW).lastPermitUs).toBe(NOW);
    expect(allocatePermits([], lane(2, NOW + SECOND), quota, NOW).lastPermitUs).toBe(NOW);
  });
});
