import { EventBus, type EventSubscription } from '../../../src/platform/events/event-bus.js';
import { isKick, type BusEvent, type BusSignal } from '../../../src/platform/events/event.js';
import { LocalFanOut } from '../../../src/platform/events/local-fan-out.js';
import type { Owner, VirtualTime } from './virtual-time.js';

/** What joins the buses of the processes. */
export interface ModelHub {
  readonly time: VirtualTime;
  /** Share of the events between processes that are lost; 1 for processes that hear nothing, of themselves neither. */
  loss: number;
  readonly members: Set<ModelBus>;
}

/** Events reach this process at once and the others a little later, or never; where all are lost, its own are too. */
export class ModelBus extends EventBus {
  private readonly fanOut = new LocalFanOut(() => undefined);

  constructor(
    private readonly hub: ModelHub,
    private readonly owner: Owner,
  ) {
    super();
    hub.members.add(this);
  }

  override publish(events: readonly BusEvent[]): void {
    const { time, loss } = this.hub;
    if (loss < 1) for (const event of events) this.fanOut.deliver(event);
    for (const member of this.hub.members) {
      if (member === this || time.random.uniform() < loss) continue;
      time.after(500 + time.random.uniform() * 50_000, member.owner, () => {
        for (const event of events) if (isKick(event) || member.fanOut.wantsTenants) member.fanOut.deliver(event);
      });
    }
  }

  override subscribe(): EventSubscription<never> {
    throw new Error('nobody of the model reads events one by one');
  }

  override onEvent(handler: (signal: BusSignal) => void, wantsTenants?: () => boolean): () => void {
    return this.fanOut.onEvent(handler, wantsTenants);
  }

  leave(): void {
    this.hub.members.delete(this);
    this.fanOut.end();
  }
}
