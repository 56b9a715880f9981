import { Injectable } from '@nestjs/common';
import { ALL_WEEKDAYS } from '../../../core/openings/daily-window.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, invalid, notFound, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { Database } from '../../../platform/database/database.js';
import { isId, newId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { RateLimitService } from '../../rate-limit/index.js';
import type { ChannelRow } from '../persistence/channel.entity.js';
import { ChannelsRepository, type ChannelChanges, type SealedChannel } from '../persistence/channels.repository.js';
import { ChannelDefaults } from './channel-defaults.js';
import { ChannelSettings } from './channel-settings.js';
import { lanePolicyOf } from './channels.service.js';
import { CHANNEL_STATUS } from '../channel-status.js';
import {
  checkChannelName,
  checkOneGateway,
  checkRateLimit,
  checkSameGateway,
  checkSendingHours,
  givenSettings,
  type ChannelInput,
} from './check-channel.js';

/** Makes and changes channels. */
@Injectable()
export class ChannelEditingService {
  constructor(
    private readonly database: Database,
    private readonly channels: ChannelsRepository,
    private readonly settings: ChannelSettings,
    private readonly defaults: ChannelDefaults,
    private readonly rateLimits: RateLimitService,
  ) {}

  /** `unreadable`: what the API could not read of the input. */
  async create(
    scope: TenantScope,
    input: ChannelInput & { readonly name: string },
    unreadable: readonly Violation[],
  ): Promise<Result<ChannelRow, Refusal>> {
    const name = checkChannelName(input.name);
    const given = givenSettings(input);
    const settings = given.map((one) => this.settings.check(one));
    const rate = checkRateLimit(input.rateLimit ?? this.defaults.rateLimit());
    const hours = checkSendingHours(input);
    const violations = [
      ...unreadable,
      ...name.violations,
      ...checkOneGateway(given),
      ...settings.flatMap((one) => one.violations),
      ...rate.violations,
      ...hours.violations,
    ];
    const gateway = settings[0];
    if (violations.length > 0 || !gateway) return err(invalid(violations));
    const id = newId();
    const timeZone = typeof input.timeZone === 'string' ? input.timeZone : await this.defaults.timeZone(scope);
    await this.database.transaction(async (tx) => {
      await this.channels.insert(tx, {
        tenantId: scope.tenantId,
        id,
        name: name.name,
        gateway: gateway.kind,
        status: CHANNEL_STATUS.ACTIVE,
        statusReason: null,
        ...this.settings.toStored(scope.tenantId, id, gateway),
        timeZone,
        sendingFromMinute: null,
        sendingToMinute: null,
        sendingWeekdays: [...ALL_WEEKDAYS],
        ...hours.columns,
        ...rate.rate,
      });
      await this.rateLimits.createLane(tx, scope, id);
    });
    return this.reread(scope, id);
  }

  async update(
    scope: TenantScope,
    id: string,
    input: ChannelInput,
    unreadable: readonly Violation[],
  ): Promise<Result<ChannelRow, Refusal>> {
    if (!isId(id)) return err(notFound('channel', id));
    const tenantZone = await this.defaults.timeZone(scope);
    const refusal = await this.database.transaction(async (tx) => {
      const channel = await this.channels.lockLive(tx, scope, id);
      if (!channel) return notFound('channel', id);
      const { changes, violations } = this.changesOf(channel, input, tenantZone);
      if (unreadable.length + violations.length > 0) return invalid([...unreadable, ...violations]);
      if (Object.keys(changes).length === 0) return undefined;
      await this.channels.updateLocked(tx, scope, id, changes);
      // What waits for the old limits or hours may go earlier under the new ones.
      const [from, to] = [lanePolicyOf(channel).quota, lanePolicyOf({ ...channel, ...changes }).quota];
      await this.rateLimits.changeQuota(tx, scope, id, from, to);
      await this.rateLimits.wakeLane(tx, scope, id);
      return undefined;
    });
    if (refusal) return err(refusal);
    this.rateLimits.announceWork(id);
    return this.reread(scope, id);
  }

  /** Nothing further is handed to the gateway. Pausing a paused channel returns it as it is. */
  async pause(scope: TenantScope, id: string): Promise<Result<ChannelRow, Refusal>> {
    if (!isId(id)) return err(notFound('channel', id));
    const from = [CHANNEL_STATUS.ACTIVE, CHANNEL_STATUS.DISCONNECTED];
    const reason = `Paused by ${scope.actor}.`;
    await this.channels.changeStatus(this.database, scope.tenantId, id, from, CHANNEL_STATUS.PAUSED, reason);
    return this.reread(scope, id);
  }

  /** Deliveries go again. Resuming an active channel returns it as it is. */
  async resume(scope: TenantScope, id: string): Promise<Result<ChannelRow, Refusal>> {
    if (!isId(id)) return err(notFound('channel', id));
    const from = [CHANNEL_STATUS.PAUSED, CHANNEL_STATUS.DISCONNECTED];
    await this.database.transaction(async (tx) => {
      const changed = await this.channels.changeStatus(tx, scope.tenantId, id, from, CHANNEL_STATUS.ACTIVE, null);
      if (changed) await this.rateLimits.wakeLane(tx, scope, id);
    });
    this.rateLimits.announceWork(id);
    return this.reread(scope, id);
  }

  /** Refused while anything still needs the channel. What it sent stays in the log; its secrets are gone. */
  async delete(scope: TenantScope, id: string): Promise<Result<true, Refusal>> {
    if (!isId(id)) return err(notFound('channel', id));
    return this.database.transaction(async (tx): Promise<Result<true, Refusal>> => {
      const channel = await this.channels.lockLive(tx, scope, id);
      if (!channel) return err(notFound('channel', id));
      const use = await this.channels.useOf(tx, scope, id);
      if (use.openSchedules > 0 || use.hasWaitingDeliveries) {
        const message = 'The channel still has schedules that are not finished or deliveries that wait.';
        return err(conflict(message, { status: channel.status, version: channel.version, ...use }));
      }
      await this.channels.deleteLocked(tx, scope, id);
      return ok(true);
    });
  }

  private changesOf(
    channel: SealedChannel,
    input: ChannelInput,
    tenantZone: string,
  ): { readonly changes: ChannelChanges; readonly violations: readonly Violation[] } {
    const changes: ChannelChanges = {};
    const given = givenSettings(input);
    const violations: Violation[] = [...checkSameGateway(channel.gateway, given)];
    if (input.name !== undefined) {
      const checked = checkChannelName(input.name);
      violations.push(...checked.violations);
      changes.name = checked.name;
    }
    if (input.timeZone !== undefined) {
      changes.timeZone = typeof input.timeZone === 'string' ? input.timeZone : tenantZone;
    }
    const own = given.find(({ kind }) => kind === channel.gateway);
    if (own) {
      const checked = this.settings.checkReplacement(channel, own);
      violations.push(...checked.violations);
      Object.assign(changes, this.settings.toStored(channel.tenantId, channel.id, checked));
    }
    if (input.rateLimit !== undefined) {
      const { rate, violations: wrong } = checkRateLimit(input.rateLimit ?? this.defaults.rateLimit());
      violations.push(...wrong);
      Object.assign(changes, rate);
    }
    const hours = checkSendingHours(input);
    violations.push(...hours.violations);
    Object.assign(changes, hours.columns);
    return { changes, violations };
  }

  private async reread(scope: TenantScope, id: string): Promise<Result<ChannelRow, Refusal>> {
    const channel = await this.channels.findLive(scope, id);
    return channel ? ok(channel) : err(notFound('channel', id));
  }
}
