import { err, ok, type Result } from '../values/result.js';
import type { Violation } from '../values/violation.js';

/** How the wait grows from one attempt to the next. */
export const BackoffKind = { FIXED: 'FIXED', EXPONENTIAL: 'EXPONENTIAL' } as const;

/** One of {@link BackoffKind}. */
export type BackoffKind = (typeof BackoffKind)[keyof typeof BackoffKind];

/** Bounds of the numbers of a {@link RetryPolicy}, all inclusive. A wait of at most 7 days keeps every instant exact. */
export const RETRY_LIMITS = {
  maxAttempts: { min: 1, max: 20 },
  factor: { min: 1, max: 10 },
  seconds: { min: 1, max: 604_800 },
} as const;

/** When to try again after a failed attempt. Made by {@link makeRetryPolicy}, so it is never invalid. */
export interface RetryPolicy {
  /** Attempts in all, the first one included; 1 to 20. */
  readonly maxAttempts: number;
  readonly backoff: BackoffKind;
  /** The wait after the first attempt; every wait when the backoff is FIXED. */
  readonly initialSeconds: number;
  /** EXPONENTIAL: how much longer each wait is than the one before, 1 to 10. FIXED ignores it. */
  readonly factor: number;
  /** The longest wait, `initialSeconds` or more. */
  readonly maxSeconds: number;
  /** Full jitter: each wait is drawn evenly from nothing up to the wait without jitter. */
  readonly jitter: boolean;
}

/** What a client may leave out of a policy; a missing field is the contract's default. */
export type RetryPolicyInput = { readonly [Field in keyof RetryPolicy]?: RetryPolicy[Field] | null | undefined };

/** The contract's default: 4 attempts, 60 s, twice as long each time, at most 600 s, full jitter. */
export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxAttempts: 4,
  backoff: 'EXPONENTIAL',
  initialSeconds: 60,
  factor: 2,
  maxSeconds: 600,
  jitter: true,
};

/** The first attempt and 3 more, 300 s apart, as the predecessor with daily random sending did. */
export const FIXED_300_SECONDS: RetryPolicy = fixed(300);

/** The first attempt and 3 more, 5 s apart, as the predecessor with a message queue did. */
export const FIXED_5_SECONDS: RetryPolicy = fixed(5);

/**
 * The validated policy, or every rule that the input breaks.
 *
 * A FIXED policy has one wait, so `maxSeconds` says nothing about it: it is never refused for it, and the policy's
 * `maxSeconds` is then at least `initialSeconds`. A left-out `maxSeconds` is likewise never below `initialSeconds`.
 * `path` stands before the field names of the violations, as in `input.retryPolicy`.
 */
export function makeRetryPolicy(input: RetryPolicyInput, path = ''): Result<RetryPolicy, readonly Violation[]> {
  const given = withDefaults(input);
  const policy = { ...given, maxSeconds: effectiveMaximum(given, input.maxSeconds ?? null) };
  const violations: Violation[] = [];
  const refuse = (field: keyof RetryPolicy, rule: string, message: string) => {
    violations.push({ field: path === '' ? field : `${path}.${field}`, rule, message });
  };
  const { maxAttempts, factor, seconds } = RETRY_LIMITS;
  if (!isWholeWithin(policy.maxAttempts, maxAttempts)) {
    refuse('maxAttempts', 'range', `must be a whole number from ${maxAttempts.min} to ${maxAttempts.max}`);
  }
  if (!isWholeWithin(policy.initialSeconds, seconds)) {
    refuse('initialSeconds', 'range', `must be a whole number from ${seconds.min} to ${seconds.max}`);
  }
  if (!(policy.factor >= factor.min && policy.factor <= factor.max)) {
    refuse('factor', 'range', `must be a number from ${factor.min} to ${factor.max}`);
  }
  if (!isWholeWithin(policy.maxSeconds, seconds)) {
    refuse('maxSeconds', 'range', `must be a whole number from ${seconds.min} to ${seconds.max}`);
  } else if (policy.maxSeconds < policy.initialSeconds) {
    refuse('maxSeconds', 'retry.maxBelowInitial', 'must not be less than initialSeconds');
  }
  return violations.length > 0 ? err(violations) : ok(policy);
}

function withDefaults(input: RetryPolicyInput): RetryPolicy {
  return {
    maxAttempts: input.maxAttempts ?? DEFAULT_RETRY_POLICY.maxAttempts,
    backoff: input.backoff ?? DEFAULT_RETRY_POLICY.backoff,
    initialSeconds: input.initialSeconds ?? DEFAULT_RETRY_POLICY.initialSeconds,
    factor: input.factor ?? DEFAULT_RETRY_POLICY.factor,
    maxSeconds: input.maxSeconds ?? DEFAULT_RETRY_POLICY.maxSeconds,
    jitter: input.jitter ?? DEFAULT_RETRY_POLICY.jitter,
  };
}

function effectiveMaximum(policy: RetryPolicy, given: number | null): number {
  const raises = policy.backoff === 'FIXED' || given === null;
  return raises && policy.maxSeconds < policy.initialSeconds ? policy.initialSeconds : policy.maxSeconds;
}

function isWholeWithin(value: number, bounds: { readonly min: number; readonly max: number }): boolean {
  return Number.isInteger(value) && value >= bounds.min && value <= bounds.max;
}

function fixed(seconds: number): RetryPolicy {
  return {
    maxAttempts: 4,
    backoff: 'FIXED',
    initialSeconds: seconds,
    factor: 1,
    maxSeconds: seconds,
    jitter: false,
  };
}
