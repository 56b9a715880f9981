import { Inject, Injectable } from '@nestjs/common';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import { checkCampaign } from '../../../core/planning/check-campaign.js';
import { sendingHoursOf } from '../../../core/openings/sending-hours.js';
import type { TimeZone } from '../../../core/recurrence/time-zone.js';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import { checkSchedule, MAX_TARGETS, withoutRefused } from '../../../core/scheduling/check-schedule.js';
import { checkPerContactTimeZone } from '../../../core/scheduling/contact-time.js';
import { checkConversationGateway } from '../../../core/scheduling/conversation-rules.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Violation } from '../../../core/values/violation.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { Database } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ChannelRow } from '../../channels/index.js';
import { checkMessage, type MessageDraft, type MessageRow } from '../../messages/index.js';
import { AudienceRepository } from '../persistence/audience.repository.js';
import { CampaignRoom } from './campaign-room.js';
import { databaseNow } from './database-now.js';
import { readRetryPolicy, zoneOf } from './schedule-columns.js';
import { ScheduleReferences } from './schedule-references.js';
import { seedOf, type CreateScheduleRequest } from './schedule-request.js';

/** A request that was checked as far as that goes without a transaction. */
export interface CheckedRequest {
  readonly violations: readonly Violation[];
  readonly now: EpochMs;
  readonly nextRunAt: EpochMs | null;
  readonly timeZone: string;
  /** null when the zone was refused. */
  readonly zone: TimeZone | null;
  readonly channel: ChannelRow | null;
  /** The message that the request names, if it names one. */
  readonly existing: MessageRow | null;
  /** The message that the request brings, if it brings one. */
  readonly message: MessageDraft | null;
  readonly retryPolicy: RetryPolicy | null;
  /** Of a campaign without violations. */
  readonly campaign: CampaignSettings | null;
}

/** Recipients of a plan that is shown: they are all in memory while it is. */
const MOST_PREVIEWED = 200_000;

/** Checks what a client asks for, whether it is to be made or only to be shown. */
@Injectable()
export class ScheduleRequestChecker {
  constructor(
    private readonly database: Database,
    private readonly references: ScheduleReferences,
    private readonly audiences: AudienceRepository,
    private readonly room: CampaignRoom,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /**
   * Everything that is known without locks, read on connections of their own before a transaction takes one. `raw` is
   * the input as it came, `shape` what was found wrong with it so far.
   */
  async check(
    scope: TenantScope,
    request: CreateScheduleRequest,
    raw: unknown,
    shape: readonly Violation[],
  ): Promise<CheckedRequest> {
    const { messageId, message } = request;
    const [now, profile, channel, existing] = await Promise.all([
      databaseNow(this.database),
      this.references.profile(scope),
      this.references.channel(scope, request.channelId ?? null),
      messageId ? this.references.message(scope, messageId) : { value: null, violations: [] },
    ]);
    const timeZone = request.timeZone ?? profile.timeZone;
    const isZoneRefused = shape.some((violation) => violation.field === 'input.timeZone');
    const zone = isZoneRefused ? null : zoneOf(timeZone);
    const timing = checkSchedule(draftOf(request), zone, now);
    const draft = message ? checkMessage(message, 'input.message') : null;
    const retry = readRetryPolicy(request.retryPolicy, this.config);
    const campaign = this.checkCampaign(request, raw, zone, channel.value, now);
    const meaning = [
      ...timing.violations,
      ...checkPerContactTimeZone(request.type, request.perContactTimeZone ?? false),
      ...campaign.violations,
      ...existing.violations,
      ...(draft?.ok === false ? draft.error : []),
      ...channel.violations,
      ...this.checkGateway(request, channel.value),
      ...retry.violations,
    ];
    return {
      violations: [...shape, ...withoutRefused(shape, meaning)],
      now,
      nextRunAt: timing.nextRunAt,
      timeZone,
      zone,
      channel: channel.value,
      existing: existing.value,
      message: draft?.ok === true ? draft.value : null,
      retryPolicy: retry.policy,
      campaign: campaign.settings,
    };
  }

  /** A violation for each target that does not exist. */
  async checkTargets(scope: TenantScope, request: CreateScheduleRequest): Promise<Violation[]> {
    const contactIds = (request.targetContactIds ?? []).slice(0, MAX_TARGETS);
    const groupIds = (request.targetGroupIds ?? []).slice(0, MAX_TARGETS);
    const field = 'input.targetContactIds';
    return [
      ...(await this.references.contactViolations(this.database, scope, field, contactIds)),
      ...(await this.references.groupViolations(this.database, scope, groupIds)),
    ];
  }

  /** A plan is shown whole or not at all: what is too large for that is refused. */
  async checkPreviewSize(scope: TenantScope, request: CreateScheduleRequest): Promise<Violation[]> {
    const targets = { contactIds: request.targetContactIds ?? [], groupIds: request.targetGroupIds ?? [] };
    const recipients = await this.audiences.count(this.database, scope.tenantId, targets);
    if (recipients <= MOST_PREVIEWED) return [];
    const message = `reach ${recipients} contacts; a preview shows at most ${MOST_PREVIEWED}`;
    return [{ field: 'input.targetGroupIds', rule: 'preview.tooLarge', message }];
  }

  /** Whether a campaign's audience fits into a year; of any other schedule nothing is asked. */
  async checkRoom(
    scope: TenantScope,
    request: CreateScheduleRequest,
    { campaign, zone, channel, now }: CheckedRequest,
    sql: Sql = this.database,
  ): Promise<Violation[]> {
    if (campaign === null || channel === null) return [];
    const respectsRateLimit = request.respectRateLimit ?? true;
    const toFit = { settings: campaign, channel, zone, respectsRateLimit, now };
    const targets = { contactIds: request.targetContactIds ?? [], groupIds: request.targetGroupIds ?? [] };
    return this.room.check(sql, scope.tenantId, toFit, targets);
  }

  private checkGateway(request: CreateScheduleRequest, channel: ChannelRow | null): Violation[] {
    return channel === null ? [] : checkConversationGateway(request, this.references.carriesConversations(channel));
  }

  private checkCampaign(
    request: CreateScheduleRequest,
    raw: unknown,
    zone: TimeZone | null,
    channel: ChannelRow | null,
    now: EpochMs,
  ) {
    if (request.type !== 'CAMPAIGN' || !request.campaign) return { violations: [], settings: null };
    const channelHours = channel === null ? null : sendingHoursOf(channel);
    return checkCampaign(request.campaign, { zone, channelHours, now, newSeed: seedOf(raw), present: null });
  }
}

function draftOf(request: CreateScheduleRequest) {
  return {
    ...request,
    hasMessageId: isGiven(request.messageId),
    hasMessage: isGiven(request.message),
    targetContactIds: request.targetContactIds ?? [],
    targetGroupIds: request.targetGroupIds ?? [],
    scheduledAt: request.scheduledAt?.getTime(),
    startsAt: request.startsAt?.getTime(),
    endsAt: request.endsAt?.getTime(),
  };
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined;
}
