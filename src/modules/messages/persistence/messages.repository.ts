import { Injectable } from '@nestjs/common';
import type { QueryDeepPartialEntity } from 'typeorm';
import type { MessageKind } from '../../../core/gateway/message-gateway.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { Parameters, type Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { MessageStatus } from '../message-status.js';
import { MessageEntity, type MessageRow } from './message.entity.js';

/** What the list of messages is restricted to; an absent part restricts nothing. */
export interface MessageCriteria {
  /** LIKE pattern for search_text. */
  readonly pattern?: string;
  readonly status?: MessageStatus;
  readonly type?: MessageKind;
}

/** A row to store; the times are the database's. */
export type NewMessage = Readonly<Omit<MessageEntity, 'createdAt' | 'updatedAt'>>;

const COLUMNS = `m.tenant_id AS "tenantId", m.id, m.title, m.content, m.type, m.status, m.variations,
  m.attachment_url AS "attachmentUrl", m.attachment_type AS "attachmentType", m.template, m.placeholders, m.implicit,
  m.created_by AS "createdBy", m.created_at AS "createdAt", m.updated_at AS "updatedAt"`;

@Injectable()
export class MessagesRepository {
  constructor(private readonly database: Database) {}

  find(scope: TenantScope, id: string): Promise<MessageRow | null> {
    return this.database.findById(MessageEntity, scope, id);
  }

  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, MessageRow>> {
    return this.database.findByIds(MessageEntity, scope, ids);
  }

  /** The message, locked until the transaction ends. */
  lock(tx: Tx, scope: TenantScope, id: string): Promise<MessageRow | null> {
    return tx.manager.findOne(MessageEntity, {
      where: { tenantId: scope.tenantId, id },
      lock: { mode: 'pessimistic_write' },
    });
  }

  /** Listed messages before an id, the newest first. */
  list(scope: TenantScope, criteria: MessageCriteria, beforeId: string | null, limit: number): Promise<MessageRow[]> {
    const parameters = new Parameters();
    const conditions = listed(parameters, scope, criteria);
    if (beforeId !== null) conditions.push(`m.id < ${parameters.add(beforeId)}`);
    return this.database.query<MessageRow>(
      `SELECT ${COLUMNS} FROM messages m WHERE ${conditions.join(' AND ')} ORDER BY m.id DESC LIMIT ${parameters.add(limit)}`,
      parameters.values,
    );
  }

  async count(scope: TenantScope, criteria: MessageCriteria): Promise<number> {
    const parameters = new Parameters();
    const conditions = listed(parameters, scope, criteria);
    const rows = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM messages m WHERE ${conditions.join(' AND ')}`,
      parameters.values,
    );
    return rows[0]?.count ?? 0;
  }

  async insert(sql: Sql, message: NewMessage): Promise<MessageRow> {
    const rows = await sql.query<MessageRow>(
      {
        name: 'messages-insert',
        text: `INSERT INTO messages AS m (tenant_id, id, title, content, type, status, variations, attachment_url,
                                          attachment_type, template, placeholders, search_text, implicit, created_by)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) RETURNING ${COLUMNS}`,
      },
      [
        message.tenantId,
        message.id,
        message.title,
        message.content,
        message.type,
        message.status,
        message.variations,
        message.attachmentUrl,
        message.attachmentType,
        message.template,
        message.placeholders,
        message.searchText,
        message.implicit,
        message.createdBy,
      ],
    );
    if (!rows[0]) throw new Error('an insert returned no row');
    return rows[0];
  }

  /** Writes a message that the transaction has locked. */
  async updateLocked(
    tx: Tx,
    scope: TenantScope,
    id: string,
    changes: Omit<NewMessage, 'tenantId' | 'id' | 'implicit' | 'createdBy'>,
  ): Promise<void> {
    const columns = changes as QueryDeepPartialEntity<MessageEntity>;
    await tx.manager.update(MessageEntity, { tenantId: scope.tenantId, id }, columns);
  }

  /** True when the message was in another state until now. */
  async archive(scope: TenantScope, id: string): Promise<boolean> {
    const changed = await this.database.execute(
      `UPDATE messages SET status = 'ARCHIVED', updated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND status <> 'ARCHIVED'`,
      [scope.tenantId, id],
    );
    return changed === 1;
  }
}

function listed(parameters: Parameters, scope: TenantScope, criteria: MessageCriteria): string[] {
  const conditions = [`m.tenant_id = ${parameters.add(scope.tenantId)}`, 'NOT m.implicit'];
  if (criteria.pattern !== undefined) conditions.push(`m.search_text LIKE ${parameters.add(criteria.pattern)}`);
  if (criteria.status !== undefined) conditions.push(`m.status = ${parameters.add(criteria.status)}`);
  if (criteria.type !== undefined) conditions.push(`m.type = ${parameters.add(criteria.type)}`);
  return conditions;
}
