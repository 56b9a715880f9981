import { NOW, SECOND, someFacts, type FactsInput } from '../../../test/support/core/explanation-facts.js';
import { UNUSED_LANE } from '../rate-limit/lane.js';
import { deferralOf } from './deferral.js';

/** The channel's last message went ten seconds ago; a delivery with a distance of 60 keeps it in 50. */
const channel = { lane: { ...UNUSED_LANE, lastTakenUs: NOW - 10 * SECOND } };
const spaced = { waitReason: 'rate_limit', spacingUs: 60 * SECOND } as const;

function deferred(queue: FactsInput['queue']) {
  const facts = someFacts({ channel, queue: queue ?? null });
  return deferralOf(facts, facts.queue!);
}

describe('what put a delivery off', () => {
  it('is no limit unless it waits for one', () => {
    expect(deferred({ ...spaced, waitReason: 'none', readyAtUs: NOW + SECOND })).toBeNull();
    expect(deferred({ ...spaced, waitReason: 'retry', readyAtUs: NOW + SECOND })).toBeNull();
    expect(deferred({ ...spaced, readyAtUs: null })).toBeNull();
  });

  it('is its distance, up to the instant at which it is kept', () => {
    const untilUs = NOW + 50 * SECOND;
    expect(deferred({ ...spaced, readyAtUs: untilUs })).toEqual({ by: 'spacing', untilUs });
    expect(deferred({ ...spaced, readyAtUs: untilUs - 1 })).toEqual({ by: 'spacing', untilUs: untilUs - 1 });
    expect(deferred({ ...spaced, express: true, readyAtUs: untilUs })).toEqual({ by: 'spacing', untilUs });
  });

  it('is its contact beyond that, and when it keeps no distance', () => {
    const untilUs = NOW + 50 * SECOND + 1;
    expect(deferred({ ...spaced, readyAtUs: untilUs })).toEqual({ by: 'contact', untilUs });
    const early = NOW - 20 * SECOND;
    expect(deferred({ waitReason: 'rate_limit', spacingUs: 0, readyAtUs: early })).toEqual({
      by: 'contact',
      untilUs: early,
    });
  });

  it('is a limit that it no longer has when it needs no permit', () => {
    const untilUs = NOW + 70 * SECOND;
    expect(deferred({ ...spaced, express: true, readyAtUs: untilUs })).toEqual({ by: 'former limit', untilUs });
  });
});
