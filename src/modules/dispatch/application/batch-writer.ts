import type { DurationMs } from '../../../core/values/time.js';
import { sqlState } from '../../../platform/database/sql.js';
import type { Logger } from '../../../platform/logging/logger.js';
import { errorFacts } from '../../../platform/logging/logger.js';

const RETRY_MS = [10, 100, 500, 1_000, 2_000] as const;

/**
 * Collects items and writes them in batches: a lone item is written at once; what comes while a batch is being written, or
 * within `pauseMs` of its beginning, goes into the next, so that a flood goes in few statements. A full batch waits for
 * nothing but a free writer.
 *
 * A batch that fails is written again: every write is guarded, so writing twice is writing once, also when only the
 * reply of the commit was lost. After the last try the items go to `giveUp`.
 */
export class BatchWriter<T> {
  private pending: T[] = [];
  private writing = 0;
  private pausing = false;
  private readonly idle: (() => void)[] = [];

  constructor(
    private readonly options: {
      readonly name: string;
      readonly maxBatch: number;
      readonly maxConcurrent: number;
      readonly pauseMs: DurationMs;
      readonly tries: number;
      /** `isRepeat`: an earlier try failed, and may have been committed all the same. */
      readonly write: (batch: readonly T[], isRepeat: boolean) => Promise<void>;
      readonly giveUp: (batch: readonly T[], error: unknown) => void;
      readonly logger: Logger;
    },
  ) {}

  add(items: readonly T[]): void {
    if (items.length === 0) return;
    for (const item of items) this.pending.push(item);
    // A turn of the event loop, so that items of the same moment share their first batch.
    if (this.writing < this.options.maxConcurrent) setImmediate(() => this.pump());
  }

  /** Resolves when everything that was added has been written or given up. */
  async settled(): Promise<void> {
    if (this.pending.length === 0 && this.writing === 0) return;
    await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private pump(): void {
    const { maxBatch, maxConcurrent } = this.options;
    while (this.pending.length > 0 && this.writing < maxConcurrent) {
      if (this.pausing && this.pending.length < maxBatch) return;
      const batch = this.pending.splice(0, maxBatch);
      this.writing += 1;
      this.pause();
      void this.writeWithRetries(batch).finally(() => {
        this.writing -= 1;
        this.pump();
        if (this.pending.length === 0 && this.writing === 0) for (const resolve of this.idle.splice(0)) resolve();
      });
    }
  }

  private pause(): void {
    if (this.pausing) return;
    this.pausing = true;
    setTimeout(() => {
      this.pausing = false;
      this.pump();
    }, this.options.pauseMs);
  }

  private async writeWithRetries(batch: readonly T[], isRepeat = false): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.options.write(batch, isRepeat || attempt > 1);
      } catch (error) {
        if (batch.length > 1 && isRefusedValue(error)) return this.writeInHalves(batch, isRepeat || attempt > 1);
        this.options.logger.warn('dispatch.write-failed', {
          writer: this.options.name,
          attempt,
          items: batch.length,
          ...errorFacts(error),
        });
        if (attempt >= this.options.tries) return this.options.giveUp(batch, error);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(attempt, RETRY_MS.length) - 1]));
      }
    }
  }

  /** One item holds a value that the database refuses: the others must not suffer for it. */
  private async writeInHalves(batch: readonly T[], isRepeat: boolean): Promise<void> {
    const middle = Math.ceil(batch.length / 2);
    await this.writeWithRetries(batch.slice(0, middle), isRepeat);
    await this.writeWithRetries(batch.slice(middle), isRepeat);
  }
}

/** SQLSTATE class 22 (data exception) and 23 (constraint violation): repeating the same statement cannot help. */
function isRefusedValue(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && /^2[23]/.test(state);
}
