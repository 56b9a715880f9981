import type { SeededRandom } from '../../../src/core/planning/seeded-random.js';
import { inPresentContext } from './transaction-context.js';

/** Whoever an event happens to: a process that may be stopped or dead, or nobody, as for the database itself. */
export interface Owner {
  /** Dead: what happens to it is lost. Stopped: it happens when the process goes on. */
  readonly life: 'running' | 'stopped' | 'dead';
  /** What has come while the process was stopped. */
  readonly backlog: (() => void)[];
}

interface Planned {
  readonly atUs: number;
  /** Among events of one instant: drawn, so that every order comes up, and then the order of planning. */
  readonly tie: number;
  readonly owner: Owner | null;
  readonly run: () => void;
  isOff: boolean;
}

const nextTurn = setImmediate;
const realTimers = { setTimeout, clearTimeout, setImmediate, clearImmediate };

/** A turn of the event loop takes some time: what turns it until an instant gets there. */
const TURN_MS = 0.1;

/**
 * Time that passes only when nothing is left to do. Events run one by one; after each, whatever it set off runs to its
 * end (all promises that can go on do) before the next. So everything that runs between two events belongs to the owner
 * of the first, and a seed is a whole execution.
 */
export class VirtualTime {
  /** Microseconds since the epoch. */
  nowUs: number;
  eventsRun = 0;
  private current: Owner | null = null;
  private planned: Planned[] = [];

  constructor(
    startMs: number,
    readonly random: SeededRandom,
  ) {
    this.nowUs = startMs * 1_000;
  }

  /** Runs something later, in the life of `owner`; the returned function takes it back. */
  after(delayUs: number, owner: Owner | null, run: () => void): () => void {
    const event = { atUs: this.nowUs + Math.max(0, delayUs), tie: this.random.uniform(), owner, run, isOff: false };
    this.push(event);
    return () => {
      event.isOff = true;
    };
  }

  /** Lets something begin in the life of an owner, now. */
  as(owner: Owner | null, run: () => void): void {
    this.after(0, owner, run);
  }

  /** What came while the owner was stopped happens now, in its order. */
  resume(owner: Owner): void {
    for (const run of owner.backlog.splice(0)) this.after(0, owner, run);
  }

  /** Runs what is planned until the condition holds or the instant is reached; whether the condition holds. */
  async runUntil(untilUs: number, isDone: () => boolean): Promise<boolean> {
    while (!isDone()) {
      const event = this.pop();
      if (!event) return isDone();
      if (event.atUs > untilUs) {
        this.push(event);
        this.nowUs = untilUs;
        return false;
      }
      this.nowUs = Math.max(this.nowUs, event.atUs);
      if (event.isOff || event.owner?.life === 'dead') continue;
      if (event.owner?.life === 'stopped') {
        event.owner.backlog.push(() => {
          if (!event.isOff) event.run();
        });
        continue;
      }
      this.current = event.owner;
      this.eventsRun += 1;
      event.run();
      await new Promise<void>((resolve) => nextTurn(resolve));
      this.current = null;
    }
    return true;
  }

  /** The program's own timers, of whatever process sets them, are this clock's for as long as `work` takes. */
  async inCharge<T>(work: () => Promise<T>): Promise<T> {
    const later = (run: (...args: unknown[]) => void, delayMs: number, args: unknown[]) =>
      this.after(
        delayMs * 1_000,
        this.current,
        inPresentContext(() => run(...args)),
      );
    const timers = {
      setTimeout: (run: () => void, delayMs = 0, ...args: unknown[]) => later(run, Math.max(1, delayMs), args),
      setImmediate: (run: () => void, ...args: unknown[]) => later(run, TURN_MS, args),
      // A timer from outside, such as a test's own time limit, is not this clock's.
      clearTimeout: (cancel: (() => void) | NodeJS.Timeout | undefined) =>
        typeof cancel === 'function' ? cancel() : realTimers.clearTimeout(cancel),
      clearImmediate: (cancel: (() => void) | NodeJS.Immediate | undefined) =>
        typeof cancel === 'function' ? cancel() : realTimers.clearImmediate(cancel),
    };
    Object.assign(globalThis, timers);
    try {
      return await work();
    } finally {
      Object.assign(globalThis, realTimers);
    }
  }

  // A binary heap by instant and draw.
  private push(event: Planned): void {
    const heap = this.planned;
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, heap[parent] as Planned)) break;
      heap[at] = heap[parent] as Planned;
      at = parent;
    }
    heap[at] = event;
  }

  private pop(): Planned | undefined {
    const heap = this.planned;
    const first = heap[0];
    const last = heap.pop();
    if (!first || !last || heap.length === 0) return first;
    let at = 0;
    for (let child = 1; child < heap.length; child = 2 * at + 1) {
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Planned, heap[child] as Planned)) child += 1;
      if (!isBefore(heap[child] as Planned, last)) break;
      heap[at] = heap[child] as Planned;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.tie < b.tie);
}
