import fc from 'fast-check';
import { OutcomeClass, PauseScope, type SendNotProcessed, type SendRejected } from '../gateway/send-outcome.js';
import { backoffMs, decideRetry, type FailedOutcome, LONGEST_WAIT_MS, SHORTEST_WAIT_MS } from './decide-retry.js';
import { DEFAULT_RETRY_POLICY, FIXED_300_SECONDS, makeRetryPolicy, type RetryPolicy } from './retry-policy.js';

const NOW = 1_790_000_000_000;

function aRejection(input: Partial<SendRejected> = {}): SendRejected {
  return { kind: 'rejected', class: 'transient', code: '131000', detail: 'try later', scope: 'message', ...input };
}
const notProcessed: SendNotProcessed = { kind: 'notProcessed', reason: 'connection refused' };
const uncertain: FailedOutcome = { kind: 'uncertain', reason: 'timeout' };
const withoutJitter: RetryPolicy = { ...DEFAULT_RETRY_POLICY, jitter: false };

function decide(
  outcome: FailedOutcome,
  {
    policy = withoutJitter,
    attempt = 1,
    mayRepeat = false,
    random = 0,
  }: { policy?: RetryPolicy; attempt?: number; mayRepeat?: boolean; random?: number } = {},
) {
  return decideRetry(policy, attempt, outcome, mayRepeat, random, NOW);
}

const policies = fc
  .record({
    maxAttempts: fc.integer({ min: 1, max: 20 }),
    backoff: fc.constantFrom('FIXED' as const, 'EXPONENTIAL' as const),
    initialSeconds: fc.integer({ min: 1, max: 3_600 }),
    factor: fc.double({ min: 1, max: 10, noNaN: true }),
    maxSeconds: fc.integer({ min: 3_600, max: 604_800 }),
    jitter: fc.boolean(),
  })
  .map((input) => {
    const policy = makeRetryPolicy(input);
    if (!policy.ok) throw new Error('the test asks for an impossible policy');
    return policy.value;
  });
const retryAfters = fc.option(fc.double({ min: 0, max: LONGEST_WAIT_MS }), { nil: undefined });
const outcomes: fc.Arbitrary<FailedOutcome> = fc.oneof(
  fc.constant(uncertain),
  retryAfters.map((retryAfterMs) =>
    retryAfterMs === undefined ? notProcessed : { ...notProcessed, retryAfterMs: retryAfterMs },
  ),
  fc
    .record({
      class: fc.constantFrom(...Object.values(OutcomeClass)),
      scope: fc.constantFrom(...Object.values(PauseScope)),
    })
    .map(aRejection),
);
const draws = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('decideRetry', () => {
  it.each([
    [1, 60],
    [2, 120],
    [3, 240],
  ])('waits twice as long after each attempt: attempt %i, %i s', (attempt, seconds) => {
    expect(decide(aRejection(), { attempt })).toEqual({ kind: 'retry', atMs: NOW + seconds * 1_000 });
  });

  it('waits no longer than the maximum of the policy', () => {
    expect(decide(aRejection(), { policy: { ...withoutJitter, maxAttempts: 20 }, attempt: 19 })).toEqual({
      kind: 'retry',
      atMs: NOW + 600_000,
    });
  });

  it('waits the same time after each attempt when the backoff is FIXED', () => {
    for (const attempt of [1, 2, 3]) {
      expect(decide(notProcessed, { policy: FIXED_300_SECONDS, attempt })).toEqual({
        kind: 'retry',
        atMs: NOW + 300_000,
      });
    }
  });

  it('does not look at the factor of a FIXED policy', () => {
    const policy = { ...FIXED_300_SECONDS, factor: 10, maxSeconds: 86_400 };
    expect([1, 2, 3].map((attempt) => backoffMs(policy, attempt))).toEqual([300_000, 300_000, 300_000]);
  });

  it.each<[string, FailedOutcome]>([
    ['a passing fault', aRejection()],
    ['a limit of the provider', aRejection({ class: 'rate_limit', scope: 'channel' })],
    ['a request that never arrived', notProcessed],
  ])('tries again after %s, until the attempts are used up', (_name, outcome) => {
    expect(decide(outcome, { attempt: 3 }).kind).toBe('retry');
    expect(decide(outcome, { attempt: 4 })).toEqual({ kind: 'stop', reason: 'attemptsExhausted' });
  });

  it.each(['recipient', 'content', 'window_closed', 'opted_out'] as const)(
    'never tries again after the refusal %s',
    (reason) => {
      for (const scope of Object.values(PauseScope)) {
        expect(decide(aRejection({ class: reason, scope }))).toEqual({ kind: 'stop', reason });
      }
    },
  );

  describe.each(['auth', 'config', 'policy'] as const)('after the refusal %s', (reason) => {
    it.each(['channel', 'account'] as const)('waits with the whole %s, also after the last attempt', (scope) => {
      expect(decide(aRejection({ class: reason, scope }), { attempt: 4 })).toEqual({
        kind: 'wait',
        reason,
        pauseScope: scope,
      });
    });

    it.each(['message', 'pair'] as const)('stops when it concerns the %s only', (scope) => {
      expect(decide(aRejection({ class: reason, scope }))).toEqual({ kind: 'stop', reason });
    });
  });

  it('holds what nobody knows the outcome of', () => {
    expect(decide(uncertain)).toEqual({ kind: 'hold', reason: 'timeout' });
  });

  it('repeats an uncertain call when it may be repeated', () => {
    expect(decide(uncertain, { mayRepeat: true })).toEqual({ kind: 'retry', atMs: NOW + 60_000 });
  });

  it('holds an uncertain last attempt, because failed would say that nobody got anything', () => {
    expect(decide(uncertain, { mayRepeat: true, attempt: 4 })).toEqual({ kind: 'hold', reason: 'timeout' });
  });

  it('waits at least as long as the provider asks', () => {
    expect(decide(aRejection({ class: 'rate_limit', retryAfterMs: 90_000 }))).toEqual({
      kind: 'retry',
      atMs: NOW + 90_000,
    });
    expect(decide({ ...notProcessed, retryAfterMs: 10_000 })).toEqual({ kind: 'retry', atMs: NOW + 60_000 });
  });

  it.each([-5, 0, NaN])('takes a retryAfter of %p for none', (retryAfterMs) => {
    expect(decide({ ...notProcessed, retryAfterMs })).toEqual({ kind: 'retry', atMs: NOW + 60_000 });
  });

  it('bounds an absurd wait of a provider, so that the instant stays exact', () => {
    expect(decide({ ...notProcessed, retryAfterMs: Infinity })).toEqual({ kind: 'retry', atMs: NOW + LONGEST_WAIT_MS });
  });

  it('draws the wait evenly from the shortest wait up to the planned one', () => {
    const policy = DEFAULT_RETRY_POLICY;
    expect(decide(notProcessed, { policy, random: 0 })).toEqual({ kind: 'retry', atMs: NOW + 60_000 });
    expect(decide(notProcessed, { policy, random: 0.5 })).toEqual({ kind: 'retry', atMs: NOW + 30_000 });
    expect(decide(notProcessed, { policy, random: 0.999_999 })).toEqual({
      kind: 'retry',
      atMs: NOW + SHORTEST_WAIT_MS,
    });
  });

  it('never makes more attempts than the policy allows', () => {
    fc.assert(
      fc.property(policies, fc.array(outcomes, { minLength: 25, maxLength: 25 }), draws, (policy, list, random) => {
        let attempt = 1;
        for (const outcome of list) {
          const decision = decideRetry(policy, attempt, outcome, true, random, NOW);
          if (decision.kind !== 'retry') break;
          attempt += 1;
        }
        expect(attempt).toBeLessThanOrEqual(policy.maxAttempts);
      }),
    );
  });

  it('keeps every wait within its bounds', () => {
    fc.assert(
      fc.property(policies, outcomes, draws, fc.integer({ min: 1, max: 19 }), (policy, outcome, random, attempt) => {
        const decision = decideRetry(policy, attempt, outcome, true, random, NOW);
        if (decision.kind !== 'retry') return;
        const waitMs = decision.atMs - NOW;
        const asked = outcome.kind === 'uncertain' ? 0 : (outcome.retryAfterMs ?? 0);
        expect(Number.isInteger(waitMs)).toBe(true);
        expect(waitMs).toBeGreaterThanOrEqual(SHORTEST_WAIT_MS);
        expect(waitMs).toBeGreaterThanOrEqual(asked || 0);
        expect(waitMs).toBeLessThanOrEqual(Math.max(policy.maxSeconds * 1_000, Math.ceil(asked || 0)));
        if (!policy.jitter) expect(waitMs).toBeGreaterThanOrEqual(backoffMs(policy, attempt));
      }),
    );
  });

  it('answers every outcome, whatever the attempt', () => {
    fc.assert(
      fc.property(policies, outcomes, fc.boolean(), draws, fc.nat(1_000), (policy, outcome, mayRepeat, random, n) => {
        expect(['retry', 'stop', 'hold', 'wait']).toContain(
          decideRetry(policy, n, outcome, mayRepeat, random, NOW).kind,
        );
      }),
    );
  });
});
