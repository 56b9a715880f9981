import type { OutcomeClass, PauseScope, SendAccepted, SendOutcome, SendRejected } from '../gateway/send-outcome.js';
import { assertNever } from '../values/result.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { RetryPolicy } from './retry-policy.js';

/** No wait is shorter than this, whatever jitter draws, or a failing gateway would be called again at once. */
export const SHORTEST_WAIT_MS: DurationMs = 1_000;

/** No wait is longer than this, whatever a provider asks for: 366 days, past every deadline and still an exact instant. */
export const LONGEST_WAIT_MS: DurationMs = 366 * 86_400_000;

/** Everything that a call can come to except success. */
export type FailedOutcome = Exclude<SendOutcome, SendAccepted>;

/** Why a delivery gets no further attempt: its attempts are used up, or the refusal is final. */
export type StopReason = 'attemptsExhausted' | Exclude<OutcomeClass, 'transient' | 'rate_limit'>;

/** What happens to a delivery after a call that was not accepted. */
export type RetryDecision =
  /** Call again at `atMs` or later. */
  | { readonly kind: 'retry'; readonly atMs: EpochMs }
  /** The delivery has failed; only a person reopens it. */
  | { readonly kind: 'stop'; readonly reason: StopReason }
  /** The delivery is uncertain: a status event, a look-up or a person settles it. */
  | { readonly kind: 'hold'; readonly reason: string }
  /**
   * The message is fine and the way is not: pause `pauseScope` until a person or a check opens it again, and let the
   * delivery wait. The attempt does not count, or a channel that is down would burn all its deliveries.
   */
  | { readonly kind: 'wait'; readonly reason: OutcomeClass; readonly pauseScope: 'channel' | 'account' };

const EXHAUSTED: RetryDecision = { kind: 'stop', reason: 'attemptsExhausted' };

/**
 * What follows a call that was not accepted.
 *
 * - `attempt`: the attempts begun that count, this one included, from 1. Deferrals by a limit, by a shutdown or by a
 *   paused channel do not count.
 * - `mayRepeat`: the call may be repeated when nobody knows what became of it, because the delivery's guarantee is
 *   AT_LEAST_ONCE or the gateway honours our idempotency key. When the attempts are used up it is held all the same:
 *   failed would claim that the person got nothing.
 * - `random`: a draw from [0, 1), used for jitter only.
 * - `nowMs`: when the outcome was known.
 *
 * Never answers `retry` when `attempt` has reached the policy's `maxAttempts`.
 */
export function decideRetry(
  policy: RetryPolicy,
  attempt: number,
  outcome: FailedOutcome,
  mayRepeat: boolean,
  random: number,
  nowMs: EpochMs,
): RetryDecision {
  const hasAttemptsLeft = attempt < policy.maxAttempts;
  const retry = (retryAfterMs?: DurationMs): RetryDecision => ({
    kind: 'retry',
    atMs: nowMs + waitMs(policy, attempt, random, retryAfterMs),
  });
  switch (outcome.kind) {
    case 'uncertain':
      return mayRepeat && hasAttemptsLeft ? retry() : { kind: 'hold', reason: outcome.reason };
    case 'notProcessed':
      return hasAttemptsLeft ? retry(outcome.retryAfterMs) : EXHAUSTED;
    case 'rejected':
      return afterRejection(outcome) ?? (hasAttemptsLeft ? retry(outcome.retryAfterMs) : EXHAUSTED);
    default:
      return assertNever(outcome);
  }
}

/** What a refusal means whatever the policy says; null when the policy decides. */
function afterRejection(outcome: SendRejected): RetryDecision | null {
  switch (outcome.class) {
    case 'transient':
    case 'rate_limit':
      return null;
    case 'auth':
    case 'config':
    case 'policy':
      return isWide(outcome.scope)
        ? { kind: 'wait', reason: outcome.class, pauseScope: outcome.scope }
        : { kind: 'stop', reason: outcome.class };
    case 'recipient':
    case 'content':
    case 'window_closed':
    case 'opted_out':
      return { kind: 'stop', reason: outcome.class };
    default:
      return assertNever(outcome.class);
  }
}

function isWide(scope: PauseScope): scope is 'channel' | 'account' {
  return scope === 'channel' || scope === 'account';
}

/**
 * The wait before the next attempt: the policy's, jittered, and at least what the provider asks for. A `retryAfterMs`
 * that is not a positive number is as good as none.
 */
function waitMs(policy: RetryPolicy, attempt: number, random: number, retryAfterMs?: DurationMs): DurationMs {
  const planned = backoffMs(policy, attempt);
  const jittered = policy.jitter ? Math.ceil(planned * (1 - random)) : planned;
  const asked = retryAfterMs !== undefined && retryAfterMs > 0 ? Math.ceil(retryAfterMs) : 0;
  return Math.min(LONGEST_WAIT_MS, Math.max(SHORTEST_WAIT_MS, jittered, asked));
}

/**
 * The wait after the `attempt`-th attempt before jitter, in whole milliseconds:
 * `initialSeconds × factor^(attempt − 1)`, at most `maxSeconds`; always `initialSeconds` when the backoff is FIXED.
 */
export function backoffMs(policy: RetryPolicy, attempt: number): DurationMs {
  const seconds =
    policy.backoff === 'FIXED'
      ? policy.initialSeconds
      : Math.min(policy.maxSeconds, policy.initialSeconds * policy.factor ** (attempt - 1));
  return Math.round(seconds * 1_000);
}
