import { Injectable } from '@nestjs/common';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import type { PlanInSight } from '../../../core/planning/preview-warnings.js';
import type { TimeZone } from '../../../core/recurrence/time-zone.js';
import type { EpochMs } from '../../../core/values/time.js';
import { Database } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { AudienceRepository, type AudienceMember } from '../persistence/audience.repository.js';
import type { Obstacle } from '../persistence/obstacle-words.js';
import { CampaignPlanner } from './campaign-planner.js';
import { recipientsOf } from './campaign-writer.js';
import { instantsByZone } from './contact-instants.js';
import { LaneForecast } from './lane-forecast.js';
import type { CheckedRequest } from './schedule-request-checker.js';
import type { CreateScheduleRequest } from './schedule-request.js';

/** A plan with the time that the channel needs for it. */
export interface ForecastPlan {
  /** By instant; of equal ones in the order of the audience. */
  readonly planned: readonly { readonly contactId: string; readonly at: Date; readonly variation: number | null }[];
  readonly excluded: readonly { readonly contactId: string; readonly reason: Obstacle }[];
  readonly firstSendMs: EpochMs | null;
  readonly lastSendMs: EpochMs | null;
  readonly facts: Pick<PlanInSight, 'zone' | 'unplaced' | 'sameMinute' | 'localTimePassed' | 'spacing' | 'densest'>;
}

/** Plans what a checked request asks for, as the run that it would have plans it. */
@Injectable()
export class PlanForecast {
  constructor(
    private readonly database: Database,
    private readonly audiences: AudienceRepository,
    private readonly planner: CampaignPlanner,
    private readonly lane: LaneForecast,
  ) {}

  async plan(scope: TenantScope, request: CreateScheduleRequest, checked: CheckedRequest): Promise<ForecastPlan> {
    const { now, campaign } = checked;
    const dueMs = checked.nextRunAt ?? now;
    const targets = { contactIds: request.targetContactIds ?? [], groupIds: request.targetGroupIds ?? [] };
    const [due, made] = [new Date(dueMs), new Date(now)];
    const zones = request.perContactTimeZone
      ? await this.audiences.zonesOfTargets(this.database, scope.tenantId, targets)
      : [];
    const instants = instantsByZone(due, checked.timeZone, zones);
    const members = await this.audiences.ofTargets(this.database, scope.tenantId, targets, instants, due, made);
    const variationOf = variations(members, (checked.existing ?? checked.message)?.variations.length ?? 0);
    return campaign === null
      ? this.atOnce(scope, request, checked, members, dueMs, variationOf)
      : this.spread(scope, request, checked, campaign, members, variationOf);
  }

  private async spread(
    scope: TenantScope,
    request: CreateScheduleRequest,
    { now, timeZone, zone, channel }: CheckedRequest,
    settings: CampaignSettings,
    members: readonly AudienceMember[],
    variationOf: VariationOf,
  ): Promise<ForecastPlan> {
    const plan = await this.planner.plan(this.database, {
      tenantId: scope.tenantId,
      channelId: (channel as NonNullable<typeof channel>).id,
      settings,
      timeZone,
      respectsRateLimit: request.respectRateLimit ?? true,
      recipients: recipientsOf(members),
      from: now,
      planNumber: 0,
      replaces: new Set(),
      used: [],
    });
    const planned = plan.slots.map(({ contactId, atMs }) => ({
      contactId,
      at: new Date(atMs),
      variation: variationOf(contactId),
    }));
    const noRoom = plan.unplaced.map((contactId) => ({ contactId, reason: 'NO_ROOM' as const }));
    return {
      planned,
      excluded: [...excludedOf(members), ...noRoom],
      firstSendMs: plan.slots[0]?.atMs ?? null,
      lastSendMs: plan.slots.at(-1)?.atMs ?? null,
      facts: {
        zone: zone as TimeZone,
        unplaced: plan.unplaced.length,
        sameMinute: plan.sameMinute.length,
        localTimePassed: 0,
        spacing: { askedMs: settings.minSpacingSeconds * 1_000, plannedMs: plan.spacingMs },
        densest: plan.densest,
      },
    };
  }

  private async atOnce(
    scope: TenantScope,
    request: CreateScheduleRequest,
    { now, zone, channel }: CheckedRequest,
    members: readonly AudienceMember[],
    dueMs: EpochMs,
    variationOf: VariationOf,
  ): Promise<ForecastPlan> {
    const planned = members
      .filter((member) => member.obstacle === null)
      .map(({ contactId, localAtMs }) => ({
        contactId,
        at: new Date(localAtMs ?? dueMs),
        variation: variationOf(contactId),
      }))
      .sort((a, b) => a.at.getTime() - b.at.getTime());
    const sent = await this.lane.forecast(this.database, {
      tenantId: scope.tenantId,
      channelId: (channel as NonNullable<typeof channel>).id,
      now,
      instants: planned.map(({ at }) => at.getTime()),
      priority: request.priority ?? 0,
      respectsRateLimit: request.respectRateLimit ?? true,
    });
    return {
      planned,
      excluded: excludedOf(members),
      ...sent,
      facts: {
        zone: zone as TimeZone,
        unplaced: 0,
        sameMinute: 0,
        localTimePassed: members.filter((member) => member.obstacle === 'LOCAL_TIME_PASSED').length,
        spacing: null,
        densest: 0,
      },
    };
  }
}

type VariationOf = (contactId: string) => number | null;

/** The variations take turns over the whole audience, with those who get nothing; see writing deliveries. */
function variations(members: readonly AudienceMember[], count: number): VariationOf {
  if (count === 0) return () => null;
  const places = new Map(members.map((member, index) => [member.contactId, index]));
  return (contactId) => (places.get(contactId) as number) % count;
}

function excludedOf(members: readonly AudienceMember[]) {
  return members.flatMap(({ contactId, obstacle }) => (obstacle === null ? [] : [{ contactId, reason: obstacle }]));
}
