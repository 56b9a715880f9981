import { Injectable } from '@nestjs/common';
import type { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import type { DeliveryChanged } from '../../../platform/events/event.js';
import { RunFinisher } from '../../schedules/index.js';
import type { DeliveryRow } from '../persistence/delivery-row.js';
import type { ReceiptChange } from './receipt-projector.js';

/** Tells, after commit, what events and people did to deliveries. */
@Injectable()
export class DeliveryAnnouncements {
  constructor(
    private readonly bus: EventBus,
    private readonly finisher: RunFinisher,
  ) {}

  /** Deliveries that a provider's events have changed. */
  receipts(changes: readonly ReceiptChange[]): void {
    if (changes.length === 0) return;
    this.bus.publish(
      changes.map(({ at, leftQueue: _, ...ids }): DeliveryChanged => ({
        kind: 'deliveryChanged',
        ...ids,
        atMs: at.getTime(),
      })),
    );
    const runIds = changes.filter((change) => change.leftQueue).map((change) => change.runId);
    if (runIds.length > 0) this.finisher.noteTouched([...new Set(runIds)]);
  }

  /** One delivery that a person has changed, as it is now: it may go at another time, or its run may be over. */
  changed(row: DeliveryRow, previousStatus: DeliveryStatus, atMs: number): void {
    const { tenantId, scheduleId, runId, channelId, contactId, status, version } = row;
    this.bus.publish([
      {
        kind: 'deliveryChanged',
        tenantId,
        deliveryId: row.id,
        scheduleId,
        runId,
        channelId,
        contactId,
        previousStatus,
        status,
        version,
        atMs,
      },
    ]);
    if (status === 'PENDING') this.bus.publish([{ kind: 'workAvailable', channelIds: [channelId] }]);
    else this.finisher.noteTouched([runId]);
  }
}
