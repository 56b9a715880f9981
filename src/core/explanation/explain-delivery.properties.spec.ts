import fc from 'fast-check';
import { hours, lanePolicy, NOW, SECOND, someFacts } from '../../../test/support/core/explanation-facts.js';
import { allocatePermits, type Candidate } from '../dispatch/allocate-permits.js';
import { decideSend } from '../dispatch/decide-send.js';
import { decideLane } from '../rate-limit/lane.js';
import { laneDay } from '../rate-limit/lane-day.js';
import { contactQuota } from '../rate-limit/quota.js';
import { explainDelivery, type Explanation } from './explain-delivery.js';
import type { ExplanationFacts } from './explanation-facts.js';
import { GATE_KINDS } from './gate.js';

const HOUR = 3_600 * SECOND;

/**
 * Whether a dispatcher would take the delivery at an instant and call the gateway for it: the conditions of the claim's
 * statements, the permits of the lane as the claimer gives them, the text as the preparer decides it, and the gates of
 * the intent. `ahead` others of the channel come before it in the claim, each to a contact of its own.
 */
function wouldGo(facts: ExplanationFacts, atUs: number, ahead = 0): boolean {
  const { queue, schedule, channel, contact, message, delivery } = facts;
  if (!facts.isProcessing || queue === null || queue.cancelRequested) return false;
  if (schedule.status === 'PAUSED' || schedule.status === 'CANCELLED' || channel.status !== 'ACTIVE') return false;
  if (queue.readyAtUs === null || queue.readyAtUs > atUs) return false;
  if (queue.expiresAtUs !== null && queue.expiresAtUs <= atUs) return false;
  if (queue.slotUntilUs !== null && queue.slotUntilUs <= atUs) return false;
  const day = laneDay(channel.hours, atUs);
  if (Math.max(channel.heldUntilUs, day.opensAtUs) > atUs) return false;
  const { permits } = decideLane(channel.policy, channel.lane, atUs, channel.hours, day);
  const self: Candidate = {
    contactId: 'self',
    contactTatUs: facts.contactTatUs,
    express: queue.express,
    spacingUs: queue.spacingUs,
    readyAtUs: queue.readyAtUs,
  };
  const others = Array.from({ length: ahead }, (_, index) => ({
    contactId: `other ${index}`,
    contactTatUs: 0,
    express: false,
    spacingUs: 0,
    readyAtUs: atUs,
  }));
  const room = { room: 1_000, permits, lastTakenUs: channel.lane.lastTakenUs };
  const { taken } = allocatePermits([...others, self], room, channel.contactQuota, atUs);
  if (!taken.includes(self)) return false;
  return decideSend(contact, message, delivery.variation, schedule.useNicknames).kind === 'send';
}

/** Instants around now, at which something just opens, just closes, or is far away. */
const around = fc.oneof(
  fc.constantFrom(-HOUR, -SECOND, -1, 0, 1, SECOND, HOUR, 20 * HOUR),
  fc.integer({ min: -HOUR, max: 48 * HOUR }),
);
const instant = around.map((offset) => NOW + offset);
const past = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 0, max: 120 * SECOND }).map((ago) => NOW - ago),
);

const channels = fc
  .record({
    lane: fc.record({
      tatUs: fc.oneof(
        fc.constant(0),
        fc.integer({ min: -HOUR, max: HOUR }).map((offset) => NOW + offset),
      ),
      lastTakenUs: past,
      day: fc.constantFrom(null, '2026-11-22', '2026-11-23'),
      sentToday: fc.integer({ min: 0, max: 12 }),
    }),
    limits: fc.record({
      perMinute: fc.constantFrom(1, 5, 60),
      burst: fc.integer({ min: 1, max: 6 }),
      minSpacingSeconds: fc.constantFrom(0, 0, 30),
      perDay: fc.constantFrom(null, null, 10),
    }),
    hours: fc.constantFrom(
      hours(),
      hours({ sendingFromMinute: 8 * 60, sendingToMinute: 10 * 60 + 1 }),
      hours({ sendingFromMinute: 12 * 60, sendingToMinute: 13 * 60, sendingWeekdays: [1, 3] }),
      hours({ sendingWeekdays: [2] }),
    ),
    heldUntilUs: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, instant),
    perContact: fc.constantFrom(1, 6),
  })
  .map(({ limits, perContact, ...channel }) => ({
    ...channel,
    policy: lanePolicy(limits),
    contactQuota: contactQuota(60, perContact),
  }));

const rarely = <T>(usual: T, seldom: T) =>
  fc.oneof({ weight: 15, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: fc.constant(seldom) });

/** What a delivery may wait for by itself. */
const waiting = fc
  .record({
    channel: channels,
    readyAtUs: fc.oneof({ weight: 2, arbitrary: fc.constant(NOW - SECOND) }, instant),
    dueBeforeUs: fc.constantFrom(0, 0, HOUR),
    state: rarely<'pending' | 'uncertain'>('pending', 'uncertain'),
    waitReason: fc.constantFrom('none' as const, 'none' as const, 'rate_limit' as const, 'retry' as const),
    spacingUs: fc.constantFrom(0, 0, 60 * SECOND),
    express: rarely(false, true),
    contactTatUs: fc.oneof(fc.constant(0), instant),
  })
  .map(({ channel, contactTatUs, state, dueBeforeUs, ...queue }) =>
    someFacts({
      channel,
      contactTatUs,
      delivery: { state, dueAtUs: queue.readyAtUs - dueBeforeUs, attempt: 1 },
      queue,
    }),
  );

/** The same, and what a person or a deadline may have done to it. */
const anything = fc
  .record({
    facts: waiting,
    expiresAtUs: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, instant),
    slotAtUs: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, instant),
    slotUntilUs: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, instant),
    isParked: rarely(false, true),
    isProcessing: rarely(true, false),
    schedule: fc.constantFrom('PROCESSING' as const, 'COMPLETED' as const),
    badSchedule: rarely<'PAUSED' | 'CANCELLED' | null>(null, 'PAUSED'),
    status: rarely<'ACTIVE' | 'PAUSED' | 'DISCONNECTED'>('ACTIVE', 'PAUSED'),
    optedOut: rarely(false, true),
    phone: rarely<string | null>('+5565981234567', null),
    name: rarely('Ana', ''),
    message: rarely<'ACTIVE' | 'PAUSED'>('ACTIVE', 'PAUSED'),
    cancelRequested: rarely(false, true),
  })
  .map(({ facts, ...drawn }): ExplanationFacts => {
    if (facts.queue === null) throw new Error('what waits is queued');
    return {
      ...facts,
      isProcessing: drawn.isProcessing,
      queue: {
        ...facts.queue,
        readyAtUs: drawn.isParked ? null : facts.queue.readyAtUs,
        expiresAtUs: drawn.expiresAtUs,
        slotAtUs: drawn.slotAtUs,
        slotUntilUs: drawn.slotUntilUs,
        cancelRequested: drawn.cancelRequested,
      },
      schedule: { ...facts.schedule, status: drawn.badSchedule ?? drawn.schedule },
      channel: { ...facts.channel, status: drawn.status },
      contact: { ...facts.contact, optedOut: drawn.optedOut, phone: drawn.phone, name: drawn.name },
      message: { ...facts.message, status: drawn.message },
    };
  });

const goesNow = ({ gates }: Explanation): boolean => gates.every((gate) => !gate.blocking);

describe('an explanation beside dispatch', () => {
  it('says that a delivery goes now exactly when a dispatcher would take and call for it', () => {
    const seen = { now: 0, later: 0 };
    fc.assert(
      fc.property(anything, (facts) => {
        const explanation = explainDelivery(facts);
        expect(goesNow(explanation)).toBe(wouldGo(facts, NOW));
        expect(goesNow(explanation)).toBe(explanation.earliestSendUs === NOW);
        seen[goesNow(explanation) ? 'now' : 'later'] += 1;
      }),
      { numRuns: 1_000 },
    );
    // Neither side is a rarity.
    expect(Math.min(seen.now, seen.later) / (seen.now + seen.later)).toBeGreaterThan(0.05);
  });

  it('says so too when others of the channel come before it', () => {
    fc.assert(
      fc.property(waiting, fc.integer({ min: 0, max: 8 }), (facts, ahead) => {
        const isReady = (facts.queue?.readyAtUs ?? Infinity) <= NOW;
        const explanation = explainDelivery({ ...facts, ahead: { now: ahead, express: 0, atItsTime: 0 } });
        const { express, spacingUs } = facts.queue ?? { express: false, spacingUs: 0 };
        if (express && spacingUs > 0) {
          // It keeps its distance from those before it, of which it cannot know that they get no permit.
          if (goesNow(explanation)) expect(wouldGo(facts, NOW, ahead)).toBe(true);
          return;
        }
        expect(goesNow(explanation)).toBe(isReady && wouldGo(facts, NOW, express ? 0 : ahead));
      }),
      { numRuns: 500 },
    );
  });

  it('gives the first instant at which a dispatcher would take it, and not a microsecond later', () => {
    fc.assert(
      fc.property(waiting, (facts) => {
        const { earliestSendUs } = explainDelivery(facts);
        expect(earliestSendUs).not.toBeNull();
        const at = earliestSendUs ?? 0;
        expect(wouldGo(facts, at)).toBe(true);
        for (const before of [1, SECOND, HOUR]) {
          if (at - before >= NOW) expect(wouldGo(facts, at - before)).toBe(false);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('promises no instant at which a deadline, a plan’s end or a person stands in the way', () => {
    fc.assert(
      fc.property(anything, (facts) => {
        const { earliestSendUs, gates } = explainDelivery(facts);
        const endless = gates.filter((gate) => gate.blocking && gate.untilUs === null);
        expect(earliestSendUs === null).toBe(endless.length > 0);
        if (earliestSendUs !== null) expect(wouldGo(facts, earliestSendUs)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('lists gates in their fixed order, the last to open is the instant, and the summary is its sentence', () => {
    fc.assert(
      fc.property(anything, (facts) => {
        const { summary, gates, earliestSendUs } = explainDelivery(facts);
        const places = gates.map((gate) => GATE_KINDS.indexOf(gate.kind));
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
        const blocking = gates.filter((gate) => gate.blocking);
        if (blocking.length === 0) return;
        expect(blocking.map((gate) => gate.detail)).toContain(summary);
        const binding = blocking.find((gate) => gate.detail === summary);
        if (earliestSendUs === null) expect(binding?.untilUs).toBeNull();
        else expect(earliestSendUs).toBe(Math.max(...blocking.map((gate) => gate.untilUs ?? Infinity)));
      }),
      { numRuns: 500 },
    );
  });
});
