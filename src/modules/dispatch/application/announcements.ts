import { Injectable } from '@nestjs/common';
import type { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { Clock } from '../../../platform/clock/clock.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import { RunFinisher } from '../../schedules/index.js';
import type { StatusChangeRow } from '../persistence/status-change.js';

/** Tells, after commit, what the dispatcher did. Nobody waits for it, and losing it loses no truth. */
@Injectable()
export class Announcements {
  constructor(
    private readonly bus: EventBus,
    private readonly finisher: RunFinisher,
    private readonly clock: Clock,
  ) {}

  /** Deliveries that left the queue: their runs may be over. */
  finished<Change extends StatusChangeRow>(
    changes: readonly Change[],
    previous: DeliveryStatus,
    statusOf: (change: Change) => string,
  ): void {
    if (changes.length === 0) return;
    this.tell(changes, previous, (change) => statusOf(change).toUpperCase() as DeliveryStatus);
    this.finisher.noteTouched([...new Set(changes.map((change) => change.runId))]);
  }

  /** Deliveries that wait for another attempt. */
  waiting(
    changes: readonly StatusChangeRow[],
    previous: DeliveryStatus,
    outcomeOf: (
      deliveryId: string,
    ) => { readonly state: 'pending' | 'uncertain'; readonly waitReason: 'none' | 'retry' } | undefined,
  ): void {
    this.tell(changes, previous, (change) => {
      const outcome = outcomeOf(change.deliveryId);
      if (outcome?.state === 'uncertain') return 'UNCERTAIN';
      return outcome?.waitReason === 'retry' ? 'RETRYING' : 'PENDING';
    });
  }

  /** Any other change of status. */
  changed(changes: readonly StatusChangeRow[], previous: DeliveryStatus, status: DeliveryStatus): void {
    this.tell(changes, previous, () => status);
  }

  private tell<Change extends StatusChangeRow>(
    changes: readonly Change[],
    previousStatus: DeliveryStatus,
    statusOf: (change: Change) => DeliveryStatus,
  ): void {
    if (changes.length === 0) return;
    const atMs = this.clock.nowMs();
    this.bus.publish(
      changes.map((change) => ({
        kind: 'deliveryChanged',
        tenantId: change.tenantId,
        deliveryId: change.deliveryId,
        scheduleId: change.scheduleId,
        channelId: change.channelId,
        runId: change.runId,
        contactId: change.contactId,
        previousStatus,
        status: statusOf(change),
        version: change.version,
        atMs,
      })),
    );
  }
}
