import type { EpochMicros } from '../values/time.js';
import type { Quota } from './quota.js';

/*
 * The generic cell rate algorithm (ITU-T I.371, annex A): the whole state of a bucket is one number, its theoretical
 * arrival time `tatUs`: the instant at which the bucket would be full again. 0 means never used.
 *
 * Seen from outside it is a token bucket: `burst` tokens at most, one more every emission interval. In every closed
 * window of t microseconds at most `burst + t / emissionIntervalUs` events are permitted, whoever asks and how often.
 *
 * A clock that goes backwards leaves the theoretical arrival time ahead of it, so it can only lengthen a wait.
 */

/** The answer to one request for one permit: go now and store `nextTatUs`, or come back at `retryAtUs`. */
export type SlotDecision =
  | { readonly kind: 'granted'; readonly nextTatUs: EpochMicros }
  | { readonly kind: 'deferred'; readonly retryAtUs: EpochMicros };

/** A bucket in the words of people. */
export interface BucketStatus {
  /** How much of the bucket is filled, with fractions, 0 to capacity. One event may happen at 1 or more. */
  readonly availableTokens: number;
  /** The burst of the quota. */
  readonly capacity: number;
  /** Seconds until the next event may happen; 0 when one may happen now. */
  readonly waitSeconds: number;
}

/** How many events may happen at `nowUs`: 0 to the quota's burst. */
export function permitsAt(quota: Quota, tatUs: EpochMicros, nowUs: EpochMicros): number {
  return Math.max(0, Math.floor(roomUs(quota, tatUs, nowUs) / quota.emissionIntervalUs));
}

/**
 * The bucket's state after `n` events at `nowUs`; 0 events leave it as it is.
 *
 * Throws when `n` is not a whole number from 0 to what {@link permitsAt} says: taking more than was permitted is an
 * error of the program, not an outcome.
 */
export function takePermits(quota: Quota, tatUs: EpochMicros, nowUs: EpochMicros, n: number): EpochMicros {
  if (!Number.isInteger(n) || n < 0 || n > permitsAt(quota, tatUs, nowUs)) {
    throw new Error(`${n} permits taken where ${permitsAt(quota, tatUs, nowUs)} were free`);
  }
  return n === 0 ? tatUs : Math.max(tatUs, nowUs) + n * quota.emissionIntervalUs;
}

/** No call may come later after its permit than this without the window's promise being at risk. */
const LONGEST_CALL_DELAY_US = 200_000;

/**
 * By how much permits are booked later than they are given.
 *
 * A permit is given when a delivery is claimed; the gateway sees the call some milliseconds later, and not always
 * equally late. Booking a permit at the latest instant at which its call may arrive, and judging the next one by the
 * earliest, keeps the promise where it counts: with every call between its permit and the booking's instant, i < j calls
 * satisfy j − i + 1 <= burst + (c_j − c_i) / interval. That instant is the slack after the claim, or after the last of what
 * was claimed before it is due. The sustained rate stays the same as long as the burst is worth more than
 * the slack; a bucket of one gives up at most a twentieth of its rate.
 */
export function callSlackUs(quota: Quota): number {
  const spare = Math.max((quota.burst - 1) * quota.emissionIntervalUs, Math.floor(quota.emissionIntervalUs / 20));
  return Math.min(LONGEST_CALL_DELAY_US, spare);
}

/** One permit now, or the first instant at which one is free: a request at `retryAtUs` is granted if nobody came between. */
export function requestSlot(quota: Quota, tatUs: EpochMicros, nowUs: EpochMicros): SlotDecision {
  const retryAtUs = nextPermitAt(quota, tatUs, nowUs);
  if (retryAtUs > nowUs) return { kind: 'deferred', retryAtUs };
  return { kind: 'granted', nextTatUs: takePermits(quota, tatUs, nowUs, 1) };
}

/** The first instant, `nowUs` or later, at which one event may happen if none happens before. */
export function nextPermitAt(quota: Quota, tatUs: EpochMicros, nowUs: EpochMicros): EpochMicros {
  return Math.max(nowUs, tatUs - (quota.burst - 1) * quota.emissionIntervalUs);
}

/** The bucket as {@link BucketStatus}; `waitSeconds` is 0 exactly when {@link permitsAt} is at least 1. */
export function bucketStatus(quota: Quota, tatUs: EpochMicros, nowUs: EpochMicros): BucketStatus {
  return {
    availableTokens: Math.max(0, roomUs(quota, tatUs, nowUs) / quota.emissionIntervalUs),
    capacity: quota.burst,
    waitSeconds: (nextPermitAt(quota, tatUs, nowUs) - nowUs) / 1_000_000,
  };
}

/**
 * The bucket's state under a new quota, with as many tokens missing as before and at most all of them.
 *
 * Without it a channel raised from one message a minute to a thousand would still wait out the minutes of the old rate,
 * because the stored instant was computed with the old interval.
 */
export function changeQuota(from: Quota, to: Quota, tatUs: EpochMicros, nowUs: EpochMicros): EpochMicros {
  const missingTokens = Math.max(0, tatUs - nowUs) / from.emissionIntervalUs;
  if (missingTokens === 0) return tatUs;
  return nowUs + Math.ceil(Math.min(missingTokens, to.burst) * to.emissionIntervalUs);
}

/** The free part of the bucket as time; negative when the clock went back or the bucket is overdrawn. */
function roomUs(quota: Quota, tatUs: EpochMicros, nowUs: EpochMicros): number {
  return nowUs + quota.burst * quota.emissionIntervalUs - Math.max(tatUs, nowUs);
}
