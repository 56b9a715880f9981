import { Injectable } from '@nestjs/common';
import type { MessageKind } from '../../../core/gateway/message-gateway.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, notFound, type Refusal } from '../../../core/values/refusal.js';
import { containsPattern, foldText } from '../../../core/values/search.js';
import type { Violation } from '../../../core/values/violation.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Database } from '../../../platform/database/database.js';
import { isId, newId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { idInCursor } from '../../../platform/graphql/id-cursor.js';
import {
  encodeCursor,
  toPage,
  type CursorScope,
  type Page,
  type PageRequest,
} from '../../../platform/graphql/pagination.js';
import { MessagesRepository } from '../persistence/messages.repository.js';
import { checkMessage, type MessageDraft, type MessageInput } from './check-message.js';
import type { MessageRow } from './message-row.js';
import { MESSAGE_STATUS, type MessageStatus } from '../message-status.js';

/** What a list of messages is restricted to. */
export interface MessageFilter {
  /** Part of the title or a text; case and accents do not matter. */
  readonly search?: string | null | undefined;
  readonly status?: MessageStatus | null | undefined;
  readonly type?: MessageKind | null | undefined;
}

/** A change as a client writes it: an absent field stays as it is, null clears it. */
export type MessageChanges = MessageInput & { readonly status?: MessageStatus | null | undefined };

/** Keeps messages, for this feature's API and for the features that send them. */
@Injectable()
export class MessagesService {
  constructor(
    private readonly database: Database,
    private readonly messages: MessagesRepository,
    private readonly clock: Clock,
  ) {}

  /** Any message, also one that was made by sending a bare text. */
  async find(scope: TenantScope, id: string): Promise<MessageRow | null> {
    return isId(id) ? this.messages.find(scope, id) : null;
  }

  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, MessageRow>> {
    return this.messages.findMany(scope, ids.filter(isId));
  }

  /** The newest first, without those that were made by sending a bare text. */
  async list(scope: TenantScope, filter: MessageFilter, page: PageRequest): Promise<Result<Page<MessageRow>, Refusal>> {
    const cursorScope: CursorScope = { list: 'messages', filter };
    const after = idInCursor(cursorScope, page.after, this.clock.nowMs());
    if (!after.ok) return after;
    const pattern = containsPattern(filter.search);
    const criteria = {
      ...(pattern === undefined ? {} : { pattern }),
      ...(filter.status ? { status: filter.status } : {}),
      ...(filter.type ? { type: filter.type } : {}),
    };
    const rows = await this.messages.list(scope, criteria, after.value, page.first + 1);
    const cursorOf = (row: MessageRow) => encodeCursor(cursorScope, [row.id], this.clock.nowMs());
    return ok(toPage(rows, page, cursorOf, () => this.messages.count(scope, criteria)));
  }

  /** Stores a checked message, also inside somebody's transaction. `implicit` ones are not listed. */
  insert(
    sql: Sql,
    scope: TenantScope,
    draft: MessageDraft,
    { implicit }: { readonly implicit: boolean },
  ): Promise<MessageRow> {
    return this.messages.insert(sql, {
      ...toColumns(draft),
      tenantId: scope.tenantId,
      id: newId(),
      status: MESSAGE_STATUS.ACTIVE,
      implicit,
      createdBy: scope.actor,
    });
  }

  async create(scope: TenantScope, input: MessageInput): Promise<Result<MessageRow, Refusal>> {
    const draft = checkMessage(input, 'input');
    if (!draft.ok) return err(invalid(draft.error));
    return ok(await this.insert(this.database, scope, draft.value, { implicit: false }));
  }

  /** What has not been sent yet goes out as changed. The message is checked as a whole, with what stays of it. */
  async update(scope: TenantScope, id: string, changes: MessageChanges): Promise<Result<MessageRow, Refusal>> {
    if (!isId(id)) return err(notFound('message', id));
    const refusal = await this.database.transaction(async (tx) => {
      const message = await this.messages.lock(tx, scope, id);
      if (!message) return notFound('message', id);
      const draft = checkMessage({ ...message, ...given(changes) }, 'input');
      const violations = [...nullViolations(changes), ...(draft.ok ? [] : draft.error)];
      if (!draft.ok || violations.length > 0) return invalid(violations);
      const status = changes.status ?? message.status;
      await this.messages.updateLocked(tx, scope, id, { ...toColumns(draft.value), status });
      return undefined;
    });
    return refusal ? err(refusal) : this.reread(scope, id);
  }

  /** Idempotent. Schedules that use the message keep it. */
  async archive(scope: TenantScope, id: string): Promise<Result<MessageRow, Refusal>> {
    if (!isId(id)) return err(notFound('message', id));
    await this.messages.archive(scope, id);
    return this.reread(scope, id);
  }

  private async reread(scope: TenantScope, id: string): Promise<Result<MessageRow, Refusal>> {
    const message = await this.messages.find(scope, id);
    return message ? ok(message) : err(notFound('message', id));
  }
}

/** The fields that are there, even when they are null. */
function given(changes: MessageChanges): Partial<MessageChanges> {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
}

/** Title and content are checked as texts; of the rest, these have no "nothing". */
function nullViolations(changes: MessageChanges): Violation[] {
  return (['type', 'status'] as const)
    .filter((field) => changes[field] === null)
    .map((field) => ({ field: `input.${field}`, rule: 'required', message: 'must not be null' }));
}

function toColumns(draft: MessageDraft) {
  return {
    ...draft,
    variations: [...draft.variations],
    placeholders: [...draft.placeholders],
    searchText: foldText([draft.title, draft.content, ...draft.variations].join('\n')),
  };
}
