import { DEFAULT_RETRY_POLICY } from '../retry/retry-policy.js';
import { decideOutcome, type CallFacts, type CallOutcome } from './decide-outcome.js';

const SETTLE_MS = 90_000;

function decide(outcome: CallOutcome, overrides: Partial<CallFacts> = {}) {
  const facts: CallFacts = {
    policy: { ...DEFAULT_RETRY_POLICY, jitter: false },
    attempt: 1,
    guarantee: 'at_most_once',
    idempotentGateway: false,
    doubted: false,
    settleMs: SETTLE_MS,
    ...overrides,
  };
  return decideOutcome(outcome, facts, 0.5);
}

const timeout: CallOutcome = { kind: 'uncertain', reason: 'no answer' };
const busy: CallOutcome = { kind: 'notProcessed', reason: 'HTTP 503', retryAfterMs: 90_000 };

describe('decideOutcome', () => {
  it('takes what the gateway accepted for sent', () => {
    expect(decide({ kind: 'accepted', gatewayMessageId: 'wamid.1' })).toEqual({ kind: 'sent' });
  });

  it('never repeats by itself what may have been taken, unless that was allowed', () => {
    expect(decide(timeout)).toMatchObject({ kind: 'uncertain' });
    expect(decide({ kind: 'leaseExpired' })).toMatchObject({ kind: 'uncertain', code: 'LEASE_EXPIRED' });
  });

  it('says of what is uncertain why nobody knows', () => {
    expect(decide(timeout)).toEqual({ kind: 'uncertain', code: 'UNCERTAIN', message: 'no answer' });
    expect(decide({ kind: 'leaseExpired' })).toEqual({
      kind: 'uncertain',
      code: 'LEASE_EXPIRED',
      message: 'The process that was sending it stopped; it may have been sent.',
    });
  });

  it('sends an AT_LEAST_ONCE delivery again, but only after the settle time', () => {
    expect(decide(timeout, { guarantee: 'at_least_once' })).toMatchObject({ kind: 'repeatLater', delayMs: SETTLE_MS });
    expect(decide({ kind: 'leaseExpired' }, { guarantee: 'at_least_once' })).toMatchObject({ kind: 'repeatLater' });
  });

  it('simply asks a gateway again that honours the idempotency key', () => {
    expect(decide(timeout, { idempotentGateway: true })).toMatchObject({ kind: 'retry', delayMs: 60_000, free: false });
  });

  it('leaves it uncertain when the attempts are used up, because failed would claim too much', () => {
    expect(decide(timeout, { guarantee: 'at_least_once', attempt: 4 })).toMatchObject({ kind: 'uncertain' });
    expect(decide(timeout, { idempotentGateway: true, attempt: 4 })).toMatchObject({ kind: 'uncertain' });
  });

  it('waits as long as the gateway asks, and lets the lane wait with it', () => {
    expect(decide(busy)).toMatchObject({ kind: 'retry', delayMs: 90_000, holdLaneMs: 90_000, free: false });
    expect(decide(busy, { attempt: 4 })).toMatchObject({ kind: 'failed', code: 'NOT_PROCESSED' });
  });

  it.each([
    ['channel', 90_000],
    ['account', 90_000],
    ['pair', 0],
    ['message', 0],
  ] as const)('lets the lane wait with a limit that concerns the %s: %i ms', (scope, holdLaneMs) => {
    const limit = { kind: 'rejected', class: 'rate_limit', code: '130429', detail: 'slow down' } as const;
    expect(decide({ ...limit, scope, retryAfterMs: 90_000 })).toMatchObject({ kind: 'retry', holdLaneMs });
  });

  it('holds the lane for an hour at most, and not at all when the gateway asks for no pause', () => {
    const pause = (retryAfterMs: number): CallOutcome => ({ kind: 'notProcessed', reason: 'HTTP 503', retryAfterMs });
    expect(decide(pause(3_600_000))).toMatchObject({ delayMs: 3_600_000, holdLaneMs: 3_600_000 });
    expect(decide(pause(7_200_000))).toMatchObject({ delayMs: 7_200_000, holdLaneMs: 3_600_000 });
    expect(decide({ kind: 'notProcessed', reason: 'HTTP 503' })).toMatchObject({ delayMs: 60_000, holdLaneMs: 0 });
  });

  it('does not let one pair of channel and person stop the lane', () => {
    const pair: CallOutcome = {
      kind: 'rejected',
      class: 'rate_limit',
      code: '131056',
      detail: 'pair',
      scope: 'pair',
      retryAfterMs: 5_000,
    };
    expect(decide(pair)).toMatchObject({ kind: 'retry', holdLaneMs: 0 });
  });

  it('never fails what an earlier attempt may have brought', () => {
    expect(decide(busy, { attempt: 4, doubted: true })).toMatchObject({ kind: 'uncertain', code: 'NOT_PROCESSED' });
    expect(decide(busy, { attempt: 3, doubted: true })).toMatchObject({ kind: 'retry' });
  });

  it('pauses the channel for what is wrong with the channel, without burning the attempt', () => {
    const token: CallOutcome = {
      kind: 'rejected',
      class: 'auth',
      code: '190',
      detail: 'token expired',
      scope: 'account',
    };
    expect(decide(token)).toMatchObject({ kind: 'retry', free: true, circuit: '190: token expired' });
  });

  it('fails at once what the person or the content makes impossible', () => {
    const nobody: CallOutcome = {
      kind: 'rejected',
      class: 'recipient',
      code: '131026',
      detail: 'not on WhatsApp',
      scope: 'message',
    };
    expect(decide(nobody)).toEqual({ kind: 'failed', code: '131026', message: 'not on WhatsApp' });
  });

  it('gives back what was not called, free of charge', () => {
    expect(decide({ kind: 'notCalled' }, { attempt: 99 })).toMatchObject({ kind: 'retry', free: true, delayMs: 0 });
  });
});
