import type { DurationMs } from '../../core/values/time.js';
import { errorFacts, type Logger } from '../logging/logger.js';

/** What a ticker repeats. The answer is the time until it wants to run again, when that is sooner than the interval. */
export type TickerWork = () => Promise<DurationMs | void>;

export interface TickerOptions {
  /** Names the loop in the log. */
  readonly name: string;
  /** The longest pause between the end of one run and the start of the next. */
  readonly intervalMs: DurationMs;
  /** The shortest such pause, also when it is kicked; none when not given. Keeps a flood of kicks from filling the process. */
  readonly spacingMs?: DurationMs;
}

const FIRST_BACKOFF_MS = 250;
const LONGEST_BACKOFF_MS = 30_000;

/** One failure may be a restart of the database; a loop that keeps failing needs a person. */
const FAILURES_UNTIL_ERROR = 5;

/** Node turns a longer delay into 1 ms. */
const LONGEST_TIMER_MS = 3_600_000;

/**
 * Runs some work again and again: after the interval, sooner when it is kicked or when the work itself asks for it, and
 * never twice at once. Kicks during a run become one further run, so that what they announce is not missed.
 *
 * It is the top of its loop: an error is logged and the work is tried again with growing pauses, which kicks do not
 * shorten.
 */
export class Ticker {
  private state: 'stopped' | 'started' | 'stopping' = 'stopped';
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private isKicked = false;
  /** Whether the pause that kicks do not shorten is still on. */
  private isResting = false;
  private failures = 0;

  constructor(
    private readonly work: TickerWork,
    private readonly options: TickerOptions,
    private readonly logger: Logger,
  ) {}

  /** Whether kicks are heard. */
  get isStarted(): boolean {
    return this.state === 'started';
  }

  /** Begins with a run at once; does nothing when it has begun. */
  start(): void {
    if (this.state !== 'stopped') return;
    this.state = 'started';
    this.runIn(0);
  }

  /** Asks for a run as soon as the spacing allows; does nothing in a loop that is not started. */
  kick(): void {
    if (this.state !== 'started' || this.isKicked) return;
    this.isKicked = true;
    if (!this.isRunning && !this.isResting) this.runIn(0);
  }

  /** Starts no further run and resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.state = 'stopping';
    clearTimeout(this.timer);
    await this.running;
    this.state = 'stopped';
    this.isKicked = false;
    this.isResting = false;
    this.failures = 0;
  }

  private runIn(delayMs: DurationMs): void {
    this.after(delayMs, () => this.begin());
  }

  private begin(): void {
    this.isRunning = true;
    this.running = this.run();
  }

  private async run(): Promise<void> {
    this.isKicked = false;
    try {
      const wished = await this.work();
      this.failures = 0;
      this.rest(this.options.spacingMs ?? 0, Math.min(this.options.intervalMs, wished ?? Number.POSITIVE_INFINITY));
    } catch (error) {
      this.failures += 1;
      const delayMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.failures - 1));
      this.log(error, delayMs);
      this.rest(delayMs, delayMs);
    }
    this.isRunning = false;
  }

  /** Waits `restMs` whatever happens, and up to `pauseMs` in all unless it is kicked. */
  private rest(restMs: DurationMs, pauseMs: DurationMs): void {
    if (this.state !== 'started') return;
    if (restMs === 0) return this.runIn(this.isKicked ? 0 : pauseMs);
    this.isResting = true;
    this.after(restMs, () => {
      this.isResting = false;
      if (this.isKicked || pauseMs <= restMs) this.begin();
      else this.runIn(pauseMs - restMs);
    });
  }

  private after(delayMs: DurationMs, next: () => void): void {
    clearTimeout(this.timer);
    // A timer cuts off what is not a whole millisecond: it would come before the time, and find nothing to do yet.
    this.timer = setTimeout(next, Math.min(Math.ceil(delayMs), LONGEST_TIMER_MS));
  }

  private log(error: unknown, retryInMs: DurationMs): void {
    const facts = { loop: this.options.name, failures: this.failures, retryInMs, ...errorFacts(error) };
    if (this.failures >= FAILURES_UNTIL_ERROR) this.logger.error('loop.failed', facts);
    else this.logger.warn('loop.failed', facts);
  }
}
