import { assertNever } from '../../core/values/result.js';
import { keyOf, mergeEvents, mergeWork, type BusEvent, type TenantEvent, type WorkAvailable } from './event.js';

/** What goes out in one batch. With `overflowed`, events were dropped and the other replicas have to resync. */
export interface Batch {
  readonly events: readonly BusEvent[];
  readonly overflowed: boolean;
}

/**
 * What the other replicas have yet to be told: the latest state per thing, and kicks as one. It never holds more than
 * `capacity` things; past that it forgets them all, because a reader that is told to resync finds them anyway.
 */
export class Outbox {
  private readonly events = new Map<string, TenantEvent>();
  private work: WorkAvailable | undefined;
  private schedules = false;
  private overflowed = false;

  constructor(private readonly capacity: number) {}

  get isEmpty(): boolean {
    return this.events.size === 0 && !this.overflowed && !this.hasKick;
  }

  /** Whether a loop somewhere waits for what is in here. */
  get hasKick(): boolean {
    return this.work !== undefined || this.schedules;
  }

  add(event: BusEvent): void {
    switch (event.kind) {
      case 'workAvailable':
        this.work = this.work ? mergeWork(this.work, event) : event;
        return;
      case 'schedulesChanged':
        this.schedules = true;
        return;
      case 'deliveryChanged':
      case 'scheduleChanged':
        return this.addEvent(event);
      default:
        assertNever(event);
    }
  }

  /** Everything that waits; afterwards nothing does. */
  take(): Batch {
    const events: BusEvent[] = [...this.events.values()];
    if (this.work) events.unshift(this.work);
    if (this.schedules) events.unshift({ kind: 'schedulesChanged' });
    const batch = { events, overflowed: this.overflowed };
    this.events.clear();
    this.work = undefined;
    this.schedules = false;
    this.overflowed = false;
    return batch;
  }

  private addEvent(event: TenantEvent): void {
    // The resync that is on its way goes out after this event's commit, so it covers it.
    if (this.overflowed) return;
    const key = keyOf(event);
    const waiting = this.events.get(key);
    this.events.set(key, waiting ? mergeEvents(waiting, event) : event);
    if (this.events.size <= this.capacity) return;
    this.events.clear();
    this.overflowed = true;
  }
}
