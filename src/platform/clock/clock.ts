import { performance } from 'node:perf_hooks';
import { Injectable } from '@nestjs/common';
import type { DurationMs, EpochMs } from '../../core/values/time.js';

/**
 * The process's clocks. The wall clock is for checking input and for display only: what is due, leased or allowed is
 * decided by the database's clock. Durations come from the monotonic clock.
 */
export abstract class Clock {
  /** Wall-clock time of this process. */
  abstract nowMs(): EpochMs;
  /** Milliseconds since some fixed moment; never goes backwards. */
  abstract monotonicMs(): DurationMs;
}

/** The real clocks. */
@Injectable()
export class SystemClock extends Clock {
  nowMs(): EpochMs {
    return Date.now();
  }

  monotonicMs(): DurationMs {
    return performance.now();
  }
}

/** Uniform random numbers in [0, 1). */
export abstract class Random {
  abstract next(): number;
}

/** The runtime's generator; nothing secret is made from it. */
@Injectable()
export class SystemRandom extends Random {
  next(): number {
    return Math.random();
  }
}
