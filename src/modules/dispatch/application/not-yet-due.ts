import type { Clock } from '../../../platform/clock/clock.js';
import type { PreparedDelivery } from '../dispatch-types.js';

/**
 * Timers come a millisecond or some late, and cut off what is not a whole one: the last moments before an instant are
 * spent turning the event loop, in which everything else goes on.
 */
const TURNING_MS = 3;

/** Where instants come thick the loop is not turned all the time: only this part of it, and a timer does for the others. */
const TURNING_SHARE = 0.15;

/** Where prepared deliveries wait that were claimed a moment before they are due; they go on at their instant. */
export class NotYetDue {
  /** In the order in which they are due. */
  private waiting: PreparedDelivery[] = [];
  private timer: NodeJS.Timeout | undefined;
  private turn: NodeJS.Immediate | undefined;
  private turningSinceMs: number | undefined;
  /** From then on it may be turned again. */
  private restedAtMs = 0;

  constructor(
    private readonly clock: Clock,
    private readonly onDue: (due: readonly PreparedDelivery[]) => void,
  ) {}

  /** Those that are due go on before this returns. */
  add(deliveries: readonly PreparedDelivery[]): void {
    const nowMs = this.clock.monotonicMs();
    const due = deliveries.filter((delivery) => delivery.dueAtMs <= nowMs);
    if (due.length > 0) this.onDue(due);
    if (due.length === deliveries.length) return;
    const ahead = deliveries.filter((delivery) => delivery.dueAtMs > nowMs);
    this.waiting = [...this.waiting, ...ahead].sort((a, b) => a.dueAtMs - b.dueAtMs);
    this.wait();
  }

  /** Everything that waits, to give back. */
  takeAll(): PreparedDelivery[] {
    this.forgetTimer();
    this.turningSinceMs = undefined;
    return this.waiting.splice(0);
  }

  private wait(): void {
    this.forgetTimer();
    const [first] = this.waiting;
    if (!first) return;
    const nowMs = this.clock.monotonicMs();
    const turnFromMs = Math.max(first.dueAtMs - TURNING_MS, this.restedAtMs);
    if (first.dueAtMs <= nowMs) {
      this.turn = setImmediate(() => this.look());
    } else if (turnFromMs >= first.dueAtMs) {
      this.timer = setTimeout(() => this.look(), Math.ceil(first.dueAtMs - nowMs));
    } else if (turnFromMs > nowMs + 1) {
      this.timer = setTimeout(() => this.wait(), turnFromMs - nowMs);
    } else {
      this.turningSinceMs ??= nowMs;
      this.turn = setImmediate(() => this.look());
    }
  }

  private look(): void {
    const nowMs = this.clock.monotonicMs();
    if (this.turningSinceMs !== undefined && (this.waiting[0]?.dueAtMs ?? 0) <= nowMs) {
      this.restedAtMs = nowMs + (nowMs - this.turningSinceMs) * (1 / TURNING_SHARE - 1);
      this.turningSinceMs = undefined;
    }
    const firstAhead = this.waiting.findIndex((delivery) => delivery.dueAtMs > nowMs);
    const due = this.waiting.splice(0, firstAhead === -1 ? this.waiting.length : firstAhead);
    this.wait();
    if (due.length > 0) this.onDue(due);
  }

  private forgetTimer(): void {
    clearTimeout(this.timer);
    clearImmediate(this.turn);
  }
}
