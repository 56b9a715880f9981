import { Injectable } from '@nestjs/common';
import { sendingHoursOf } from '../../../core/openings/sending-hours.js';
import { checkCampaignRoom } from '../../../core/planning/campaign-room.js';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import { campaignSpacingMs } from '../../../core/planning/channel-load.js';
import type { TimeZone } from '../../../core/recurrence/time-zone.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Violation } from '../../../core/values/violation.js';
import type { Sql } from '../../../platform/database/sql.js';
import { lanePolicyOf, type ChannelRow } from '../../channels/index.js';
import { AudienceRepository, type NamedTargets } from '../persistence/audience.repository.js';
import { ReplanningRepository } from '../persistence/replanning.repository.js';
import type { ScheduleKey } from '../persistence/run-key.js';

/** A campaign that has to fit into the days that its settings and its channel leave it. */
export interface CampaignToFit {
  readonly settings: CampaignSettings;
  readonly channel: ChannelRow;
  /** null: it is not known, which is a violation of its own. */
  readonly zone: TimeZone | null;
  readonly respectsRateLimit: boolean;
  readonly now: EpochMs;
}

/** Says whether campaigns fit into a year, when they are made and when they are edited. */
@Injectable()
export class CampaignRoom {
  constructor(
    private readonly audiences: AudienceRepository,
    private readonly repository: ReplanningRepository,
  ) {}

  /** Of a campaign that is to be made for these targets. */
  async check(sql: Sql, tenantId: string, campaign: CampaignToFit, targets: NamedTargets): Promise<Violation[]> {
    return violationsOf(campaign, await this.audiences.count(sql, tenantId, targets));
  }

  /** Of one that exists: what has not gone of it. Nothing of it is asked before its audience was written down. */
  async checkRest(sql: Sql, schedule: ScheduleKey, campaign: CampaignToFit): Promise<Violation[]> {
    return violationsOf(campaign, await this.repository.countRest(sql, schedule));
  }
}

function violationsOf(campaign: CampaignToFit, recipients: number): Violation[] {
  const { settings, channel, zone, respectsRateLimit, now } = campaign;
  if (zone === null) return [];
  const pace = { quota: lanePolicyOf(channel).quota, minSpacingSeconds: channel.minSpacingSeconds };
  return checkCampaignRoom(settings, {
    zone,
    channelHours: sendingHoursOf(channel),
    spacingMs: campaignSpacingMs(settings.minSpacingSeconds, pace, respectsRateLimit),
    perDay: channel.perDay,
    now,
    recipients,
  });
}
