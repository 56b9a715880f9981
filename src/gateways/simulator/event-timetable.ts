import type { GatewayClock } from '../../core/gateway/gateway-factory.js';
import type { StatusEvent } from '../../core/gateway/send-outcome.js';
import type { DurationMs } from '../../core/values/time.js';

/** Events of the same slot are announced together: thousands of messages must not mean thousands of timers. */
const SLOT_MS: DurationMs = 20;

/** Status events that are still to come. An event is announced at most one slot after its time, never before. */
export class EventTimetable {
  private readonly slots = new Map<number, { readonly events: StatusEvent[]; readonly cancel: () => void }>();

  constructor(
    private readonly clock: GatewayClock,
    private readonly announce: (events: readonly StatusEvent[]) => void,
  ) {}

  add(event: StatusEvent, afterMs: DurationMs): void {
    const nowMs = this.clock.monotonicMs();
    const slot = Math.ceil((nowMs + afterMs) / SLOT_MS);
    const waiting = this.slots.get(slot);
    if (waiting) {
      waiting.events.push(event);
      return;
    }
    const cancel = this.clock.after(slot * SLOT_MS - nowMs, () => {
      const due = this.slots.get(slot)?.events ?? [];
      this.slots.delete(slot);
      this.announce(due);
    });
    this.slots.set(slot, { events: [event], cancel });
  }

  /** Forgets what has not been announced. */
  clear(): void {
    for (const { cancel } of this.slots.values()) cancel();
    this.slots.clear();
  }
}
