import type { BusEvent, BusSignal, Resync, TenantEvent } from './event.js';

/** What a subscriber wants to see; events of other tenants never reach its buffer. */
export interface EventFilter<K extends TenantEvent['kind'] = TenantEvent['kind']> {
  readonly tenantId: string;
  readonly kinds: readonly K[];
  /** Further conditions, asked before the event is buffered; must be quick and must not throw. */
  readonly accept?: (event: Extract<TenantEvent, { kind: K }>) => boolean;
}

export interface SubscriptionOptions {
  /** Events kept for a reader that is behind; 256 when not given. */
  readonly capacity?: number;
}

/**
 * The events of one subscriber.
 *
 * It listens from the first `next()` on, so an iterator that is never read costs nothing. While the reader is behind,
 * events about the same thing become one (see mergeEvents), and past `capacity` the oldest are dropped and one
 * {@link Resync} is put in front of the rest; it is never more than `capacity` events. `return()` and `throw()` release
 * it, also while a `next()` waits, and so does the end of the bus.
 */
export interface EventSubscription<E extends TenantEvent = TenantEvent> extends AsyncIterableIterator<E | Resync> {
  /** What is buffered at this moment, without waiting: lets a reader fetch the rows of many events with one statement. */
  takeBuffered(): (E | Resync)[];
  return(): Promise<IteratorResult<E | Resync>>;
  throw(error?: unknown): Promise<IteratorResult<E | Resync>>;
}

/**
 * Tells what happened, in this process at once and in the other replicas soon after. It is a convenience, never the
 * truth: every event may come twice, late or not at all, and whoever needs certainty reads the database. An event is
 * published after the commit that made it true.
 */
export abstract class EventBus {
  /**
   * Hands the events to this process's readers before it returns, and to the other replicas within about 50 ms (kicks:
   * at once when nothing was sent lately). Never throws and never waits: while the database is away a bounded number is
   * kept, beyond that the other replicas are told to resync.
   */
  abstract publish(events: readonly BusEvent[]): void;

  /** An iterator over a tenant's events; see {@link EventSubscription}. */
  abstract subscribe<K extends TenantEvent['kind']>(
    filter: EventFilter<K>,
    options?: SubscriptionOptions,
  ): EventSubscription<Extract<TenantEvent, { kind: K }>>;

  /**
   * Calls the handler with everything that arrives, all tenants' events included: for this process's own loops. The
   * handler must be quick; what it throws is logged and stops nobody else. `wantsTenants` says whether tenants' events
   * matter to it at the moment: where they matter to nobody, those of other replicas are not even read. Returns what ends it.
   */
  abstract onEvent(handler: (signal: BusSignal) => void, wantsTenants?: () => boolean): () => void;
}
