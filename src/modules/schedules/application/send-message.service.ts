import { Inject, Injectable } from '@nestjs/common';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import { checkExactlyOne, checkReference, withoutRefused } from '../../../core/scheduling/check-schedule.js';
import { TEXT_LIMITS } from '../../../core/scheduling/check-texts.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { newId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { MessageDraft } from '../../messages/index.js';
import type { MadeDelivery } from '../persistence/materialising.repository.js';
import type { RunKey } from '../persistence/run-key.js';
import type { NewSchedule } from '../persistence/schedules.repository.js';
import { databaseNow } from './database-now.js';
import { readRetryPolicy, searchTextOf } from './schedule-columns.js';
import { ScheduleReferences } from './schedule-references.js';
import { requestHash, type SendMessageRequest } from './schedule-request.js';
import type { ScheduleRow } from './schedule-rows.js';
import { ScheduleWriter } from './schedule-writer.js';
import { checkRecipients, type Recipients } from './send-recipients.js';
import { draftOfText, nameOfText } from './send-text.js';
import { SendOutbox } from './send-outbox.js';

/** What a message that was sent at once became. */
export interface SentMessage {
  readonly schedule: ScheduleRow;
  /** In the order of the recipients, each number once. */
  readonly deliveryIds: readonly string[];
}

/** A request that was checked as far as that goes without a transaction. */
interface Checked {
  readonly violations: readonly Violation[];
  readonly channelId: string | null;
  readonly messageId: string | null;
  readonly message: MessageDraft | null;
  readonly name: string;
  readonly retryPolicy: RetryPolicy | null;
  readonly recipients: Recipients;
  readonly timeZone: string;
}

/** What a transaction stored of a message. */
interface Stored {
  readonly run: RunKey;
  readonly channelId: string;
  readonly made: readonly MadeDelivery[];
}

/** Sends a message now: a schedule, its run and its deliveries in one transaction, and the dispatcher is told. */
@Injectable()
export class SendMessageService {
  constructor(
    private readonly database: Database,
    private readonly references: ScheduleReferences,
    private readonly writer: ScheduleWriter,
    private readonly outbox: SendOutbox,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /**
   * `raw` is the input as it came, `shape` what was found wrong with it so far. The same request with the same
   * clientMessageId answers with what it made before.
   */
  async send(
    scope: TenantScope,
    request: SendMessageRequest,
    raw: unknown,
    shape: readonly Violation[],
  ): Promise<Result<SentMessage, Refusal>> {
    const hash = requestHash(raw);
    return this.writer.once(
      scope,
      { clientMessageId: request.clientMessageId, hash },
      async (schedule) => ({ schedule, deliveryIds: await this.outbox.deliveryIds(scope, schedule.id) }),
      async () => {
        const checked = await this.check(scope, request, shape);
        const sent = await this.database.transaction((tx) => this.store(tx, scope, request, checked, hash));
        if (!sent.ok) return sent;
        const { run, channelId, made } = sent.value;
        this.outbox.announce(run, channelId, made);
        const schedule = await this.writer.reread(scope, run.scheduleId);
        return ok({ schedule, deliveryIds: made.map((delivery) => delivery.id) });
      },
    );
  }

  private async check(scope: TenantScope, request: SendMessageRequest, shape: readonly Violation[]): Promise<Checked> {
    const { messageId, content } = request;
    const [profile, channel, existing] = await Promise.all([
      this.references.profile(scope),
      this.references.channel(scope, request.channelId ?? null),
      messageId ? this.references.message(scope, messageId) : { value: null, violations: [] },
    ]);
    const isText = content !== null && content !== undefined;
    const draft = isText ? draftOfText(content) : null;
    const recipients = checkRecipients(request, profile.defaultCountry);
    const retry = readRetryPolicy(request.retryPolicy, this.config);
    const meaning = [
      ...checkExactlyOne('input.messageId', typeof messageId === 'string', 'input.content', isText),
      ...existing.violations,
      ...(draft?.ok === false ? draft.error : []),
      ...recipients.violations,
      ...channel.violations,
      ...retry.violations,
      ...checkReference('input.clientMessageId', request.clientMessageId, TEXT_LIMITS.clientMessageId),
    ];
    return {
      violations: [...shape, ...withoutRefused(shape, meaning)],
      channelId: channel.value?.id ?? null,
      messageId: existing.value?.id ?? null,
      message: draft?.ok === true ? draft.value : null,
      name: nameOfText(existing.value?.content ?? content ?? ''),
      retryPolicy: retry.policy,
      recipients,
      timeZone: profile.timeZone,
    };
  }

  private async store(
    tx: Tx,
    scope: TenantScope,
    request: SendMessageRequest,
    checked: Checked,
    hash: Buffer,
  ): Promise<Result<Stored, Refusal>> {
    const { channelId, retryPolicy, recipients } = checked;
    const violations = [
      ...checked.violations,
      ...(channelId === null ? [] : await this.references.keepChannel(tx, scope, channelId)),
      ...(await this.references.contactViolations(tx, scope, 'input.contactIds', recipients.contactIds)),
    ];
    const isComplete = channelId !== null && retryPolicy !== null;
    if (violations.length > 0 || !isComplete) return err(invalid(violations));
    const contactIds = await this.outbox.contactsOf(tx, scope, recipients);
    const messageId = checked.messageId ?? (await this.writer.storeMessage(tx, scope, checked.message, true));
    const now = await databaseNow(tx);
    const schedule: NewSchedule = {
      ...columnsOf(request, checked.name, now),
      id: newId(),
      timeZone: checked.timeZone,
      messageId,
      channelId,
      retryPolicy,
      requestHash: hash,
      createdBy: scope.actor,
    };
    const runId = await this.writer.store(tx, scope, schedule, { contactIds, groupIds: [] }, now, true);
    if (runId === null) throw new Error('an immediate schedule was stored without its run');
    const run = { tenantId: scope.tenantId, scheduleId: schedule.id, runId };
    return ok({ run, channelId, made: await this.outbox.fill(tx, run, channelId, contactIds) });
  }
}

function columnsOf(request: SendMessageRequest, name: string, now: number) {
  return {
    name,
    description: null,
    searchText: searchTextOf(name, null),
    type: 'IMMEDIATE' as const,
    status: 'PROCESSING' as const,
    scheduledAt: null,
    cronExpression: null,
    startsAt: null,
    endsAt: null,
    maxRuns: null,
    misfirePolicy: 'LATEST' as const,
    misfireGraceSeconds: null,
    priority: request.priority ?? 0,
    useNicknames: request.useNicknames ?? true,
    respectRateLimit: request.respectRateLimit ?? true,
    guarantee: request.guarantee ?? ('AT_MOST_ONCE' as const),
    expiresAfterSeconds: null,
    clientReference: null,
    clientMessageId: request.clientMessageId ?? null,
    campaign: null,
    perContactTimeZone: false,
    isTest: false,
    conversationId: null,
    privateNote: false,
    nextRunAt: null,
    lastRunAt: new Date(now),
    runCount: 1,
  };
}
