import fc from 'fast-check';
import { lanePolicy, NOW, SECOND, someFacts } from '../../../test/support/core/explanation-facts.js';
import { UNUSED_LANE } from '../rate-limit/lane.js';
import { explainDelivery } from './explain-delivery.js';
import type { ExplanationFacts, SpacedAhead } from './explanation-facts.js';
import { outlookOf } from './lane-outlook.js';

const MINUTE = 60 * SECOND;

/** Campaign deliveries of a priority, a minute apart, that may go already. */
function spaced(count: number, group: Partial<SpacedAhead> = {}): SpacedAhead {
  return { isReady: true, priority: 0, spacingUs: MINUTE, count, ...group };
}

function behind(aheadSpaced: readonly SpacedAhead[], input: Parameters<typeof someFacts>[0] = {}): ExplanationFacts {
  const count = (isReady: boolean) =>
    aheadSpaced.filter((group) => group.isReady === isReady).reduce((sum, group) => sum + group.count, 0);
  return someFacts({ aheadSpaced, ahead: { now: count(true), express: 0, atItsTime: count(false) }, ...input });
}

const IN_A_CAMPAIGN = { queue: { spacingUs: MINUTE } };

describe('the turn of a delivery behind those of a campaign', () => {
  it('comes a distance after the last of them when it keeps one itself, not at the rate of the channel', () => {
    const { earliestSendUs, summary } = explainDelivery(behind([spaced(3)], IN_A_CAMPAIGN));
    expect(earliestSendUs).toBe(NOW + 3 * MINUTE);
    expect(summary).toBe(
      '3 deliveries of the channel go before it; its turn comes at 2026-11-23 10:03 (America/Cuiaba) or later.',
    );
  });

  it('comes at once when it keeps none: they make room for it until their distance is there', () => {
    expect(explainDelivery(behind([spaced(100)])).earliestSendUs).toBe(NOW);
  });

  it('counts their own distances, the larger ones too', () => {
    const groups = [spaced(1, { priority: 5, spacingUs: 3 * MINUTE }), spaced(1)];
    const lane = { ...UNUSED_LANE, lastTakenUs: NOW };
    const facts = behind(groups, { ...IN_A_CAMPAIGN, channel: { lane } });
    // The one that may go sooner does, and each message begins the distance of the others anew.
    expect(explainDelivery(facts).earliestSendUs).toBe(NOW + 2 * MINUTE);
  });

  it('waits for those without a distance, and for those of its own instant', () => {
    const slow = { policy: lanePolicy({ perMinute: 1, burst: 1 }) };
    const facts = behind([spaced(1)], { ...IN_A_CAMPAIGN, channel: slow });
    const plain = explainDelivery({ ...facts, ahead: { now: 3, express: 0, atItsTime: 0 } }).earliestSendUs ?? 0;
    expect(plain).toBeGreaterThanOrEqual(NOW + 3 * MINUTE);
    const later = { delivery: { dueAtUs: NOW + 10 * MINUTE }, queue: { spacingUs: MINUTE } };
    const same = behind([spaced(2, { isReady: false })], later);
    expect(explainDelivery(same).earliestSendUs).toBe(NOW + 12 * MINUTE);
    const ready = behind([spaced(2)], later);
    expect(explainDelivery(ready).earliestSendUs).toBe(NOW + 10 * MINUTE);
  });

  it('comes a distance after those that need no permit', () => {
    const facts = behind([spaced(1)], { queue: { spacingUs: 5 * MINUTE } });
    const express = { ...facts, ahead: { ...facts.ahead, express: 1 } };
    expect(explainDelivery(express).earliestSendUs).toBe(NOW + 5 * MINUTE);
  });

  it('is what the permits say as long as nobody keeps a distance', () => {
    const counts = fc.record({
      ready: fc.nat(30),
      atItsTime: fc.nat(10),
      inMinutes: fc.nat(5),
      perMinute: fc.constantFrom(5, 60),
    });
    fc.assert(
      fc.property(counts, ({ ready, atItsTime, inMinutes, perMinute }) => {
        const { channel } = someFacts({ channel: { policy: lanePolicy({ perMinute }) } });
        const outlook = outlookOf({ channel, nowUs: NOW });
        const startUs = NOW + (inMinutes + 1) * MINUTE;
        const place = { startUs, priority: 0, spacingUs: 0, ready, atItsTime, spaced: [] };
        const { left, permits } = outlook.after(startUs, ready);
        const { turnUs } = outlook.behindSpaced(place);
        // A forecast counts in milliseconds, the permits in microseconds.
        expect(Math.abs(turnUs - permits.instantOf(left + atItsTime + 1))).toBeLessThan(10_000);
      }),
    );
  });
});

describe('the outlook of a channel', () => {
  it('works out a question that is asked again once', () => {
    const { channel } = someFacts();
    const outlook = outlookOf({ channel, nowUs: NOW });
    expect(outlook.after(NOW + MINUTE, 3)).toBe(outlook.after(NOW + MINUTE, 3));
    expect(outlook.after(NOW + MINUTE, 4)).not.toBe(outlook.after(NOW + MINUTE, 3));
    expect(outlook.after(NOW + 2 * MINUTE, 3)).not.toBe(outlook.after(NOW + MINUTE, 3));
    const place = { startUs: NOW, priority: 0, spacingUs: 0, ready: 1, atItsTime: 0, spaced: [spaced(1)] };
    expect(outlook.behindSpaced({ ...place })).toBe(outlook.behindSpaced(place));
    expect(outlook.behindSpaced({ ...place, ready: 2 })).not.toBe(outlook.behindSpaced(place));
  });
});
