import { Injectable } from '@nestjs/common';
import type { Content, Recipient } from '../../../core/dispatch/decide-send.js';
import type { MessageKind } from '../../../core/gateway/message-gateway.js';
import type { RetryPolicy } from '../../../core/retry/retry-policy.js';
import type { Sql } from '../../../platform/database/sql.js';

/** What a schedule says about its deliveries, with its message as it is now. */
export interface ScheduleFacts extends Content {
  readonly scheduleId: string;
  readonly useNicknames: boolean;
  readonly retryPolicy: RetryPolicy;
  readonly type: MessageKind;
  readonly attachmentUrl: string | null;
  readonly attachmentType: string | null;
  readonly template: unknown;
}

interface RecipientRow extends Omit<Recipient, 'optedOut' | 'deleted'> {
  readonly contactId: string;
  readonly optedOutAt: Date | null;
  readonly deletedAt: Date | null;
}

interface Key {
  readonly tenantId: string;
  readonly id: string;
}

const SCHEDULES = {
  name: 'dispatch-schedule-facts',
  text: `
SELECT s.id AS "scheduleId", s.use_nicknames AS "useNicknames", s.retry_policy AS "retryPolicy", m.type, m.status, m.content,
       m.variations, m.attachment_url AS "attachmentUrl", m.attachment_type AS "attachmentType", m.template
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, id)
  JOIN schedules s ON s.tenant_id = k.tenant_id AND s.id = k.id
  JOIN messages m ON m.tenant_id = s.tenant_id AND m.id = s.message_id`,
};

const RECIPIENTS = {
  name: 'dispatch-recipient-facts',
  text: `
SELECT c.id AS "contactId", c.name, c.implicit, c.phone, c.email, c.city, c.attributes, n.nickname,
       c.opted_out_at AS "optedOutAt", c.deleted_at AS "deletedAt"
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, id)
  JOIN contacts c ON c.tenant_id = k.tenant_id AND c.id = k.id
  LEFT JOIN LATERAL (
    SELECT nickname FROM nicknames n WHERE n.tenant_id = c.tenant_id AND n.contact_id = c.id AND btrim(nickname) <> ''
     ORDER BY is_default DESC, id LIMIT 1) n ON true`,
};

/** What the texts of a batch are made of; read after the claim, so that the newest state counts. */
@Injectable()
export class FactsRepository {
  async schedules(sql: Sql, keys: readonly Key[]): Promise<Map<string, ScheduleFacts>> {
    const rows = await sql.query<ScheduleFacts>(SCHEDULES, columns(keys));
    return new Map(rows.map((row) => [row.scheduleId, row]));
  }

  async recipients(sql: Sql, keys: readonly Key[]): Promise<Map<string, Recipient>> {
    const rows = await sql.query<RecipientRow>(RECIPIENTS, columns(keys));
    return new Map(
      rows.map(({ contactId, optedOutAt, deletedAt, ...row }) => [
        contactId,
        { ...row, optedOut: optedOutAt !== null, deleted: deletedAt !== null },
      ]),
    );
  }
}

function columns(keys: readonly Key[]): [string[], string[]] {
  return [keys.map((key) => key.tenantId), keys.map((key) => key.id)];
}
