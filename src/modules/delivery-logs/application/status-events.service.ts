import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { StatusEvent } from '../../../core/gateway/send-outcome.js';
import { toStorable } from '../../../core/values/storable.js';
import type { Sql } from '../../../platform/database/sql.js';
import { isId } from '../../../platform/database/ids.js';
import type { BusSignal } from '../../../platform/events/event.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import {
  MAX_GATEWAY_MESSAGE_ID,
  ProviderEventsRepository,
  type DeliveryKey,
  type GatewayMessage,
} from '../persistence/provider-events.repository.js';
import { StatusEventApplier, type ArrivingEvent } from './status-event-applier.js';
import { StatusEventSweeper } from './status-event-sweeper.js';

/** Events that one transaction takes. */
const MAX_BATCH = 500;

/** Deliveries remembered because their events wait for a call of this or another process; past that the sweep finds them. */
const MAX_REMEMBERED = 10_000;

/** And past that time: most calls have ended by then, and while any is remembered all that other replicas tell is read. */
const REMEMBERED_MS = 60_000;

const MAX_ERROR_CODE = 100;
const MAX_ERROR_MESSAGE = 1_000;

/** What one caller handed over, and how it is told. */
interface Submission {
  readonly events: readonly ArrivingEvent[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Takes what providers report about messages. Events come late, more than once, out of order and before the answer to
 * the send itself: all of them are kept, each once, and what a delivery's events say together is its status.
 */
@Injectable()
export class StatusEventsService implements OnModuleInit, OnModuleDestroy {
  private readonly submissions: Submission[] = [];
  private writing: Promise<void> | undefined;
  private readonly waiting = new Set<string>();
  private stopListening: () => void = () => undefined;
  private forgetting: NodeJS.Timeout | undefined;

  constructor(
    private readonly applier: StatusEventApplier,
    private readonly sweeper: StatusEventSweeper,
    private readonly events: ProviderEventsRepository,
    private readonly bus: EventBus,
  ) {}

  onModuleInit(): void {
    const onEvent = (event: BusSignal): void => {
      // The call that an event waited for has ended: no need to wait for the sweep.
      if (
        event.kind === 'deliveryChanged' &&
        event.previousStatus === 'SENDING' &&
        this.waiting.delete(event.deliveryId)
      ) {
        this.sweeper.kick();
      }
    };
    this.stopListening = this.bus.onEvent(onEvent, () => this.waiting.size > 0);
  }

  async onModuleDestroy(): Promise<void> {
    this.stopListening();
    clearTimeout(this.forgetting);
    await this.writing;
  }

  /**
   * Stores events of a channel and lets them have their effect. Resolves when they are committed; after that a repetition
   * changes nothing. Events that come while others are being written go together in the next transaction.
   */
  receive(tenantId: string, channelId: string, events: readonly StatusEvent[]): Promise<void> {
    if (events.length === 0) return Promise.resolve();
    const arriving = events.map((event) => toArriving(tenantId, channelId, event));
    return new Promise((resolve, reject) => {
      this.submissions.push({ events: arriving, resolve, reject });
      this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
    });
  }

  /**
   * Lets the events that came before the end of a call have their effect. For whoever has recorded the end and committed
   * it; without it the next sweep does the same a few seconds later.
   */
  async applyWaiting(sql: Sql, deliveries: readonly DeliveryKey[]): Promise<void> {
    const waiting = await this.events.withWaitingEvents(sql, deliveries);
    const left = await this.applier.apply(waiting);
    if (left.length > 0) this.sweeper.kick();
  }

  /**
   * Remembers the provider's ids of messages, so that events without our own reference find their delivery. For gateways
   * that do not echo our reference, before the answer of the call is recorded. Doing it twice is doing it once.
   */
  async rememberGatewayMessages(sql: Sql, messages: readonly GatewayMessage[]): Promise<void> {
    await this.events.rememberGatewayMessages(sql, messages);
  }

  private async writeAll(): Promise<void> {
    while (this.submissions.length > 0) await this.write(this.takeBatch());
  }

  private takeBatch(): Submission[] {
    const batch: Submission[] = [];
    let size = 0;
    for (
      let next = this.submissions[0];
      next && (size === 0 || size + next.events.length <= MAX_BATCH);
      next = this.submissions[0]
    ) {
      batch.push(next);
      size += next.events.length;
      this.submissions.shift();
    }
    return batch;
  }

  /** One tenant's events that cannot be written must not take another's with them. */
  private async write(batch: readonly Submission[]): Promise<void> {
    try {
      this.note(await this.applier.store(batch.flatMap((submission) => submission.events)));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      const [only, ...others] = batch;
      if (only && others.length === 0) return only.reject(error);
      for (const submission of batch) await this.write([submission]);
    }
  }

  private note(unsettled: readonly DeliveryKey[]): void {
    if (unsettled.length === 0) return;
    if (this.waiting.size + unsettled.length > MAX_REMEMBERED) this.waiting.clear();
    for (const { deliveryId } of unsettled) this.waiting.add(deliveryId);
    this.forgetting ??= setTimeout(() => this.forget(), REMEMBERED_MS);
    // Those that were only locked for a moment are free again by now.
    this.sweeper.kick();
  }

  private forget(): void {
    this.forgetting = undefined;
    this.waiting.clear();
  }
}

function toArriving(tenantId: string, channelId: string, event: StatusEvent): ArrivingEvent {
  const { deliveryId, gatewayMessageId, errorCode, errorMessage } = event;
  return {
    tenantId,
    channelId,
    eventKey: event.eventKey,
    claimedDeliveryId: deliveryId !== undefined && isId(deliveryId) ? deliveryId.toLowerCase() : null,
    gatewayMessageId: gatewayMessageId === undefined ? null : toStorable(gatewayMessageId, MAX_GATEWAY_MESSAGE_ID),
    kind: event.kind,
    occurredAt: new Date(event.at),
    errorCode: errorCode === undefined ? null : toStorable(errorCode, MAX_ERROR_CODE),
    errorMessage: errorMessage === undefined ? null : toStorable(errorMessage, MAX_ERROR_MESSAGE),
  };
}
