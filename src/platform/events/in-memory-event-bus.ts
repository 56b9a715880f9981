import type { BusEvent, BusSignal, TenantEvent } from './event.js';
import { EventBus, type EventFilter, type EventSubscription, type SubscriptionOptions } from './event-bus.js';
import { LocalFanOut } from './local-fan-out.js';

/** What joins the in-memory buses of a test, as the database joins those of replicas. */
export class EventHub {
  private readonly members = new Set<LocalFanOut>();

  join(member: LocalFanOut): void {
    this.members.add(member);
  }

  leave(member: LocalFanOut): void {
    this.members.delete(member);
  }

  tellOthers(sender: LocalFanOut, events: readonly BusEvent[]): void {
    for (const member of this.members) {
      if (member !== sender) for (const event of events) member.deliver(event);
    }
  }
}

/** {@link EventBus} without a database, for tests: the same meaning, and nothing is ever late or lost. */
export class InMemoryEventBus extends EventBus {
  private readonly fanOut: LocalFanOut;

  constructor(
    private readonly hub: EventHub = new EventHub(),
    onHandlerError: (error: unknown) => void = () => undefined,
  ) {
    super();
    this.fanOut = new LocalFanOut(onHandlerError);
    hub.join(this.fanOut);
  }

  override publish(events: readonly BusEvent[]): void {
    for (const event of events) this.fanOut.deliver(event);
    this.hub.tellOthers(this.fanOut, events);
  }

  override subscribe<K extends TenantEvent['kind']>(
    filter: EventFilter<K>,
    options?: SubscriptionOptions,
  ): EventSubscription<Extract<TenantEvent, { kind: K }>> {
    return this.fanOut.subscribe(filter, options);
  }

  override onEvent(handler: (signal: BusSignal) => void, wantsTenants?: () => boolean): () => void {
    return this.fanOut.onEvent(handler, wantsTenants);
  }

  /** Pretends that events were lost on the way to this bus. */
  loseEvents(): void {
    this.fanOut.resync();
  }

  stop(): void {
    this.hub.leave(this.fanOut);
    this.fanOut.end();
  }
}
