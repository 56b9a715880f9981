import { Injectable } from '@nestjs/common';
import { Database } from '../../../platform/database/database.js';
import {
  ProviderEventsRepository,
  type DeliveryKey,
  type EventReference,
  type NewProviderEvent,
} from '../persistence/provider-events.repository.js';
import { DeliveryAnnouncements } from './delivery-announcements.js';
import { ReceiptProjector, type Projection } from './receipt-projector.js';

/** An event that arrives; `claimedDeliveryId` is what it says, before anybody has looked whether that is so. */
export interface ArrivingEvent extends Omit<NewProviderEvent, 'deliveryId'> {
  readonly claimedDeliveryId: string | null;
}

/** Stores events and lets them have their effect, each batch in one transaction. */
@Injectable()
export class StatusEventApplier {
  constructor(
    private readonly database: Database,
    private readonly events: ProviderEventsRepository,
    private readonly projector: ReceiptProjector,
    private readonly announcements: DeliveryAnnouncements,
  ) {}

  /**
   * Stores the events that are new. Returns the deliveries whose events have to wait: a call is under way, or somebody
   * else is changing them at this moment.
   */
  async store(arriving: readonly ArrivingEvent[]): Promise<DeliveryKey[]> {
    const matched = await this.matched(arriving);
    const deliveries = matched.flatMap(keyOf);
    const projection = await this.database.transaction(async (tx) => {
      const result = await this.projector.project(tx, deliveries, matched);
      await this.events.insert(tx, matched, ({ deliveryId }) => deliveryId !== null && result.settled.has(deliveryId));
      return result;
    });
    this.announcements.receipts(projection.changes);
    return unsettled(deliveries, projection);
  }

  /** Lets the stored events of deliveries have their effect; returns the deliveries whose events still have to wait. */
  async apply(deliveries: readonly DeliveryKey[]): Promise<DeliveryKey[]> {
    if (deliveries.length === 0) return [];
    const projection = await this.database.transaction((tx) => this.projector.project(tx, deliveries, []));
    this.announcements.receipts(projection.changes);
    return unsettled(deliveries, projection);
  }

  private async matched(arriving: readonly ArrivingEvent[]): Promise<NewProviderEvent[]> {
    const references = arriving.map(({ tenantId, channelId, claimedDeliveryId, gatewayMessageId }): EventReference => ({
      tenantId,
      channelId,
      deliveryId: claimedDeliveryId,
      gatewayMessageId,
    }));
    const found = await this.events.match(this.database, references);
    return arriving.map(({ claimedDeliveryId: _, ...event }, place) => ({
      ...event,
      deliveryId: found.get(place) ?? null,
    }));
  }
}

function keyOf({ tenantId, deliveryId }: NewProviderEvent): DeliveryKey[] {
  return deliveryId === null ? [] : [{ tenantId, deliveryId }];
}

function unsettled(deliveries: readonly DeliveryKey[], { settled }: Projection): DeliveryKey[] {
  return deliveries.filter(({ deliveryId }) => !settled.has(deliveryId));
}
