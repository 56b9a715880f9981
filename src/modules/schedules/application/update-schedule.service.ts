import { Inject, Injectable } from '@nestjs/common';
import { checkTargets, MAX_TARGETS, withoutRefused } from '../../../core/scheduling/check-schedule.js';
import { checkRequiredText, checkText, normalisedText, TEXT_LIMITS } from '../../../core/scheduling/check-texts.js';
import {
  changesTiming,
  givenFields,
  refuseEdit,
  refuseNulls,
  type EditableField,
} from '../../../core/scheduling/edit-schedule.js';
import { checkPerContactTimeZone } from '../../../core/scheduling/contact-time.js';
import { checkConversation } from '../../../core/scheduling/conversation-rules.js';
import { currentOfSchedule } from '../../../core/scheduling/schedule-conflict.js';
import { sendingHoursOf } from '../../../core/openings/sending-hours.js';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, invalid, notFound, type Refusal } from '../../../core/values/refusal.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Violation } from '../../../core/values/violation.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ChannelRow } from '../../channels/index.js';
import { editedCampaign } from './campaign-edit.js';
import { CampaignRoom } from './campaign-room.js';
import { databaseNow } from './database-now.js';
import { ScheduleChanger } from './schedule-changer.js';
import { conflictFactsOf, readRetryPolicy, searchTextOf, zoneOf } from './schedule-columns.js';
import { ScheduleReferences } from './schedule-references.js';
import type { UpdateScheduleRequest } from './schedule-request.js';
import type { ScheduleRow } from './schedule-rows.js';
import { retime, type Retimed } from './retime-schedule.js';

/** An edit that was checked against the schedule that it is for. */
interface CheckedEdit {
  readonly violations: readonly Violation[];
  readonly timing: Retimed;
  /** null: the campaign, if it is one, stays as it is. */
  readonly campaign: CampaignSettings | null;
}

/** What was read for an edit before its transaction, which takes a connection of its own. */
interface ReadBefore {
  readonly violations: readonly Violation[];
  /** Of a campaign whose settings are edited. */
  readonly channel: ChannelRow | null;
}

/** Changes schedules. */
@Injectable()
export class UpdateScheduleService {
  constructor(
    private readonly database: Database,
    private readonly changer: ScheduleChanger,
    private readonly references: ScheduleReferences,
    private readonly room: CampaignRoom,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /**
   * Changes the given fields, all or none. What is refused because of the schedule's state comes before what is wrong
   * with the input, because the input was written for another state. Deliveries that wait follow the new priority,
   * deadline and respect for the rate limit.
   */
  async update(
    scope: TenantScope,
    id: string,
    request: UpdateScheduleRequest,
    expectedVersion: number | null,
    shape: readonly Violation[],
  ): Promise<Result<ScheduleRow, Refusal>> {
    if (!isId(id)) return err(notFound('schedule', id));
    const fields = givenFields(request);
    const before = await this.readBefore(scope, id, request, shape);
    const changed = await this.database.transaction(async (tx): Promise<Result<number, Refusal>> => {
      const found = await this.changer.lock(tx, scope, id);
      if (!found) return err(notFound('schedule', id));
      const { row, unfinished } = found;
      const facts = conflictFactsOf(row, unfinished.hasUnfinishedRun);
      const { type, perContactTimeZone } = row;
      const reason = refuseEdit({ ...facts, ...unfinished, type, perContactTimeZone }, fields, expectedVersion);
      if (reason !== null) return err(conflict(reason, currentOfSchedule(facts)));
      const edit = await this.check(tx, scope, row, request, fields, before);
      if (edit.violations.length > 0) return err(invalid(edit.violations));
      if (fields.length > 0) await this.store(tx, scope, row, request, fields, edit, unfinished.hasUnfinishedRun);
      return ok(row.version);
    });
    if (!changed.ok) return changed;
    if (fields.length > 0) await this.changer.carryOver(scope, id, changed.value + 1, fields);
    return this.changer.reread(scope, id);
  }

  private async readBefore(
    scope: TenantScope,
    id: string,
    { messageId, campaign }: UpdateScheduleRequest,
    shape: readonly Violation[],
  ): Promise<ReadBefore> {
    const message = messageId ? (await this.references.message(scope, messageId)).violations : [];
    const found = campaign ? await this.changer.reread(scope, id) : null;
    const channel = found?.ok === true ? (await this.references.channel(scope, found.value.channelId)).value : null;
    return { violations: [...shape, ...message], channel };
  }

  private async check(
    tx: Tx,
    scope: TenantScope,
    row: ScheduleRow,
    request: UpdateScheduleRequest,
    fields: readonly EditableField[],
    { violations: refused, channel }: ReadBefore,
  ): Promise<CheckedEdit> {
    const now = await databaseNow(tx);
    const timing = retime(row, request, fields, now);
    const campaign = editedCampaign(row, request, channel && sendingHoursOf(channel), now);
    const { targetContactIds, targetGroupIds } = request;
    const meaning = [
      ...refuseNulls(request),
      ...(typeof request.name === 'string' ? checkRequiredText('input.name', request.name, TEXT_LIMITS.name) : []),
      ...checkText('input.description', request.description ?? '', TEXT_LIMITS.description),
      ...(row.conversationId === null && fields.some((field) => TARGET_FIELDS.includes(field))
        ? await this.countTargets(tx, scope, row, request)
        : []),
      ...timing.violations,
      ...withoutRefused(timing.violations, conversationViolations(row, request, now)),
      ...checkPerContactTimeZone(row.type, request.perContactTimeZone ?? false),
      ...campaign.violations,
      ...readRetryPolicy(request.retryPolicy, this.config).violations,
      ...(await this.references.contactViolations(
        tx,
        scope,
        'input.targetContactIds',
        (targetContactIds ?? []).slice(0, MAX_TARGETS),
      )),
      ...(await this.references.groupViolations(tx, scope, (targetGroupIds ?? []).slice(0, MAX_TARGETS))),
    ];
    const violations = [...refused, ...withoutRefused(refused, meaning)];
    const { settings } = campaign;
    if (settings !== null && channel !== null && violations.length === 0) {
      const respectsRateLimit = request.respectRateLimit ?? row.respectRateLimit;
      const toFit = { settings, channel, zone: zoneOf(row.timeZone), respectsRateLimit, now };
      violations.push(...(await this.room.checkRest(tx, { tenantId: scope.tenantId, scheduleId: row.id }, toFit)));
    }
    return { violations, timing, campaign: settings };
  }

  /** A list that is not given stays, and counts. */
  private async countTargets(tx: Tx, scope: TenantScope, row: ScheduleRow, request: UpdateScheduleRequest) {
    const kept = await this.changer.countTargets(tx, scope, row.id);
    const idsOr = (ids: readonly string[] | null | undefined, count: number) =>
      ids === undefined ? Array<string>(count).fill('') : (ids ?? []);
    return checkTargets(idsOr(request.targetContactIds, kept.contacts), idsOr(request.targetGroupIds, kept.groups));
  }

  private async store(
    tx: Tx,
    scope: TenantScope,
    row: ScheduleRow,
    request: UpdateScheduleRequest,
    fields: readonly EditableField[],
    { timing, campaign }: CheckedEdit,
    hasUnfinishedRun: boolean,
  ): Promise<void> {
    const name = typeof request.name === 'string' ? normalisedText(request.name) : row.name;
    const description = request.description === undefined ? row.description : request.description;
    const { policy } = readRetryPolicy(request.retryPolicy, this.config);
    await this.changer.write(tx, scope, row, {
      ...only(request, fields, PLAIN_FIELDS),
      ...(fields.includes('retryPolicy') && policy !== null ? { retryPolicy: policy } : {}),
      ...(changesTiming(fields) ? this.changer.timingColumns(row, timing.nextRunAt, hasUnfinishedRun) : {}),
      ...(campaign === null ? {} : { campaign }),
      name,
      description,
      searchText: searchTextOf(name, description),
    });
    if (campaign !== null) await this.changer.requestPlan(tx, scope, row.id);
    await this.changer.replaceTargets(tx, scope, row.id, request);
  }
}

/** What an edit breaks of the rules of conversations; nothing unless the schedule is for one. */
function conversationViolations(row: ScheduleRow, request: UpdateScheduleRequest, now: EpochMs): Violation[] {
  if (row.conversationId === null) return [];
  const { targetContactIds, targetGroupIds, scheduledAt } = request;
  const edited = {
    ...row,
    targetContactIds: targetContactIds ?? [],
    targetGroupIds: targetGroupIds ?? [],
    scheduledAt: scheduledAt?.getTime(),
  };
  return checkConversation(edited, now);
}

const TARGET_FIELDS: readonly EditableField[] = ['targetContactIds', 'targetGroupIds'];

/** Stored as they are given. */
const PLAIN_FIELDS = [
  'messageId',
  'scheduledAt',
  'cronExpression',
  'timeZone',
  'startsAt',
  'endsAt',
  'maxRuns',
  'misfirePolicy',
  'perContactTimeZone',
  'priority',
  'useNicknames',
  'respectRateLimit',
  'guarantee',
  'expiresAfterSeconds',
] as const satisfies readonly EditableField[];

type PlainField = (typeof PLAIN_FIELDS)[number];

/** The given ones among some fields; those in which null is refused hold a value by now. */
function only(
  request: UpdateScheduleRequest,
  given: readonly EditableField[],
  fields: readonly PlainField[],
): Partial<Pick<ScheduleRow, PlainField>> {
  return Object.fromEntries(fields.filter((field) => given.includes(field)).map((field) => [field, request[field]]));
}
