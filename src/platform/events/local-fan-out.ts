import { RESYNC, type BusSignal, type TenantEvent } from './event.js';
import type { EventFilter, EventSubscription, SubscriptionOptions } from './event-bus.js';
import { BufferedSubscription } from './buffered-subscription.js';

const DEFAULT_CAPACITY = 256;

/** See onEvent of the bus. */
interface Handler {
  readonly handle: (signal: BusSignal) => void;
  readonly wantsTenants: () => boolean;
}

/** Hands signals to the readers of this process. Subscriptions are found by tenant, so other tenants' cost nothing. */
export class LocalFanOut {
  private readonly byTenant = new Map<string, Set<BufferedSubscription>>();
  private readonly handlers = new Set<Handler>();
  private ended = false;

  constructor(private readonly onHandlerError: (error: unknown) => void) {}

  /** Subscriptions that are being read. */
  get subscriptions(): number {
    let count = 0;
    for (const group of this.byTenant.values()) count += group.size;
    return count;
  }

  /** Whether tenants' events matter to anybody. */
  get wantsTenants(): boolean {
    return this.byTenant.size > 0 || [...this.handlers].some((handler) => handler.wantsTenants());
  }

  deliver(signal: BusSignal): void {
    for (const handler of [...this.handlers]) {
      try {
        handler.handle(signal);
      } catch (error) {
        this.onHandlerError(error);
      }
    }
    switch (signal.kind) {
      case 'deliveryChanged':
      case 'scheduleChanged':
        for (const subscription of this.byTenant.get(signal.tenantId) ?? []) subscription.offer(signal);
        return;
      case 'resync':
        for (const subscription of this.all()) subscription.offerResync();
        return;
      case 'workAvailable':
      case 'schedulesChanged':
        return;
    }
  }

  /** Tells everyone that events were lost. */
  resync(): void {
    this.deliver(RESYNC);
  }

  subscribe<K extends TenantEvent['kind']>(
    filter: EventFilter<K>,
    options: SubscriptionOptions = {},
  ): EventSubscription<Extract<TenantEvent, { kind: K }>> {
    const subscription = new BufferedSubscription(
      filter,
      Math.max(1, options.capacity ?? DEFAULT_CAPACITY),
      (attached) => this.attach(attached),
      (detached) => this.detach(detached),
    );
    if (this.ended) subscription.end();
    return subscription as unknown as EventSubscription<Extract<TenantEvent, { kind: K }>>;
  }

  onEvent(handle: (signal: BusSignal) => void, wantsTenants: () => boolean = () => true): () => void {
    // An object of its own, so that one function given twice is two registrations.
    const registered: Handler = { handle, wantsTenants };
    this.handlers.add(registered);
    return () => this.handlers.delete(registered);
  }

  /** Ends every subscription, also those that are yet to be read. */
  end(): void {
    this.ended = true;
    this.handlers.clear();
    for (const subscription of this.all()) subscription.end();
  }

  private attach(subscription: BufferedSubscription): void {
    // Made before the bus ended, read after.
    if (this.ended) return subscription.end();
    const group = this.byTenant.get(subscription.filter.tenantId) ?? new Set();
    group.add(subscription);
    this.byTenant.set(subscription.filter.tenantId, group);
  }

  private detach(subscription: BufferedSubscription): void {
    const group = this.byTenant.get(subscription.filter.tenantId);
    group?.delete(subscription);
    if (group?.size === 0) this.byTenant.delete(subscription.filter.tenantId);
  }

  private all(): BufferedSubscription[] {
    return [...this.byTenant.values()].flatMap((group) => [...group]);
  }
}
