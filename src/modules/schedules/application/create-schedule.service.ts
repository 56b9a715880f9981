import { Inject, Injectable } from '@nestjs/common';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import { checkSchedule, MAX_TARGETS, withoutRefused } from '../../../core/scheduling/check-schedule.js';
import { normalisedText } from '../../../core/scheduling/check-texts.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Violation } from '../../../core/values/violation.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { newId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { checkMessage, type MessageDraft } from '../../messages/index.js';
import type { NewSchedule } from '../persistence/schedules.repository.js';
import { databaseNow } from './database-now.js';
import { readRetryPolicy, searchTextOf, zoneOf } from './schedule-columns.js';
import { ScheduleReferences } from './schedule-references.js';
import { requestHash, type CreateScheduleRequest } from './schedule-request.js';
import type { ScheduleRow } from './schedule-rows.js';
import { ScheduleWriter } from './schedule-writer.js';

/** A request that was checked as far as that goes without a transaction. */
interface Checked {
  readonly violations: readonly Violation[];
  readonly now: EpochMs;
  readonly nextRunAt: EpochMs | null;
  readonly timeZone: string;
  readonly channelId: string | null;
  readonly messageId: string | null;
  readonly message: MessageDraft | null;
  readonly retryPolicy: RetryPolicy | null;
}

/** Makes schedules. */
@Injectable()
export class CreateScheduleService {
  constructor(
    private readonly database: Database,
    private readonly references: ScheduleReferences,
    private readonly writer: ScheduleWriter,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /**
   * A new schedule, with an inline message and, when it is IMMEDIATE, its run, in one transaction; or the one that the
   * same request with the same clientReference made before. `raw` is the input as it came, `shape` what was found wrong
   * with it so far: everything is told at once.
   */
  async create(
    scope: TenantScope,
    request: CreateScheduleRequest,
    raw: unknown,
    shape: readonly Violation[],
  ): Promise<Result<ScheduleRow, Refusal>> {
    const hash = requestHash(raw);
    return this.writer.once(
      scope,
      { clientReference: request.clientReference, hash },
      (row) => Promise.resolve(row),
      async () => {
        const checked = await this.check(scope, request, shape);
        const made = await this.database.transaction((tx) => this.store(tx, scope, request, checked, hash));
        if (!made.ok) return made;
        this.writer.announceNew(scope, made.value);
        return ok(await this.writer.reread(scope, made.value));
      },
    );
  }

  /** Everything that is known without locks, read on connections of their own before the transaction takes one. */
  private async check(
    scope: TenantScope,
    request: CreateScheduleRequest,
    shape: readonly Violation[],
  ): Promise<Checked> {
    const { messageId, message } = request;
    const [now, profile, channel, existing] = await Promise.all([
      databaseNow(this.database),
      this.references.profile(scope),
      this.references.channel(scope, request.channelId ?? null),
      messageId ? this.references.message(scope, messageId) : { value: null, violations: [] },
    ]);
    const timeZone = request.timeZone ?? profile.timeZone;
    const isZoneRefused = shape.some((violation) => violation.field === 'input.timeZone');
    const timing = checkSchedule(draftOf(request), isZoneRefused ? null : zoneOf(timeZone), now);
    const draft = message ? checkMessage(message, 'input.message') : null;
    const retry = readRetryPolicy(request.retryPolicy, this.config);
    const meaning = [
      ...timing.violations,
      ...existing.violations,
      ...(draft?.ok === false ? draft.error : []),
      ...channel.violations,
      ...retry.violations,
    ];
    return {
      violations: [...shape, ...withoutRefused(shape, meaning)],
      now,
      nextRunAt: timing.nextRunAt,
      timeZone,
      channelId: channel.value,
      messageId: existing.value?.id ?? null,
      message: draft?.ok === true ? draft.value : null,
      retryPolicy: retry.policy,
    };
  }

  private async store(
    tx: Tx,
    scope: TenantScope,
    request: CreateScheduleRequest,
    checked: Checked,
    hash: Buffer,
  ): Promise<Result<string, Refusal>> {
    const contactIds = (request.targetContactIds ?? []).slice(0, MAX_TARGETS);
    const groupIds = (request.targetGroupIds ?? []).slice(0, MAX_TARGETS);
    const { channelId, retryPolicy } = checked;
    const violations = [
      ...checked.violations,
      ...(channelId === null ? [] : await this.references.keepChannel(tx, scope, channelId)),
      ...(await this.references.contactViolations(tx, scope, 'input.targetContactIds', contactIds)),
      ...(await this.references.groupViolations(tx, scope, groupIds)),
    ];
    const isComplete = channelId !== null && retryPolicy !== null;
    if (violations.length > 0 || !isComplete) return err(invalid(violations));
    const messageId = checked.messageId ?? (await this.writer.storeMessage(tx, scope, checked.message, false));
    const schedule: NewSchedule = {
      ...columnsOf(request, checked),
      id: newId(),
      messageId,
      channelId,
      retryPolicy,
      requestHash: hash,
      createdBy: scope.actor,
    };
    await this.writer.store(tx, scope, schedule, { contactIds, groupIds }, checked.now);
    return ok(schedule.id);
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

function columnsOf(request: CreateScheduleRequest, { now, nextRunAt, timeZone }: Checked) {
  const isImmediate = request.type === 'IMMEDIATE';
  const name = normalisedText(request.name);
  const description = request.description ?? null;
  return {
    name,
    description,
    searchText: searchTextOf(name, description),
    type: request.type,
    status: isImmediate ? ('PROCESSING' as const) : ('PENDING' as const),
    scheduledAt: request.scheduledAt ?? null,
    cronExpression: request.cronExpression ?? null,
    timeZone,
    startsAt: request.startsAt ?? null,
    endsAt: request.endsAt ?? null,
    maxRuns: request.maxRuns ?? null,
    misfirePolicy: request.misfirePolicy ?? ('LATEST' as const),
    misfireGraceSeconds: request.misfireGraceSeconds ?? null,
    priority: request.priority ?? 0,
    useNicknames: request.useNicknames ?? true,
    respectRateLimit: request.respectRateLimit ?? true,
    guarantee: request.guarantee ?? ('AT_MOST_ONCE' as const),
    expiresAfterSeconds: request.expiresAfterSeconds ?? null,
    clientReference: request.clientReference ?? null,
    clientMessageId: null,
    campaign: null,
    perContactTimeZone: false,
    isTest: false,
    conversationId: null,
    privateNote: false,
    nextRunAt: nextRunAt === null ? null : new Date(nextRunAt),
    lastRunAt: isImmediate ? new Date(now) : null,
    runCount: isImmediate ? 1 : 0,
  };
}

function isGiven(value: unknown): boolean {
  return value !== null && value !== undefined;
}
