import type { GatewayClock } from '../../src/core/gateway/gateway-factory.js';

/** Time that passes when a test says so. */
export class ManualGatewayClock implements GatewayClock {
  private elapsedMs = 0;
  private readonly timers = new Set<{ readonly atMs: number; readonly run: () => void }>();

  constructor(private readonly startMs = 1_780_000_000_000) {}

  nowMs(): number {
    return this.startMs + this.elapsedMs;
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { atMs: this.elapsedMs + delayMs, run };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Timers that have neither run nor been taken back. */
  get pending(): number {
    return this.timers.size;
  }

  /** Lets time pass and runs what becomes due, in order, each at its own time. */
  advance(byMs: number): void {
    const endMs = this.elapsedMs + byMs;
    for (let next = this.nextUntil(endMs); next !== undefined; next = this.nextUntil(endMs)) {
      this.timers.delete(next);
      this.elapsedMs = Math.max(this.elapsedMs, next.atMs);
      next.run();
    }
    this.elapsedMs = endMs;
  }

  private nextUntil(endMs: number) {
    const due = [...this.timers].filter((timer) => timer.atMs <= endMs);
    return due.sort((a, b) => a.atMs - b.atMs)[0];
  }
}
