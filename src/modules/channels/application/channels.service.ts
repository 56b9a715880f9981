import { Injectable } from '@nestjs/common';
import type { GatewaySettings } from '../../../core/gateway/gateway-factory.js';
import type { GatewayKind } from '../../../core/gateway/message-gateway.js';
import { openingHoursOf } from '../../../core/openings/sending-hours.js';
import { makeLanePolicy, type LanePolicy } from '../../../core/rate-limit/lane.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { notFound, type Refusal } from '../../../core/values/refusal.js';
import { isId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { errorFacts, Logger } from '../../../platform/logging/logger.js';
import { RateLimitService, type RateLimitStatus } from '../../rate-limit/index.js';
import type { ChannelRow } from '../persistence/channel.entity.js';
import { ChannelsRepository, type SealedChannel } from '../persistence/channels.repository.js';
import { ChannelSettings } from './channel-settings.js';
import { CHANNEL_STATUS, type ChannelStatus } from '../channel-status.js';
import type { RatePolicy } from './check-channel.js';

/** What a dispatcher has to know of a channel. */
export interface ChannelSendingProfile {
  readonly tenantId: string;
  readonly id: string;
  /** Rises with every change. */
  readonly version: number;
  readonly gateway: GatewayKind;
  /** PAUSED also when the channel cannot be used, see `problem`. */
  readonly status: ChannelStatus;
  /** Complete, with the secrets in plain text; empty when there is a problem. */
  readonly settings: GatewaySettings;
  readonly rate: RatePolicy;
  /** IANA zone of the daily cap. */
  readonly timeZone: string;
  /** Why the secrets cannot be read, for an operator; null when they can. */
  readonly problem: string | null;
}

/** Reads channels, for this feature's API and for the features that send through them. */
@Injectable()
export class ChannelsService {
  constructor(
    private readonly channels: ChannelsRepository,
    private readonly settings: ChannelSettings,
    private readonly rateLimits: RateLimitService,
    private readonly logger: Logger,
  ) {}

  async find(scope: TenantScope, id: string): Promise<ChannelRow | null> {
    return isId(id) ? this.channels.findLive(scope, id) : null;
  }

  /** Channels by id, deleted ones too: the log still tells which channel a delivery went through. */
  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, ChannelRow>> {
    return this.channels.findMany(scope, ids.filter(isId));
  }

  /** All live ones, the oldest first. */
  list(scope: TenantScope): Promise<ChannelRow[]> {
    return this.channels.list(scope);
  }

  /** The tenant's only channel; null when there is none, and when there are several to choose from. */
  async defaultChannel(scope: TenantScope): Promise<ChannelRow | null> {
    const channels = await this.channels.list(scope, 2);
    return channels.length === 1 ? (channels[0] ?? null) : null;
  }

  /**
   * Whether the channel exists and is not deleted. If so, it cannot be deleted before the transaction ends: to be called
   * in the transaction that makes something depend on it.
   */
  async keepLive(tx: Sql, scope: TenantScope, id: string): Promise<boolean> {
    return isId(id) && this.channels.keepLive(tx, scope, id);
  }

  /** The live ones of the channels, of any tenant, in no order. */
  async sendingProfiles(sql: Sql, channelIds: readonly string[]): Promise<ChannelSendingProfile[]> {
    const rows = await this.channels.sendable(sql, channelIds);
    return rows.map((row) => this.toProfile(row));
  }

  /** The circuit breaker's finding: the channel is paused if it is active. True when it was active until now. */
  openCircuit(sql: Sql, tenantId: string, channelId: string, reason: string): Promise<boolean> {
    return this.channels.changeStatus(sql, tenantId, channelId, [CHANNEL_STATUS.ACTIVE], CHANNEL_STATUS.PAUSED, reason);
  }

  /** The limiters of channels, by channel id; unknown channels are left out. */
  async rateLimitStatuses(scope: TenantScope, channelIds: readonly string[]): Promise<Map<string, RateLimitStatus>> {
    const rows = await this.findMany(scope, channelIds);
    return this.rateLimits.status(
      scope,
      [...rows.values()].map((row) => ({ id: row.id, policy: lanePolicyOf(row), hours: openingHoursOf(row) })),
    );
  }

  async rateLimitStatus(scope: TenantScope, channelId: string): Promise<Result<RateLimitStatus, Refusal>> {
    const row = await this.find(scope, channelId);
    const status = row === null ? undefined : (await this.rateLimitStatuses(scope, [row.id])).get(row.id);
    return status === undefined ? err(notFound('channel', channelId)) : ok(status);
  }

  /** Fills a contact's bucket on a channel. */
  async resetContactRateLimit(
    scope: TenantScope,
    channelId: string,
    contactId: string,
  ): Promise<Result<RateLimitStatus, Refusal>> {
    const channel = await this.find(scope, channelId);
    if (channel === null) return err(notFound('channel', channelId));
    if (!isId(contactId) || !(await this.channels.contactExists(scope, contactId))) {
      return err(notFound('contact', contactId));
    }
    await this.rateLimits.resetContact(scope, channel.id, contactId);
    return this.rateLimitStatus(scope, channel.id);
  }

  private toProfile(row: SealedChannel): ChannelSendingProfile {
    const opened = this.openSettings(row);
    return {
      tenantId: row.tenantId,
      id: row.id,
      version: row.version,
      gateway: row.gateway,
      status: opened.problem === null ? row.status : CHANNEL_STATUS.PAUSED,
      settings: opened.settings,
      rate: ratePolicyOf(row),
      timeZone: row.timeZone,
      problem: opened.problem,
    };
  }

  /** One channel whose secrets cannot be read must not keep the others of a batch from sending. */
  private openSettings(row: SealedChannel): Pick<ChannelSendingProfile, 'settings' | 'problem'> {
    try {
      return { settings: this.settings.open(row), problem: null };
    } catch (error) {
      this.logger.error('channel.secrets-unreadable', { channelId: row.id, ...errorFacts(error) });
      return { settings: {}, problem: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** The limits of a channel as stored. */
export function ratePolicyOf(row: RatePolicy): RatePolicy {
  const { perMinute, burst, perContactPerMinute, perDay, minSpacingSeconds } = row;
  return { perMinute, burst, perContactPerMinute, perDay, minSpacingSeconds };
}

/** The limits of a channel as its lane computes with them; they were checked when they were stored. */
export function lanePolicyOf(rate: RatePolicy): LanePolicy {
  const policy = makeLanePolicy(ratePolicyOf(rate));
  if (!policy.ok) throw new Error(`a stored rate limit is not valid: ${JSON.stringify(policy.error)}`);
  return policy.value;
}
