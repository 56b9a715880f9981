import { RESYNC, keyOf, mergeEvents, type Resync, type TenantEvent } from './event.js';
import type { EventFilter, EventSubscription } from './event-bus.js';

type Item = TenantEvent | Resync;
type Waiter = (result: IteratorResult<Item>) => void;

const DONE: IteratorResult<Item> = { done: true, value: undefined };

/** A filter as the fan-out sees it, whatever kinds it names. */
export type AnyFilter = Omit<EventFilter, 'accept'> & { readonly accept?: (event: never) => boolean };

/** {@link EventSubscription} over a ring of the latest state per key. */
export class BufferedSubscription implements EventSubscription {
  /** In the order in which each key was first told; a key that changes again keeps its place. */
  private readonly buffer = new Map<string, TenantEvent>();
  private readonly waiters: Waiter[] = [];
  private resyncPending = false;
  private state: 'new' | 'attached' | 'ended' = 'new';

  constructor(
    readonly filter: AnyFilter,
    private readonly capacity: number,
    private readonly attach: (subscription: BufferedSubscription) => void,
    private readonly detach: (subscription: BufferedSubscription) => void,
  ) {}

  /** How many events wait for the reader. */
  get buffered(): number {
    return this.buffer.size;
  }

  /** Takes an event of the filter's tenant, if the filter wants it. */
  offer(event: TenantEvent): void {
    const { kinds, accept } = this.filter;
    if (this.state !== 'attached' || !kinds.includes(event.kind)) return;
    if (accept && !accept(event as never)) return;
    const waiter = this.waiters.shift();
    if (waiter) return waiter({ done: false, value: event });
    const key = keyOf(event);
    const waiting = this.buffer.get(key);
    this.buffer.set(key, waiting ? mergeEvents(waiting, event) : event);
    if (this.buffer.size > this.capacity) this.dropOldest();
  }

  /** Tells the reader that events were lost before they came here. */
  offerResync(): void {
    if (this.state !== 'attached') return;
    const waiter = this.waiters.shift();
    if (waiter) return waiter({ done: false, value: RESYNC });
    this.resyncPending = true;
  }

  /** Ends the iteration; what is buffered is let go. */
  end(): void {
    if (this.state === 'ended') return;
    if (this.state === 'attached') this.detach(this);
    this.state = 'ended';
    this.buffer.clear();
    this.resyncPending = false;
    for (const waiter of this.waiters.splice(0)) waiter(DONE);
  }

  next(): Promise<IteratorResult<Item>> {
    if (this.state === 'new') {
      this.state = 'attached';
      this.attach(this);
    }
    if (this.state === 'ended') return Promise.resolve(DONE);
    const value = this.take();
    if (value) return Promise.resolve({ done: false, value });
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  takeBuffered(): Item[] {
    const items: Item[] = [];
    for (let item = this.take(); item; item = this.take()) items.push(item);
    return items;
  }

  return(): Promise<IteratorResult<Item>> {
    this.end();
    return Promise.resolve(DONE);
  }

  throw(error?: unknown): Promise<IteratorResult<Item>> {
    this.end();
    return Promise.reject(error instanceof Error ? error : new Error(String(error)));
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The resync comes first: a reader that reads everything again has then also what was dropped. */
  private take(): Item | undefined {
    if (this.resyncPending) {
      this.resyncPending = false;
      return RESYNC;
    }
    const first = this.buffer.entries().next();
    if (first.done) return undefined;
    this.buffer.delete(first.value[0]);
    return first.value[1];
  }

  private dropOldest(): void {
    const oldest = this.buffer.keys().next();
    if (!oldest.done) this.buffer.delete(oldest.value);
    this.resyncPending = true;
  }
}
