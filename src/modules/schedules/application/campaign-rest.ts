import { Injectable } from '@nestjs/common';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import type { Sql } from '../../../platform/database/sql.js';
import { AudienceRepository } from '../persistence/audience.repository.js';
import {
  ReplanningRepository,
  type Rest,
  type RunningCampaign,
  type WaitingDelivery,
} from '../persistence/replanning.repository.js';
import type { Obstacle } from '../persistence/obstacle-words.js';
import type { RunKey, ScheduleKey } from '../persistence/run-key.js';
import { CampaignPlanner, type MadePlan } from './campaign-planner.js';

/** What of a campaign is to be planned, and how: as it is stored, or as somebody wonders. */
export interface RestToPlan {
  readonly run: RunKey;
  readonly campaign: RunningCampaign;
  readonly rest: Rest;
  readonly settings: CampaignSettings;
  readonly timeZone: string;
  readonly respectsRateLimit: boolean;
  /** Takes the deliveries for itself, to move them. */
  readonly isLocking: boolean;
}

/** A plan for deliveries that exist. */
export interface PlanOfRest {
  readonly waiting: readonly WaitingDelivery[];
  readonly plan: MadePlan;
}

const MS_PER_DAY = 86_400_000;

/** Plans what of a running campaign has not gone; the rest of it is reserved as it is. */
@Injectable()
export class CampaignRest {
  constructor(
    private readonly repository: ReplanningRepository,
    private readonly planner: CampaignPlanner,
    private readonly audiences: AudienceRepository,
  ) {}

  /** The run of a campaign that is under way, as it is now; undefined before it is planned and after it ended. */
  async find(sql: Sql, schedule: ScheduleKey): Promise<{ run: RunKey; campaign: RunningCampaign } | undefined> {
    const run = await this.repository.runOf(sql, schedule);
    const campaign = run && (await this.repository.read(sql, run));
    return run && campaign && { run, campaign };
  }

  /** Who of those that wait has become unreachable, and why: they keep their instants, and get nothing when these come. */
  unreachable(sql: Sql, { tenantId }: RunKey, waiting: readonly WaitingDelivery[]): Promise<Map<string, Obstacle>> {
    const contactIds = waiting.map(({ contactId }) => contactId);
    return this.audiences.obstacles(sql, tenantId, contactIds);
  }

  async plan(sql: Sql, wanted: RestToPlan): Promise<PlanOfRest> {
    const { run, campaign, rest, settings, timeZone, respectsRateLimit } = wanted;
    const waiting = await this.repository.waiting(sql, run, rest, wanted.isLocking);
    const replaces = new Set(waiting.map((delivery) => delivery.id));
    const yesterday = new Date(campaign.now - MS_PER_DAY);
    const plan = await this.planner.plan(sql, {
      tenantId: run.tenantId,
      channelId: campaign.channelId,
      settings,
      timeZone,
      respectsRateLimit,
      recipients: waiting.map((delivery) => delivery.contactId),
      from: campaign.now,
      planNumber: campaign.planNumber + 1,
      replaces,
      used: await this.repository.others(sql, run, replaces, yesterday),
    });
    return { waiting, plan };
  }
}
