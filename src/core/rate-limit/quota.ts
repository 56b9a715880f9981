import { err, ok, type Result } from '../values/result.js';
import type { Violation } from '../values/violation.js';

/** Bounds of the two numbers of a {@link Quota}, both inclusive. */
export const QUOTA_LIMITS = { perMinute: { min: 1, max: 60_000 }, burst: { min: 1, max: 10_000 } } as const;

const MICROS_PER_MINUTE = 60_000_000;

/**
 * A sustained rate with a burst, in the only form that the limiter computes with. Made by {@link makeQuota}, so it is
 * never invalid.
 */
export interface Quota {
  /** Events a minute in the long run, 1 to 60,000. */
  readonly perMinute: number;
  /** Events that may happen at once after an idle time, 1 to 10,000; the capacity of the bucket. */
  readonly burst: number;
  /**
   * Microseconds between two events at the sustained rate: a whole number, rounded up, so that rounding can only make
   * the limiter slower than promised, by at most 0.1 % (at 59,999 a minute), and never faster.
   */
  readonly emissionIntervalUs: number;
}

/**
 * The validated quota for a rate and a burst, or every bound that they break.
 *
 * `path` stands before the field names of the violations: `input.rateLimit` gives `input.rateLimit.perMinute`.
 */
export function makeQuota(
  input: { readonly perMinute: number; readonly burst: number },
  path = '',
): Result<Quota, readonly Violation[]> {
  const violations = [
    ...checkWholeNumber(input.perMinute, QUOTA_LIMITS.perMinute, at(path, 'perMinute')),
    ...checkWholeNumber(input.burst, QUOTA_LIMITS.burst, at(path, 'burst')),
  ];
  if (violations.length > 0) return err(violations);
  return ok({
    perMinute: input.perMinute,
    burst: input.burst,
    emissionIntervalUs: Math.ceil(MICROS_PER_MINUTE / input.perMinute),
  });
}

/**
 * The quota of one contact on a channel: by default a tenth of the channel's rate, at least one a minute, with a
 * capacity equal to its rate (design.md section 6).
 *
 * Both numbers were validated when the channel was saved; anything else throws, because then the program is wrong.
 */
export function contactQuota(perMinute: number, perContactPerMinute: number | null): Quota {
  const rate = perContactPerMinute ?? defaultContactRate(perMinute);
  const quota = makeQuota({ perMinute: rate, burst: Math.min(rate, QUOTA_LIMITS.burst.max) });
  if (!quota.ok) throw new Error(`a contact's quota cannot be made of ${perMinute} and ${perContactPerMinute}`);
  return quota.value;
}

/** Messages a minute to one contact when the channel names no rate of its own for contacts. */
export function defaultContactRate(perMinute: number): number {
  return Math.max(1, Math.floor(perMinute / 10));
}

/** The one violation of a number that is not whole or leaves its bounds, or none. */
export function checkWholeNumber(
  value: number,
  bounds: { readonly min: number; readonly max: number },
  field: string,
): readonly Violation[] {
  if (Number.isInteger(value) && value >= bounds.min && value <= bounds.max) return [];
  return [{ field, rule: 'range', message: `must be a whole number from ${bounds.min} to ${bounds.max}` }];
}

/** A field name under a path; the path may be empty. */
export function at(path: string, field: string): string {
  return path === '' ? field : `${path}.${field}`;
}
