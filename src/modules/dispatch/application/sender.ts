import { setMaxListeners } from 'node:events';
import { Injectable } from '@nestjs/common';
import type { OpenGateway } from '../../../core/gateway/gateway-factory.js';
import type { CallOutcome } from '../../../core/dispatch/decide-outcome.js';
import { isPermitAlive, PERMIT_LIFE_MS } from '../../../core/dispatch/permit-life.js';
import { Clock } from '../../../platform/clock/clock.js';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { ChannelGateways } from './channel-gateways.js';
import type { ClaimedDelivery, IntendedDelivery } from '../dispatch-types.js';
import type { CallResult } from './outcomes.js';

/** A lease lasts this much longer than the call that it covers. */
const LEASE_MARGIN_MS = 15_000;

/** An adapter that does not settle by its own time-out gets this long before its call is taken for uncertain. */
const OVERTIME_MS = 5_000;

/** Makes the calls: one call an intent, with a hard end, and never an exception. */
@Injectable()
export class Sender {
  private readonly controller = new AbortController();

  constructor(
    private readonly gateways: ChannelGateways,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {
    // Every call listens to the one signal; there are as many as there are calls.
    setMaxListeners(0, this.controller.signal);
  }

  /** Opens the gateways of a claimed batch. */
  async open(batch: readonly ClaimedDelivery[]): Promise<void> {
    await this.gateways.ensure(new Map(batch.map((delivery) => [delivery.channelId, delivery.channelVersion])));
  }

  /** How many calls of a channel may be under way at once; undefined while its gateway is not open. */
  maxConcurrentCalls(channelId: string): number | undefined {
    return this.gateways.get(channelId, 0)?.capabilities.maxConcurrentCalls;
  }

  /** How long the leases of deliveries must last whose calls are about to begin. */
  leaseMs(batch: readonly ClaimedDelivery[]): number {
    const timeouts = batch.map((delivery) => this.gateways.get(delivery.channelId, 0)?.capabilities.callTimeoutMs ?? 0);
    return Math.max(...timeouts) + PERMIT_LIFE_MS + OVERTIME_MS + LEASE_MARGIN_MS;
  }

  async call(delivery: IntendedDelivery): Promise<CallResult> {
    const gateway = this.gateways.get(delivery.channelId, 0);
    const startedMs = this.clock.monotonicMs();
    if (!gateway || this.controller.signal.aborted || !isPermitAlive(delivery.claimedAtMs, startedMs)) {
      return this.result(delivery, gateway, { kind: 'notCalled' }, null);
    }
    const outcome = await this.bounded(gateway, delivery);
    return this.result(delivery, gateway, outcome, this.clock.monotonicMs() - startedMs);
  }

  /** Gives an intent back that was never called. */
  notCalled(delivery: IntendedDelivery): CallResult {
    return this.result(delivery, this.gateways.get(delivery.channelId, 0), { kind: 'notCalled' }, null);
  }

  /** Ends the calls that are under way; what is not known of them becomes uncertain. */
  abort(): void {
    this.controller.abort();
  }

  /** Resolves when no gateway runs any more. */
  async close(): Promise<void> {
    await this.gateways.close();
  }

  private async bounded(gateway: OpenGateway, delivery: IntendedDelivery): Promise<CallOutcome> {
    let timer: NodeJS.Timeout | undefined;
    const overtime = new Promise<CallOutcome>((resolve) => {
      const endMs = gateway.capabilities.callTimeoutMs + OVERTIME_MS;
      timer = setTimeout(
        () => resolve({ kind: 'uncertain', reason: 'The gateway adapter did not answer in time.' }),
        endMs,
      );
    });
    try {
      return await Promise.race([
        gateway.send({ ...delivery.command, attempt: delivery.attempt }, this.controller.signal),
        overtime,
      ]);
    } catch (error) {
      this.logger.error('gateway.adapter-failed', {
        channelId: delivery.channelId,
        deliveryId: delivery.deliveryId,
        ...errorFacts(error),
      });
      return { kind: 'uncertain', reason: 'The gateway adapter failed.' };
    } finally {
      clearTimeout(timer);
    }
  }

  private result(
    delivery: IntendedDelivery,
    gateway: OpenGateway | undefined,
    outcome: CallOutcome,
    durationMs: number | null,
  ): CallResult {
    return {
      tenantId: delivery.tenantId,
      deliveryId: delivery.deliveryId,
      scheduleId: delivery.scheduleId,
      runId: delivery.runId,
      channelId: delivery.channelId,
      contactId: delivery.contactId,
      token: delivery.token,
      attempt: delivery.attempt,
      attemptsBefore: delivery.attemptsBefore,
      doubted: delivery.doubted,
      guarantee: delivery.guarantee,
      retryPolicy: delivery.retryPolicy,
      idempotentGateway: gateway?.capabilities.honoursIdempotencyKey ?? false,
      settleMs: settleMs(gateway),
      rememberGatewayId:
        gateway !== undefined && gateway.capabilities.reportsStatus && !gateway.capabilities.echoesDeliveryId,
      outcome,
      durationMs,
      knownAtMs: this.clock.monotonicMs(),
      text: delivery.command.text,
      to: delivery.command.to,
      variation: delivery.variationUsed,
      nicknameUsed: delivery.nicknameUsed,
    };
  }
}

/** After a call of this gateway nothing more can happen, but a receipt may come. */
const RECEIPTS_MS = 15_000;

/** Assumed of a gateway that is not open in this process. */
const UNKNOWN_TIMEOUT_MS = 60_000;

/** See CallFacts: the longest call and the time for its receipts. */
export function settleMs(gateway: OpenGateway | undefined): number {
  return (gateway?.capabilities.callTimeoutMs ?? UNKNOWN_TIMEOUT_MS) + RECEIPTS_MS;
}
