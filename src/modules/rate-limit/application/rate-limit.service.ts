import { Injectable } from '@nestjs/common';
import { changeQuota } from '../../../core/rate-limit/gcra.js';
import type { OpeningHours } from '../../../core/openings/openings.js';
import { UNUSED_LANE, type LanePolicy } from '../../../core/rate-limit/lane.js';
import { laneStatus, type LaneStatus } from '../../../core/rate-limit/lane-status.js';
import type { Quota } from '../../../core/rate-limit/quota.js';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import { ContactRatesRepository } from '../persistence/contact-rates.repository.js';
import { databaseNowUs, LanesRepository } from '../persistence/lanes.repository.js';

/** What the limiter needs to know of a channel. */
export interface LimitedChannel {
  readonly id: string;
  readonly policy: LanePolicy;
  /** When it sends; its zone's calendar days are those that the daily cap counts. */
  readonly hours: OpeningHours;
}

/** A channel's limiter in the words of people. */
export interface RateLimitStatus extends LaneStatus {
  readonly channelId: string;
  readonly activeContactBuckets: number;
}

const UNUSED = { state: UNUSED_LANE, heldUntilUs: 0 };

@Injectable()
export class RateLimitService {
  constructor(
    private readonly database: Database,
    private readonly lanes: LanesRepository,
    private readonly contacts: ContactRatesRepository,
    private readonly bus: EventBus,
  ) {}

  /** Gives a new channel its lane. */
  createLane(sql: Sql, scope: TenantScope, channelId: string): Promise<void> {
    return this.lanes.insert(sql, scope, channelId);
  }

  /** Makes the dispatchers look at the channel again: its limits changed, or it was resumed. */
  wakeLane(sql: Sql, scope: TenantScope, channelId: string): Promise<void> {
    return this.lanes.wake(sql, scope, channelId);
  }

  /** Tells the dispatchers to look at the channel now instead of at their next poll; for after the commit. */
  announceWork(channelId: string): void {
    this.bus.publish([{ kind: 'workAvailable', channelIds: [channelId] }]);
  }

  /** Carries the bucket over to new limits; without it a channel that was made faster would still wait out the old rate. */
  async changeQuota(tx: Sql, scope: TenantScope, channelId: string, from: Quota, to: Quota): Promise<void> {
    const lane = await this.lanes.lock(tx, scope, channelId);
    if (!lane) return;
    const tatUs = changeQuota(from, to, lane.state.tatUs, await databaseNowUs(tx));
    await this.lanes.setTat(tx, lane, tatUs);
  }

  /** The limiters of several channels of the tenant, by channel id. */
  async status(scope: TenantScope, channels: readonly LimitedChannel[]): Promise<Map<string, RateLimitStatus>> {
    const ids = channels.map((channel) => channel.id);
    const [lanes, nowUs] = await Promise.all([
      this.lanes.find(this.database, scope, ids),
      databaseNowUs(this.database),
    ]);
    const active = await this.contacts.countActive(this.database, scope, ids, nowUs);
    return new Map(
      channels.map((channel) => [
        channel.id,
        {
          ...laneStatus({ ...channel, ...(lanes.get(channel.id) ?? UNUSED) }, nowUs),
          channelId: channel.id,
          activeContactBuckets: active.get(channel.id) ?? 0,
        },
      ]),
    );
  }

  /** Fills one contact's bucket on a channel; what waited for it may go at once. */
  async resetContact(scope: TenantScope, channelId: string, contactId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.contacts.reset(tx, scope, channelId, contactId);
      await this.lanes.wake(tx, scope, channelId);
    });
    this.announceWork(channelId);
  }
}
