import { Injectable } from '@nestjs/common';
import { dayNumberAt, dayNumberOfText } from '../../../core/openings/openings.js';
import { openingHoursOf, sendingHoursOf } from '../../../core/openings/sending-hours.js';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import { busyBlocks, type BusyBlock } from '../../../core/planning/busy-blocks.js';
import { stepOfWindow } from '../../../core/planning/campaign-day.js';
import { campaignSpacingMs, leavesNoMoment, type ChannelPace } from '../../../core/planning/channel-load.js';
import { campaignHours, CAMPAIGN_HORIZON_DAYS } from '../../../core/planning/check-campaign.js';
import type { CampaignPlan, DailyCap } from '../../../core/planning/campaign-plan.js';
import type { Reservation } from '../../../core/planning/free-time.js';
import { planCampaign } from '../../../core/planning/plan-campaign.js';
import type { DayNumber } from '../../../core/recurrence/civil-date.js';
import { toLocal, type TimeZone } from '../../../core/recurrence/time-zone.js';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import { lanePolicyOf } from '../../channels/index.js';
import {
  PlanningRepository,
  type ContactInstant,
  type PlannedChannel,
  type ReservedSlot,
} from '../persistence/planning.repository.js';
import { zoneOf } from './schedule-columns.js';
import { upcomingLoad } from './upcoming-load.js';

/** A campaign, or what is left of one, for which instants are wanted. */
export interface CampaignToPlan {
  readonly tenantId: string;
  readonly channelId: string;
  readonly settings: CampaignSettings;
  readonly timeZone: string;
  readonly respectsRateLimit: boolean;
  /** Contacts in the order of the audience. */
  readonly recipients: readonly string[];
  /** No instant is earlier. */
  readonly from: EpochMs;
  /** 0 for the first plan of a campaign; each later one has randomness of its own. */
  readonly planNumber: number;
  /** Deliveries that give up the instants that they have. */
  readonly replaces: ReadonlySet<string>;
  /** Instants of the campaign's other deliveries: they count against its messages a day. */
  readonly used: readonly EpochMs[];
}

/** A plan with what it was made for. */
export interface MadePlan extends CampaignPlan {
  readonly spacingMs: DurationMs;
  readonly channel: PlannedChannel;
  /** Schedules of the channel that leave it no moment. */
  readonly densest: number;
}

/** How long a contact does not get the minute of the day again that it had. */
const MINUTE_RULE_DAYS = 31;
const MS_PER_DAY = 86_400_000;

/**
 * Plans campaigns around everything else that is planned on their channel. What is shown before a campaign is made, what
 * is made, and what is planned anew later all come from here.
 */
@Injectable()
export class CampaignPlanner {
  constructor(private readonly repository: PlanningRepository) {}

  /** Keeps other plans of the channel out until the transaction ends. */
  lock(tx: Sql, channelId: string): Promise<void> {
    return this.repository.lockPlanning(tx, channelId);
  }

  async plan(sql: Sql, campaign: CampaignToPlan): Promise<MadePlan> {
    const { tenantId, channelId, settings, replaces, recipients } = campaign;
    const zone = requireZone(campaign.timeZone);
    const channel = await this.repository.channel(sql, tenantId, channelId);
    const pace: ChannelPace = { quota: lanePolicyOf(channel).quota, minSpacingSeconds: channel.minSpacingSeconds };
    const spacingMs = campaignSpacingMs(settings.minSpacingSeconds, pace, campaign.respectsRateLimit);
    const from = Math.max(campaign.from, Math.ceil(channel.heldUntilUs / 1_000));
    const startsOn = Math.max(dayNumberOfText(settings.startsOn), dayNumberAt(zone, from));
    const lastDay = startsOn + CAMPAIGN_HORIZON_DAYS;
    const channelZone = requireZone(channel.timeZone);
    const horizon = new Date(from + (lastDay - dayNumberAt(zone, from) + 1) * MS_PER_DAY);
    const isKept = ({ deliveryId }: { readonly deliveryId: string }): boolean => !replaces.has(deliveryId);
    const reserved = (await this.repository.reserved(sql, channelId, new Date(from - MS_PER_DAY))).filter(isKept);
    const backlogs = await this.repository.backlogs(sql, channelId, new Date(from));
    const upcoming = await this.repository.upcoming(sql, tenantId, channelId, horizon);
    const taken = takenOfCap(channelZone, channel, reserved);
    const cap = (used: Map<DayNumber, number>): DailyCap | null =>
      channel.perDay === null ? null : { zone: channelZone, perDay: channel.perDay, used };
    const blocks = busyBlocks([...backlogs, ...(await upcomingLoad(upcoming, spacingMs, horizon.getTime()))], {
      pace,
      hours: openingHoursOf(channel),
      dailyCap: cap(taken),
      fromMs: from,
      endMs: horizon.getTime(),
      roundMs: stepOfWindow(settings),
    });
    const since = new Date(from - MINUTE_RULE_DAYS * MS_PER_DAY);
    const instants = (await this.repository.contactInstants(sql, tenantId, channelId, recipients, since)).filter(
      isKept,
    );
    const plan = planCampaign({
      hours: campaignHours(settings, zone),
      channelHours: sendingHoursOf(channel),
      fromMs: from,
      startsOn,
      lastDay,
      maxPerDay: settings.maxPerDay,
      usedPerDay: countByDay(zone, campaign.used),
      dailyCap: cap(withBlocks(channelZone, taken, blocks)),
      spacingMs,
      reservations: reservationsOf(channel, reserved, blocks),
      recipients,
      minutes: { zone: channelZone, taken: minutesByContact(channelZone, instants) },
      seed: campaign.planNumber === 0 ? settings.seed : `${settings.seed}#${campaign.planNumber}`,
    });
    const densest = upcoming.filter((schedule) => leavesNoMoment(schedule, pace, spacingMs)).length;
    return { ...plan, spacingMs, channel, densest };
  }
}

function requireZone(name: string): TimeZone {
  const zone = zoneOf(name);
  if (zone === null) throw new Error(`a stored time zone is not known to this runtime: ${name}`);
  return zone;
}

function reservationsOf(
  channel: PlannedChannel,
  reserved: readonly ReservedSlot[],
  blocks: readonly BusyBlock[],
): Reservation[] {
  const lastTakenMs = Math.ceil(channel.lastTakenUs / 1_000);
  return [
    { atMs: lastTakenMs, untilMs: lastTakenMs, spacingMs: 0 },
    ...reserved.map(({ atMs, spacingSeconds }) => ({ atMs, untilMs: atMs, spacingMs: spacingSeconds * 1_000 })),
    ...blocks.map(({ atMs, untilMs }) => ({ atMs, untilMs, spacingMs: 0 })),
  ];
}

/** What of the channel's messages a day has gone or has its instant, by its local date. */
function takenOfCap(
  zone: TimeZone,
  channel: PlannedChannel,
  reserved: readonly ReservedSlot[],
): Map<DayNumber, number> {
  const used = countByDay(
    zone,
    reserved.map(({ atMs }) => atMs),
  );
  if (channel.day !== null) add(used, dayNumberOfText(channel.day), channel.sentToday);
  return used;
}

function withBlocks(
  zone: TimeZone,
  taken: ReadonlyMap<DayNumber, number>,
  blocks: readonly BusyBlock[],
): Map<DayNumber, number> {
  const used = new Map(taken);
  for (const { atMs, count } of blocks) add(used, dayNumberAt(zone, atMs), count);
  return used;
}

function minutesByContact(zone: TimeZone, instants: readonly ContactInstant[]): Map<string, Set<number>> {
  const taken = new Map<string, Set<number>>();
  for (const { contactId, atMs } of instants) {
    const { hour, minute } = toLocal(zone, atMs);
    const minutes = taken.get(contactId);
    if (minutes) minutes.add(hour * 60 + minute);
    else taken.set(contactId, new Set([hour * 60 + minute]));
  }
  return taken;
}

function countByDay(zone: TimeZone, instants: readonly EpochMs[]): Map<DayNumber, number> {
  const counts = new Map<DayNumber, number>();
  for (const at of instants) add(counts, dayNumberAt(zone, at), 1);
  return counts;
}

function add(counts: Map<DayNumber, number>, day: DayNumber, count: number): void {
  counts.set(day, (counts.get(day) ?? 0) + count);
}
