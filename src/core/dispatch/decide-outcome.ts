import type { SendOutcome } from '../gateway/send-outcome.js';
import { decideRetry } from '../retry/decide-retry.js';
import type { RetryPolicy } from '../retry/retry-policy.js';
import { assertNever } from '../values/result.js';
import type { DurationMs } from '../values/time.js';

/** What a call, or the lack of one, came to. */
export type CallOutcome = SendOutcome | { readonly kind: 'notCalled' } | { readonly kind: 'leaseExpired' };

/** What the decision depends on besides the outcome. */
export interface CallFacts {
  readonly policy: RetryPolicy;
  /** Attempts begun that count against the policy, this one included, from 1. */
  readonly attempt: number;
  readonly guarantee: 'at_most_once' | 'at_least_once';
  /** The gateway honours our idempotency key: a call that may have been taken is simply repeated. */
  readonly idempotentGateway: boolean;
  /** An earlier attempt may have brought it: then it never fails, because failed claims that the person got nothing. */
  readonly doubted: boolean;
  /**
   * How long an uncertain AT_LEAST_ONCE delivery waits for evidence before it is sent again: longer than a call can
   * last, and some time for a receipt to arrive.
   */
  readonly settleMs: DurationMs;
}

/** What becomes of a delivery that was at the gateway. */
export type OutcomeDecision =
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string }
  /** Final until a receipt, a late answer or a person settles it. */
  | { readonly kind: 'uncertain'; readonly code: string; readonly message: string }
  /** UNCERTAIN for now; sent again after `delayMs` unless evidence comes first. */
  | { readonly kind: 'repeatLater'; readonly delayMs: DurationMs; readonly code: string; readonly message: string }
  /**
   * Waits for another attempt. `free`: the attempt does not count. `circuit`: why the channel has to be paused.
   * `holdLaneMs`: the provider asked for that pause of everything.
   */
  | {
      readonly kind: 'retry';
      readonly delayMs: DurationMs;
      readonly free: boolean;
      readonly code: string | null;
      readonly message: string | null;
      readonly circuit: string | null;
      readonly holdLaneMs: DurationMs;
    };

/**
 * What follows from a call. Instants are durations from now, because only the database's clock says when now is.
 * `random` is a draw from [0, 1) for the jitter of the backoff.
 */
export function decideOutcome(outcome: CallOutcome, facts: CallFacts, random: number): OutcomeDecision {
  switch (outcome.kind) {
    case 'accepted':
      return { kind: 'sent' };
    case 'notCalled':
      return { kind: 'retry', delayMs: 0, free: true, code: null, message: null, circuit: null, holdLaneMs: 0 };
    case 'leaseExpired':
      return afterDoubt(
        'LEASE_EXPIRED',
        'The process that was sending it stopped; it may have been sent.',
        facts,
        random,
      );
    case 'uncertain':
      return afterDoubt('UNCERTAIN', outcome.reason, facts, random);
    case 'notProcessed':
    case 'rejected': {
      const { code, message } =
        outcome.kind === 'rejected'
          ? { code: outcome.code, message: outcome.detail }
          : { code: 'NOT_PROCESSED', message: outcome.reason };
      const next = decideRetry(facts.policy, facts.attempt, outcome, true, random, 0);
      switch (next.kind) {
        case 'retry':
          return {
            kind: 'retry',
            delayMs: next.atMs,
            free: false,
            code,
            message,
            circuit: null,
            holdLaneMs: laneHold(outcome),
          };
        case 'wait':
          return {
            kind: 'retry',
            delayMs: 0,
            free: true,
            code,
            message,
            circuit: `${code}: ${message}`,
            holdLaneMs: 0,
          };
        case 'stop':
          return { kind: facts.doubted ? 'uncertain' : 'failed', code, message };
        case 'hold':
          return { kind: 'uncertain', code, message };
        default:
          return assertNever(next);
      }
    }
    default:
      return assertNever(outcome);
  }
}

/** Longest pause of a lane that a provider may ask for; the delivery itself waits as long as it says. */
const LONGEST_HOLD_MS = 3_600_000;

/** A limit that is about more than this message stops the lane, so that the others do not run into it one by one. */
function laneHold(outcome: Extract<CallOutcome, { kind: 'rejected' | 'notProcessed' }>): DurationMs {
  const isWide = outcome.kind === 'notProcessed' || outcome.scope === 'channel' || outcome.scope === 'account';
  return isWide ? Math.min(outcome.retryAfterMs ?? 0, LONGEST_HOLD_MS) : 0;
}

function afterDoubt(code: string, message: string, facts: CallFacts, random: number): OutcomeDecision {
  const mayRepeat = facts.idempotentGateway || facts.guarantee === 'at_least_once';
  const next = decideRetry(facts.policy, facts.attempt, { kind: 'uncertain', reason: message }, mayRepeat, random, 0);
  if (next.kind !== 'retry') return { kind: 'uncertain', code, message };
  if (!facts.idempotentGateway)
    return { kind: 'repeatLater', delayMs: Math.max(facts.settleMs, next.atMs), code, message };
  return { kind: 'retry', delayMs: next.atMs, free: false, code, message, circuit: null, holdLaneMs: 0 };
}
