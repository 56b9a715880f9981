import { Injectable } from '@nestjs/common';
import { Logger } from '../../../platform/logging/logger.js';
import { Ticker } from '../../../platform/ticking/ticker.js';
import { Housekeeping } from './housekeeping.js';
import { Reaper } from './reaper.js';

/** The loops beside dispatch itself; every worker runs them, and rows decide who does what. */
@Injectable()
export class Maintenance {
  private readonly tickers: readonly Ticker[];

  constructor(reaper: Reaper, housekeeping: Housekeeping, logger: Logger) {
    const every = (name: string, intervalMs: number, work: () => Promise<unknown>): Ticker =>
      new Ticker(() => work().then(() => undefined), { name, intervalMs }, logger);
    this.tickers = [
      every('reaper', 1_000, () => reaper.runOnce()),
      every('expiry', 1_000, () => housekeeping.expire()),
      every('mending', 60_000, () => housekeeping.mend()),
      every('tidying', 600_000, () => housekeeping.tidy()),
    ];
  }

  start(): void {
    for (const ticker of this.tickers) ticker.start();
  }

  /** Resolves when no loop runs any more. */
  async stop(): Promise<void> {
    await Promise.all(this.tickers.map((ticker) => ticker.stop()));
  }
}
