import type { DurationMs } from '../values/time.js';

/** Deliveries that one process keeps claimed for a channel at most. */
const LARGEST_BUFFER = 1_000;

/** A buffer is worth about this much time of the gateway. */
const BUFFER_MS = 1_000;

/** Claiming more often than about this gains nothing. */
const REFILL_MS = 50;

/** Calls of which the average is made. */
const AVERAGED_CALLS = 16;

/** About how long an intent waits for its batch, and a batch takes to commit. */
const INTENT_MS = 20;

/**
 * How many deliveries a process may hold for a channel (claimed, or being sent), given how long a call takes.
 *
 * Enough that the gateway never waits for the database; not more, because what is held spent its permits, which do not
 * keep, and when the process dies it waits until its lease is over. A gateway that needs minutes a call is given few at
 * a time.
 */
export function bufferFor(maxConcurrentCalls: number, averageCallMs: DurationMs): number {
  const inTime = Math.ceil((maxConcurrentCalls * BUFFER_MS) / Math.max(averageCallMs, 1));
  return Math.max(maxConcurrentCalls, Math.min(inTime, LARGEST_BUFFER));
}

/**
 * How much room makes another claim worth its while: what the gateway takes in a moment, at most half the buffer. A slow
 * gateway gets its next delivery as soon as a call is free.
 */
export function roomWorthClaiming(maxConcurrentCalls: number, averageCallMs: DurationMs): number {
  const inAMoment = Math.ceil((maxConcurrentCalls * REFILL_MS) / Math.max(averageCallMs, 1));
  return Math.min(inAMoment, Math.ceil(bufferFor(maxConcurrentCalls, averageCallMs) / 2));
}

/**
 * How many deliveries beyond those in a call may have their intent committed, so that a call that ends is followed by
 * the next one at once.
 *
 * They are the price of a crash: an intent without a call is UNCERTAIN all the same. So it is as many as calls end
 * while a batch of intents commits, and none for a slow gateway.
 */
export function intentsAhead(maxConcurrentCalls: number, averageCallMs: DurationMs): number {
  return Math.floor(maxConcurrentCalls * Math.min(1, INTENT_MS / Math.max(averageCallMs, 1)));
}

/** The running average of call durations after one more, the `seen`-th: recent calls count most. */
export function nextAverage(averageMs: DurationMs, callMs: DurationMs, seen: number): DurationMs {
  return averageMs + (callMs - averageMs) / Math.min(Math.max(seen, 1), AVERAGED_CALLS);
}
