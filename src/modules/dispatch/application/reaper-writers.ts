import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import type { AbandonedDelivery } from '../persistence/leases.repository.js';
import { ChannelGateways } from './channel-gateways.js';
import { Outcomes, type CallResult } from './outcomes.js';
import { Releases, type Ending } from './releases.js';
import { settleMs } from './sender.js';

/** Writes what becomes of abandoned deliveries, by the same rules and statements as their own worker would. */
@Injectable()
export class ReaperWriters {
  constructor(
    private readonly outcomes: Outcomes,
    private readonly releases: Releases,
    private readonly gateways: ChannelGateways,
  ) {}

  /** The returned function announces the changes; it is for after the commit. */
  async free(tx: Sql, abandoned: readonly AbandonedDelivery[], nowMs: number): Promise<() => void> {
    const sending = abandoned.filter((delivery) => delivery.state === 'sending');
    const claimed = abandoned.filter((delivery) => delivery.state === 'claimed');
    await this.gateways.ensure(new Map(sending.map((delivery) => [delivery.channelId, 0])));
    const recorded = await this.outcomes.write(
      tx,
      sending.map((delivery) => this.lost(delivery)),
      nowMs,
    );
    const released = await this.releases.write(tx, claimed.map(endingOf));
    return () => {
      recorded();
      released.announce();
    };
  }

  private lost(delivery: AbandonedDelivery): CallResult {
    const { channelId, token, attempt, attemptsBefore, guarantee, retryPolicy } = delivery;
    const { tenantId, deliveryId, scheduleId, runId, contactId } = delivery;
    return {
      tenantId,
      deliveryId,
      scheduleId,
      runId,
      channelId,
      contactId,
      token,
      attempt,
      attemptsBefore,
      guarantee,
      retryPolicy,
      idempotentGateway: this.gateways.get(channelId, 0)?.capabilities.honoursIdempotencyKey ?? false,
      doubted: true,
      settleMs: settleMs(this.gateways.get(channelId, 0)),
      rememberGatewayId: false,
      outcome: { kind: 'leaseExpired' },
      durationMs: null,
      knownAtMs: null,
      text: null,
      to: null,
      variation: null,
      nicknameUsed: null,
    };
  }
}

function endingOf({ tenantId, deliveryId, token, channelId, cancelRequested }: AbandonedDelivery): Ending {
  const held = { tenantId, deliveryId, token };
  if (cancelRequested)
    return {
      ...held,
      channelId,
      finish: [{ ...held, doubted: false, status: 'cancelled', errorCode: null, errorMessage: null }],
    };
  return { ...held, channelId, release: { ...held, delay: null } };
}
