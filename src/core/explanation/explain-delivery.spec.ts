import { hours, lanePolicy, NOW, SECOND, someFacts, us } from '../../../test/support/core/explanation-facts.js';
import { UNUSED_LANE } from '../rate-limit/lane.js';
import { explainDelivery } from './explain-delivery.js';
import type { ExplanationFacts } from './explanation-facts.js';
import type { GateKind } from './gate.js';

const BUSINESS = hours({ sendingFromMinute: 8 * 60, sendingToMinute: 20 * 60, sendingWeekdays: [1, 2, 3, 4, 5] });
const busy = { tatUs: NOW + 12 * SECOND, lastTakenUs: NOW - 10 * SECOND, day: '2026-11-23', sentToday: 8 };

function gate(facts: ExplanationFacts, kind: GateKind) {
  return explainDelivery(facts).gates.find((one) => one.kind === kind);
}

describe('a delivery that nothing holds back', () => {
  it('goes now, with what each gate says', () => {
    const facts = someFacts({
      channel: {
        policy: lanePolicy({ perDay: 100, burst: 8 }),
        lane: { ...UNUSED_LANE, day: '2026-11-23', sentToday: 88 },
      },
    });
    const { summary, gates, earliestSendUs } = explainDelivery(facts);
    expect(summary).toBe('Nothing holds it back: it goes now.');
    expect(earliestSendUs).toBe(NOW);
    expect(gates.map(({ kind, blocking, detail }) => [kind, blocking, detail])).toEqual([
      ['SCHEDULE_PAUSED', false, 'Its schedule is not paused.'],
      ['CHANNEL_PAUSED', false, 'The channel is active.'],
      ['DUE_TIME', false, 'Its time, 2026-11-23 09:59 (America/Cuiaba), has come.'],
      ['WINDOW', false, 'The channel sends at any hour.'],
      ['DAILY_CAP', false, 'The channel may send 12 more messages today.'],
      ['CHANNEL_RATE', false, 'The channel allows 8 more messages at once.'],
      ['CONTACT_RATE', false, 'The contact may get 6 more messages at once.'],
    ]);
  });

  it('is about to be called for once a dispatcher has it, and is not when nothing runs', () => {
    const claimed = someFacts({ delivery: { state: 'claimed' } });
    expect(explainDelivery(claimed)).toMatchObject({
      summary: 'A dispatcher has taken it, and is about to hand it to the gateway.',
      gates: [{ kind: 'AT_GATEWAY', blocking: false }],
      earliestSendUs: NOW,
    });
    expect(explainDelivery({ ...claimed, isProcessing: false })).toMatchObject({
      gates: [{ kind: 'PROCESSING_OFF', blocking: true }, { kind: 'AT_GATEWAY' }],
      earliestSendUs: null,
    });
  });
});

describe('a delivery that waits', () => {
  it('goes with the next opening when it is due outside the hours, and shows both', () => {
    const facts = someFacts({ delivery: { dueAtUs: us('2026-11-28T02:00:00Z') }, channel: { hours: BUSINESS } });
    expect(explainDelivery(facts).earliestSendUs).toBe(us('2026-11-30T12:00:00Z'));
    expect(gate(facts, 'DUE_TIME')).toMatchObject({ blocking: true, untilUs: us('2026-11-28T02:00:00Z') });
    expect(gate(facts, 'WINDOW')).toMatchObject({ blocking: true, untilUs: us('2026-11-30T12:00:00Z') });
  });

  it('names a person’s gate before one that opens by itself, and lists both', () => {
    const facts = someFacts({ delivery: { dueAtUs: NOW + 3_600 * SECOND }, contact: { optedOut: true } });
    const { summary, earliestSendUs } = explainDelivery(facts);
    expect({ summary, earliestSendUs }).toEqual({
      summary: 'The contact asked to receive nothing more. It will not be sent.',
      earliestSendUs: null,
    });
    expect(gate(facts, 'DUE_TIME')?.blocking).toBe(true);
  });

  it('counts those that go with it at its own time, after those that could not go before', () => {
    const slow = lanePolicy({ perMinute: 1, burst: 1 });
    const facts = someFacts({
      delivery: { dueAtUs: NOW + 150 * SECOND },
      channel: { policy: slow },
      ahead: { now: 4, express: 0, atItsTime: 2 },
    });
    // At 0, 60.2 and 120.4 s three of the four go; the fourth and the two of its time go at 180.6, 240.8 and 301 s.
    expect(gate(facts, 'QUEUE')?.detail).toContain('6 deliveries of the channel go before it');
    const seconds = ((explainDelivery(facts).earliestSendUs ?? 0) - NOW) / SECOND;
    expect(seconds).toBeGreaterThan(355);
    expect(seconds).toBeLessThan(365);
  });

  it('waits for the permits that those before it take, also when they have gone by then', () => {
    const facts = someFacts({
      delivery: { dueAtUs: NOW + SECOND },
      channel: { policy: lanePolicy({ perMinute: 1, burst: 1 }) },
      ahead: { now: 1, express: 0, atItsTime: 0 },
    });
    expect(gate(facts, 'QUEUE')?.detail).toBe(
      '1 delivery of the channel goes before it; its turn comes at 2026-11-23 10:01:01 (America/Cuiaba) or later.',
    );
  });

  it('keeps its campaign’s distance from the last one before it, also from one that needs no permit', () => {
    const spaced = { spacingUs: 60 * SECOND };
    const behind = (ahead: ExplanationFacts['ahead'], queue = {}) =>
      explainDelivery(someFacts({ queue: { ...spaced, ...queue }, ahead })).earliestSendUs;
    expect(behind({ now: 0, express: 1, atItsTime: 0 })).toBe(NOW + 60 * SECOND);
    expect(behind({ now: 5, express: 0, atItsTime: 0 })).toBe(NOW + 60 * SECOND);
    expect(behind({ now: 0, express: 1, atItsTime: 0 }, { express: true })).toBe(NOW + 60 * SECOND);
    const later = { readyAtUs: NOW + 10 * SECOND };
    expect(behind({ now: 0, express: 0, atItsTime: 1 }, later)).toBe(NOW + 70 * SECOND);
  });

  it('says "at least" where counting ended, and what it may still be told of the others', () => {
    const many = someFacts({ ahead: { now: 1_000, express: 0, atItsTime: 0 } });
    expect(gate(many, 'QUEUE')?.detail).toMatch(/^At least 1,000 deliveries of the channel go before it/);
    const few = someFacts({ ahead: { now: 1, express: 0, atItsTime: 0 } });
    expect(gate(few, 'QUEUE')).toMatchObject({
      blocking: false,
      detail: '1 delivery of the channel may go before it, and the channel allows as many.',
    });
    const gone = someFacts({ delivery: { dueAtUs: NOW + SECOND }, ahead: { now: 1, express: 0, atItsTime: 0 } });
    expect(gate(gone, 'QUEUE')).toBeUndefined();
  });

  it('tells what is not in the way too', () => {
    const facts = someFacts({
      channel: { hours: BUSINESS, policy: lanePolicy({ minSpacingSeconds: 1 }), lane: { ...busy, tatUs: 0 } },
      delivery: { attempt: 1 },
      queue: { expiresAtUs: NOW + 60 * SECOND, slotUntilUs: us('2026-11-24T00:00:00Z'), waitReason: 'retry' },
    });
    expect(
      explainDelivery(facts).gates.flatMap(({ kind, detail }) => (kind === 'SCHEDULE_PAUSED' ? [] : [detail])),
    ).toEqual([
      'The channel is active.',
      'It expires at 2026-11-23 10:01 (America/Cuiaba) if it has not gone by then.',
      "The campaign's hours of its day end at 2026-11-23 20:00 (America/Cuiaba).",
      'Its time, 2026-11-23 09:59 (America/Cuiaba), has come.',
      'Attempt 1 failed; it is time for the next one.',
      'The channel sends from 08:00 to 20:00 on Monday, Tuesday, Wednesday, Thursday and Friday, and does so now.',
      "The channel's message before it is 1 second away or more.",
      'The channel allows 5 more messages at once.',
      'The contact may get 6 more messages at once.',
    ]);
    const express = someFacts({ queue: { express: true }, delivery: { state: 'uncertain', attempt: 1 } });
    expect(gate(express, 'CHANNEL_RATE')?.detail).toBe('It does not wait for the limits of its channel and contact.');
    expect(gate(express, 'UNCERTAIN')?.detail).toBe(
      'Nobody knows whether the gateway took attempt 1; it is sent again now.',
    );
  });

  it('gets the last instant that was asked about when its channel never opens', () => {
    const never = someFacts({ channel: { hours: hours({ sendingWeekdays: [] }) } });
    expect(explainDelivery(never).earliestSendUs).toBeGreaterThan(NOW + 300 * 86_400 * SECOND);
  });
});
