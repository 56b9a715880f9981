import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import type { DurationMs } from '../../core/values/time.js';
import { errorFacts, Logger } from '../logging/logger.js';

/** What a check found; the reason is in plain words, and anybody may read it. */
export type CheckResult = { readonly ok: true } | { readonly ok: false; readonly reason: string };

/** Whether some part can do its work now. One that throws is not ok; what it threw goes to the log alone. */
export type Check = () => CheckResult | Promise<CheckResult>;

/** A check that takes longer than this counts as not ok. */
const PATIENCE_MS: DurationMs = 1_000;

/**
 * What has to be well for this process to get work: each part that can be unwell registers a check when it starts.
 */
@Injectable()
export class HealthChecks implements OnModuleDestroy {
  private readonly checks = new Map<string, Check>();
  /** Unfinished runs: a part that hangs is asked once, however often somebody wants to know. */
  private readonly running = new Map<string, Promise<CheckResult>>();

  constructor(private readonly logger: Logger) {}

  /** From here on the process finishes what it has and wants nothing new. */
  onModuleDestroy(): void {
    this.checks.set('process', () => ({ ok: false, reason: 'stopping' }));
  }

  /** Adds a check under a name of its own, such as "dispatcher". Returns what removes it. */
  register(name: string, check: Check): () => void {
    if (this.checks.has(name)) throw new Error(`there is a health check ${name} already`);
    this.checks.set(name, check);
    return () => this.checks.delete(name);
  }

  /** What every check finds, by name, after at most {@link PATIENCE_MS}. */
  async run(): Promise<ReadonlyMap<string, CheckResult>> {
    const names = [...this.checks.keys()];
    return new Map(await Promise.all(names.map(async (name) => [name, await this.patiently(this.ask(name))] as const)));
  }

  private ask(name: string): Promise<CheckResult> {
    const asked = this.running.get(name);
    if (asked) return asked;
    const answer = this.answerOf(name).finally(() => this.running.delete(name));
    this.running.set(name, answer);
    return answer;
  }

  private async answerOf(name: string): Promise<CheckResult> {
    try {
      return (await this.checks.get(name)?.()) ?? { ok: true };
    } catch (error) {
      this.logger.warn('health.check-failed', { check: name, ...errorFacts(error) });
      return { ok: false, reason: 'failed' };
    }
  }

  private async patiently(answer: Promise<CheckResult>): Promise<CheckResult> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<CheckResult>((resolve) => {
      timer = setTimeout(() => resolve({ ok: false, reason: `no answer within ${PATIENCE_MS} ms` }), PATIENCE_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
