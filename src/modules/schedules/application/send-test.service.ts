import { Inject, Injectable } from '@nestjs/common';
import { checkOneOf, checkReference, withoutRefused } from '../../../core/scheduling/check-schedule.js';
import { TEXT_LIMITS } from '../../../core/scheduling/check-texts.js';
import { TEST_DEFAULTS } from '../../../core/scheduling/request-defaults.js';
import { chooseNickname } from '../../../core/templating/placeholder-values.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { APP_CONFIG, type AppConfig } from '../../../platform/config/app-config.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ContactsService, type ContactRow } from '../../contacts/index.js';
import { checkMessage, type MessageDraft, type MessageInput } from '../../messages/index.js';
import { readRetryPolicy } from './schedule-columns.js';
import { ScheduleReferences, type Reference } from './schedule-references.js';
import { requestHash } from './schedule-request.js';
import { ScheduleWriter } from './schedule-writer.js';
import { readPhone, type RecipientPhone } from './send-recipients.js';
import { SendOutbox } from './send-outbox.js';
import { SendStore, type SentMessage, type StoredSending } from './send-store.js';
import { draftOfText } from './send-text.js';
import { finishText, type TestedContact, type TestedMessage } from './test-text.js';

/** A message to try out. Values that could not be read are absent and already refused. */
export interface SendTestRequest {
  readonly messageId?: string | null | undefined;
  readonly content?: string | null | undefined;
  readonly message?: MessageInput | null | undefined;
  readonly to?: string | undefined;
  readonly contactId?: string | null | undefined;
  readonly variation?: number | null | undefined;
  readonly channelId?: string | null | undefined;
  readonly useNicknames?: boolean | null | undefined;
  readonly respectRateLimit?: boolean | null | undefined;
  readonly clientMessageId?: string | null | undefined;
}

/** A request that was checked as far as that goes without a transaction. */
interface Checked {
  readonly violations: readonly Violation[];
  readonly channelId: string | null;
  readonly phone: RecipientPhone | null;
  /** With its text finished. */
  readonly message: MessageDraft | null;
  readonly timeZone: string;
}

/** A person waits for it. */
const PRIORITY = 10;

/**
 * Sends a message to one number to try it out. The text is finished at once with a contact's data, and sent as a message
 * of its own, so that it reaches the number whosever data it shows.
 */
@Injectable()
export class SendTestService {
  constructor(
    private readonly database: Database,
    private readonly references: ScheduleReferences,
    private readonly contacts: ContactsService,
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
    request: SendTestRequest,
    raw: unknown,
    shape: readonly Violation[],
  ): Promise<Result<SentMessage, Refusal>> {
    const hash = requestHash({ test: raw }, { test: TEST_DEFAULTS });
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

  private async check(scope: TenantScope, request: SendTestRequest, shape: readonly Violation[]): Promise<Checked> {
    const [profile, channel, source] = await Promise.all([
      this.references.profile(scope),
      this.references.channel(scope, request.channelId ?? null),
      this.source(scope, request),
    ]);
    const phone = request.to === undefined ? null : readPhone(request.to, profile.defaultCountry, 'input.to');
    const number = phone?.ok === true ? phone.value : null;
    const contact = await this.contact(scope, request.contactId ?? null, number);
    const isComplete = source.value !== null && contact.value !== null;
    const finished = isComplete ? finishText(source.value, contact.value, choiceOf(request)) : null;
    const meaning = [
      ...source.violations,
      ...(phone?.ok === false ? [phone.error] : []),
      ...contact.violations,
      ...(finished?.ok === false ? finished.error : []),
      ...channel.violations,
      ...checkReference('input.clientMessageId', request.clientMessageId, TEXT_LIMITS.clientMessageId),
    ];
    return {
      violations: [...shape, ...withoutRefused(shape, meaning)],
      channelId: channel.value?.id ?? null,
      phone: number,
      message: finished?.ok === true ? finished.value : null,
      timeZone: profile.timeZone,
    };
  }

  /** The stored message, the draft or the bare text: exactly one of them. */
  private async source(scope: TenantScope, request: SendTestRequest): Promise<Reference<TestedMessage>> {
    const { messageId, content, message } = request;
    const ways = {
      'input.messageId': isGiven(messageId),
      'input.content': isGiven(content),
      'input.message': isGiven(message),
    };
    const violations = checkOneOf(ways);
    if (violations.length > 0) return { value: null, violations };
    if (isGiven(messageId)) return this.references.messageToTest(scope, messageId);
    const draft = isGiven(message) ? checkMessage(message, 'input.message') : draftOfText(content ?? '');
    return draft.ok ? { value: draft.value, violations: [] } : { value: null, violations: draft.error };
  }

  /** The contact that is named, else the one that has the number, else nobody of whom more than the number is known. */
  private async contact(
    scope: TenantScope,
    id: string | null,
    phone: RecipientPhone | null,
  ): Promise<Reference<TestedContact>> {
    if (id !== null) {
      const named = await this.contacts.find(scope, id);
      if (named) return { value: await this.tested(scope, named), violations: [] };
      const violation = { field: 'input.contactId', message: 'there is no contact with this id', rule: 'exists' };
      return { value: null, violations: [violation] };
    }
    if (phone === null) return { value: null, violations: [] };
    const known = await this.contacts.findByPhone(this.database, scope, phone.key);
    return { value: known ? await this.tested(scope, known) : onlyNumber(phone.e164), violations: [] };
  }

  private async tested(scope: TenantScope, contact: ContactRow): Promise<TestedContact> {
    const nicknames = await this.contacts.nicknamesOf(scope, [contact.id]);
    return { ...contact, nickname: chooseNickname(nicknames.get(contact.id) ?? []) };
  }

  private async store(
    tx: Tx,
    scope: TenantScope,
    request: SendTestRequest,
    { channelId, phone, message, timeZone, ...checked }: Checked,
    requestHash: Buffer,
  ): Promise<Result<StoredSending, Refusal>> {
    const { policy } = readRetryPolicy(null, this.config);
    const gone = channelId === null ? [] : await this.references.keepChannel(tx, scope, channelId);
    const violations = [...checked.violations, ...gone];
    const isComplete = channelId !== null && phone !== null && message !== null && policy !== null;
    if (violations.length > 0 || !isComplete) return err(invalid(violations));
    const contactIds = await this.outbox.contactsOf(tx, scope, { contactIds: [], phones: [phone], violations: [] });
    const sending = {
      name: message.title,
      messageId: await this.writer.storeMessage(tx, scope, message, true),
      channelId,
      timeZone,
      retryPolicy: policy,
      requestHash,
      priority: PRIORITY,
      useNicknames: request.useNicknames ?? true,
      respectRateLimit: request.respectRateLimit ?? true,
      guarantee: 'AT_MOST_ONCE' as const,
      clientMessageId: request.clientMessageId ?? null,
      isTest: true,
    };
    return ok(await this.sendStore.store(tx, scope, sending, contactIds));
  }
}

function choiceOf({ variation, useNicknames, contactId }: SendTestRequest) {
  return {
    variation: variation ?? 0,
    useNicknames: useNicknames ?? true,
    contactField: isGiven(contactId) ? 'input.contactId' : 'input.to',
  };
}

function onlyNumber(e164: string): TestedContact {
  return { name: e164, phone: e164, email: null, city: null, attributes: {}, nickname: null, implicit: true };
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined;
}
