import {
  hours,
  lanePolicy,
  NOW,
  SECOND,
  someFacts,
  us,
  type FactsInput,
} from '../../../test/support/core/explanation-facts.js';
import { contactQuota } from '../rate-limit/quota.js';
import { UNUSED_LANE } from '../rate-limit/lane.js';
import { explainDelivery } from './explain-delivery.js';
import type { ExplanationFacts } from './explanation-facts.js';
import type { GateKind } from './gate.js';

type Input = Parameters<typeof someFacts>[0];

const explain = (input: Input) => explainDelivery(someFacts(input));
const gateOf = (kind: GateKind, input: Input) => explain(input).gates.find((gate) => gate.kind === kind);
const detailOf = (kind: GateKind, input: Input) => gateOf(kind, input)?.detail;
const kindsOf = (input: Input) => explain(input).gates.flatMap(({ kind, blocking }) => (blocking ? [kind] : []));

describe('the gate that binds', () => {
  it('is the first of two that a person opens', () => {
    const both: Input = { isProcessing: false, contact: { optedOut: true } };
    expect(explain(both).summary).toBe('Nothing is sent at present: no process that sends is running.');
    expect(kindsOf(both)).toEqual(['PROCESSING_OFF', 'OPTED_OUT']);
  });

  it('is the first of two that open together', () => {
    const heldUntilUs = NOW + 90 * SECOND;
    const { summary } = explain({ delivery: { dueAtUs: heldUntilUs }, channel: { heldUntilUs } });
    expect(summary).toBe('Waits for its time, 2026-11-23 10:01:30 (America/Cuiaba).');
  });

  it('is the last to open, in whatever order they are listed', () => {
    const held = { channel: { heldUntilUs: NOW + 90 * SECOND } };
    expect(explain({ ...held, delivery: { dueAtUs: NOW + 30 * SECOND } }).summary).toMatch(/^The provider asked/);
    expect(explain({ ...held, delivery: { dueAtUs: NOW + 300 * SECOND } }).summary).toMatch(/^Waits for its time/);
  });
});

describe('the hours of a channel', () => {
  it.each([
    [{ sendingFromMinute: 0, sendingToMinute: 12 * 60 }, 'from 00:00 to 12:00'],
    [{ sendingFromMinute: 8 * 60, sendingToMinute: 24 * 60 }, 'from 08:00 to 24:00'],
    [{ sendingWeekdays: [1, 7] }, 'at any hour on Monday and Sunday'],
    [{ sendingWeekdays: [1] }, 'at any hour on Monday'],
  ])('are told as a person would: %j %s', (stored, text) => {
    expect(detailOf('WINDOW', { channel: { hours: hours(stored) } })).toBe(
      `The channel sends ${text}, and does so now.`,
    );
  });
});

describe('a limit that allows one more', () => {
  it('says so in the singular', () => {
    const lane = { ...UNUSED_LANE, day: '2026-11-23', sentToday: 7 };
    const input: Input = {
      channel: { policy: lanePolicy({ perDay: 8, burst: 1 }), lane, contactQuota: contactQuota(60, 1) },
    };
    expect(detailOf('DAILY_CAP', input)).toBe('The channel may send 1 more message today.');
    expect(detailOf('CHANNEL_RATE', input)).toBe('The channel allows 1 more message at once.');
    expect(detailOf('CONTACT_RATE', input)).toBe('The contact may get 1 more message at once.');
  });
});

describe('times of a delivery', () => {
  it('are one when nothing gave it a later one', () => {
    expect(kindsOf({ delivery: { dueAtUs: NOW + 60 * SECOND } })).toEqual(['DUE_TIME']);
    expect(explain({}).gates.map(({ kind }) => kind)).not.toContain('RECHECK');
  });

  it('are over at the instant of its deadline and not before', () => {
    expect(explain({ queue: { expiresAtUs: NOW } }).summary).toMatch(/^It has expired: it had to go by/);
    expect(explain({ queue: { expiresAtUs: NOW + 1 } }).earliestSendUs).toBe(NOW);
    // It would go at the very instant at which it expires.
    expect(explain({ queue: { expiresAtUs: NOW + SECOND }, delivery: { dueAtUs: NOW + SECOND } }).summary).toMatch(
      /^It expires at .*, before it can go\.$/,
    );
  });

  it('are over at the end of its campaign’s hours and not before', () => {
    expect(explain({ queue: { slotUntilUs: NOW } }).summary).toMatch(/ended at .*: it is getting another time\.$/);
    expect(explain({ queue: { slotUntilUs: NOW + 1 } }).earliestSendUs).toBe(NOW);
    expect(explain({ queue: { slotUntilUs: NOW + SECOND }, delivery: { dueAtUs: NOW + SECOND } }).summary).toMatch(
      /before it can go: it will get another time\.$/,
    );
  });

  it.each(['none', 'retry', 'rate_limit'] as const)(
    'are awaited from its campaign while it waits for %s without one',
    (waitReason) => {
      const input: Input = { queue: { waitReason, readyAtUs: null } };
      expect(explain(input)).toMatchObject({
        summary: 'It has no time at present: its campaign gives it another one as soon as the channel has room.',
        earliestSendUs: null,
      });
      expect(kindsOf(input)).toContain('REPLANNING');
    },
  );

  it('are nobody’s concern while its schedule is paused', () => {
    const paused: FactsInput = { schedule: { status: 'PAUSED' }, queue: { waitReason: 'paused', readyAtUs: null } };
    expect(kindsOf(paused)).toEqual(['SCHEDULE_PAUSED']);
  });
});

describe('those that go before a delivery', () => {
  const ahead = (now: number, express = 0, atItsTime = 0): ExplanationFacts['ahead'] => ({ now, express, atItsTime });
  const slow = { policy: lanePolicy({ perMinute: 1, burst: 1 }) };

  it('are counted together, with and without a permit', () => {
    expect(detailOf('QUEUE', { channel: slow, ahead: ahead(2, 3) })).toMatch(
      /^5 deliveries of the channel go before it/,
    );
  });

  it('are not told of one that needs neither permit nor distance, nor of one without a time', () => {
    expect(gateOf('QUEUE', { channel: slow, queue: { express: true }, ahead: ahead(2, 1) })).toBeUndefined();
    const parked: Input = { channel: slow, queue: { waitReason: 'paused', readyAtUs: null }, ahead: ahead(2) };
    expect(gateOf('QUEUE', parked)).toBeUndefined();
  });

  it('are at least as many as were counted', () => {
    expect(detailOf('QUEUE', { channel: slow, ahead: ahead(999) })).toMatch(/^999 deliveries/);
    const later = { delivery: { dueAtUs: NOW + 60 * SECOND }, channel: slow };
    expect(detailOf('QUEUE', { ...later, ahead: ahead(0, 0, 1_000) })).toMatch(/^At least 1,000 deliveries/);
    expect(detailOf('QUEUE', { ...later, ahead: ahead(0, 0, 999) })).toMatch(/^999 deliveries/);
  });

  it('keep one with a distance off even when the rate would let it go', () => {
    const spaced = { queue: { spacingUs: 60 * SECOND } };
    expect(explain({ ...spaced, ahead: ahead(1) }).earliestSendUs).toBe(NOW + 60 * SECOND);
    expect(explain({ ...spaced, ahead: ahead(0) }).earliestSendUs).toBe(NOW);
    // The rate gives the second permit later than the distance from the first is kept.
    const rate = explain({ queue: { spacingUs: 10 * SECOND }, channel: slow, ahead: ahead(1) }).earliestSendUs ?? 0;
    expect(rate).toBeGreaterThan(NOW + 60 * SECOND);
  });

  it('keep one off that is not ready yet from its own time on', () => {
    const input = { delivery: { dueAtUs: NOW + 60 * SECOND }, queue: { express: true, spacingUs: 5 * SECOND } };
    expect(explain({ ...input, ahead: ahead(0, 1) }).earliestSendUs).toBe(NOW + 65 * SECOND);
    expect(explain({ ...input, ahead: ahead(1) }).earliestSendUs).toBe(NOW + 65 * SECOND);
  });
});

describe('why something stands still', () => {
  it('keeps the stops within a reason and drops the one at its end', () => {
    const input: Input = { channel: { status: 'PAUSED', statusReason: 'api.example.com said no. Twice.' } };
    expect(explain(input).summary).toBe(
      'The channel is paused (api.example.com said no. Twice): it waits until a person resumes the channel.',
    );
  });

  it('does the same for a failure, and leaves out what is empty', () => {
    const failed = (errorCode: string | null, errorMessage: string | null) =>
      explain({ delivery: { state: 'failed', attempt: 1, errorCode, errorMessage }, queue: null }).summary;
    expect(failed('E1', 'v1.2 said no.')).toBe('It failed after 1 attempt (E1: v1.2 said no).');
    expect(failed('E1', '')).toBe('It failed after 1 attempt (E1).');
    expect(failed('', '')).toBe('It failed after 1 attempt.');
    expect(failed(null, 'no')).toBe('It failed after 1 attempt (no).');
  });

  it('names a deadline of one second in the singular', () => {
    const input: Input = {
      delivery: { state: 'expired', dueAtUs: us('2026-11-23T13:00:00Z') },
      schedule: { expiresAfterSeconds: 1 },
      queue: null,
    };
    expect(explain(input).summary).toMatch(/did not go within 1 second\.$/);
  });

  it.each(['OPTED_OUT', 'NO_ADDRESS', 'CONTACT_DELETED'] as const)('is %s when that suppressed it', (errorCode) => {
    expect(kindsOf({ delivery: { state: 'suppressed', errorCode }, queue: null })).toEqual([errorCode]);
  });
});
