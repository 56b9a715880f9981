import { Injectable } from '@nestjs/common';
import { apiStatusOf } from '../../../core/delivery/delivery-state.js';
import { Clock } from '../../../platform/clock/clock.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import type { DeliveryChanged } from '../../../platform/events/event.js';
import type { CancelledDelivery } from '../persistence/cancelling.repository.js';
import type { MadeDelivery } from '../persistence/materialising.repository.js';
import type { RequeuedDelivery } from '../persistence/requeueing.repository.js';
import type { MovedDelivery } from './campaign-mover.js';
import type { RunKey, ScheduleVersion } from '../persistence/run-key.js';

/** Tells, after commit, what happened to schedules and their deliveries. Nobody waits for it, and losing it loses no truth. */
@Injectable()
export class ScheduleAnnouncements {
  constructor(
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  changed(schedules: readonly ScheduleVersion[]): void {
    if (schedules.length === 0) return;
    this.bus.publish(
      schedules.map(({ tenantId, scheduleId, version }) => ({
        kind: 'scheduleChanged' as const,
        tenantId,
        scheduleId,
        version,
      })),
    );
  }

  /** Some schedule may be due sooner than pollers believe, or has a run that waits for its deliveries. */
  somethingToFire(): void {
    this.bus.publish([{ kind: 'schedulesChanged' }]);
  }

  /** Deliveries of these channels may go. */
  workAvailable(channelIds: readonly string[]): void {
    if (channelIds.length > 0) this.bus.publish([{ kind: 'workAvailable', channelIds: [...new Set(channelIds)] }]);
  }

  made(run: RunKey, channelId: string, deliveries: readonly MadeDelivery[]): void {
    this.deliveries(
      deliveries.map((delivery) => ({
        ...ids(run, channelId, delivery),
        previousStatus: null,
        status: delivery.status === 'pending' ? 'PENDING' : 'SUPPRESSED',
        version: 1,
      })),
    );
  }

  cancelled(run: RunKey, deliveries: readonly CancelledDelivery[]): void {
    this.deliveries(
      deliveries.map((delivery) => ({
        ...ids(run, delivery.channelId, delivery),
        previousStatus: apiStatusOf('pending', delivery.waitReason),
        status: 'CANCELLED',
        version: delivery.version,
      })),
    );
  }

  moved(campaign: RunKey & { readonly channelId: string; readonly deliveries: readonly MovedDelivery[] }): void {
    this.deliveries(
      campaign.deliveries.map((delivery) => ({
        ...ids(campaign, campaign.channelId, delivery),
        previousStatus: apiStatusOf('pending', delivery.waitReason),
        status: 'PENDING',
        version: delivery.version,
      })),
    );
  }

  requeued(tenantId: string, deliveries: readonly RequeuedDelivery[]): void {
    this.deliveries(
      deliveries.map((delivery) => ({
        ...ids({ tenantId, runId: delivery.runId, scheduleId: delivery.scheduleId }, delivery.channelId, delivery),
        previousStatus: apiStatusOf(delivery.previous, 'none'),
        status: 'PENDING',
        version: delivery.version,
      })),
    );
  }

  private deliveries(changes: readonly Omit<DeliveryChanged, 'kind' | 'atMs'>[]): void {
    if (changes.length === 0) return;
    const atMs = this.clock.nowMs();
    this.bus.publish(changes.map((change) => ({ kind: 'deliveryChanged' as const, ...change, atMs })));
  }
}

function ids(run: RunKey, channelId: string, delivery: { readonly id: string; readonly contactId: string }) {
  const { tenantId, scheduleId, runId } = run;
  return { tenantId, deliveryId: delivery.id, scheduleId, channelId, runId, contactId: delivery.contactId };
}
