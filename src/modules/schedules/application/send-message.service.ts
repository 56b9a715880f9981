import { Inject, Injectable } from '@nestjs/common';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import { checkExactlyOne, checkReference, withoutRefused } from '../../../core/scheduling/check-schedule.js';
import { TEXT_LIMITS } from '../../../core/scheduling/check-texts.js';
import { SEND_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { MessageDraft } from '../../messages/index.js';
import { readRetryPolicy } from './schedule-columns.js';
import { ScheduleReferences } from './schedule-references.js';
import { requestHash, type SendMessageRequest } from './schedule-request.js';
import { ScheduleWriter } from './schedule-writer.js';
import { checkRecipients, type Recipients } from './send-recipients.js';
import { SendOutbox } from './send-outbox.js';
import { SendStore, type Sending, type SentMessage, type StoredSending } from './send-store.js';
import { draftOfText, nameOfText } from './send-text.js';

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

/** Sends a message now: a schedule, its run and its deliveries in one transaction, and the dispatcher is told. */
@Injectable()
export class SendMessageService {
  constructor(
    private readonly database: Database,
    private readonly references: ScheduleReferences,
    private readonly writer: ScheduleWriter,
    private readonly outbox: SendOutbox,
    private readonly sendStore: SendStore,
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
    const hash = requestHash(raw, SEND_DEFAULTS);
    return this.writer.once(
      scope,
      { clientMessageId: request.clientMessageId, hash },
      (schedule) => this.sendStore.again(scope, schedule),
      async () => {
        const checked = await this.check(scope, request, shape);
        const stored = await this.database.transaction((tx) => this.store(tx, scope, request, checked, hash));
        return stored.ok ? ok(this.sendStore.announced(stored.value)) : stored;
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
  ): Promise<Result<StoredSending, Refusal>> {
    const { channelId, retryPolicy, recipients } = checked;
    const gone = await Promise.all([
      channelId === null ? [] : this.references.keepChannel(tx, scope, channelId),
      this.references.contactViolations(tx, scope, 'input.contactIds', recipients.contactIds),
    ]);
    const violations = [...checked.violations, ...gone.flat()];
    const isComplete = channelId !== null && retryPolicy !== null;
    if (violations.length > 0 || !isComplete) return err(invalid(violations));
    const [contactIds, messageId] = await Promise.all([
      this.outbox.contactsOf(tx, scope, recipients),
      checked.messageId ?? this.writer.storeMessage(tx, scope, checked.message, true),
    ]);
    const sending: Sending = {
      name: checked.name,
      messageId,
      channelId,
      timeZone: checked.timeZone,
      retryPolicy,
      requestHash: hash,
      priority: request.priority ?? 0,
      useNicknames: request.useNicknames ?? true,
      respectRateLimit: request.respectRateLimit ?? true,
      guarantee: request.guarantee ?? 'AT_MOST_ONCE',
      clientMessageId: request.clientMessageId ?? null,
      isTest: false,
    };
    return ok(await this.sendStore.store(tx, scope, sending, contactIds));
  }
}
