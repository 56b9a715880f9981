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

/** What the texts of a batch are made of. */
export interface Facts {
  readonly schedules: ReadonlyMap<string, ScheduleFacts>;
  readonly recipients: ReadonlyMap<string, Recipient>;
}

/** The facts of nothing. */
export const NO_FACTS: Facts = { schedules: new Map(), recipients: new Map() };

/** A delivery by the ids of what its text is made of. */
interface Subject {
  readonly tenantId: string;
  readonly scheduleId: string;
  readonly contactId: string;
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

/** Reads contacts, messages and schedules as they are at the moment of the claim. */
@Injectable()
export class FactsRepository {
  async read(sql: Sql, batch: readonly Subject[]): Promise<Facts> {
    if (batch.length === 0) return NO_FACTS;
    const [schedules, recipients] = await Promise.all([
      sql.query<ScheduleFacts>(SCHEDULES, columns(distinct(batch, (subject) => subject.scheduleId))),
      sql.query<RecipientRow>(RECIPIENTS, columns(distinct(batch, (subject) => subject.contactId))),
    ]);
    return {
      schedules: new Map(schedules.map((row) => [row.scheduleId, row])),
      recipients: new Map(
        recipients.map(({ contactId, optedOutAt, deletedAt, ...row }) => [
          contactId,
          { ...row, optedOut: optedOutAt !== null, deleted: deletedAt !== null },
        ]),
      ),
    };
  }
}

function distinct(batch: readonly Subject[], idOf: (subject: Subject) => string): Key[] {
  return [
    ...new Map(batch.map((subject) => [idOf(subject), { tenantId: subject.tenantId, id: idOf(subject) }])).values(),
  ];
}

function columns(keys: readonly Key[]): [string[], string[]] {
  return [keys.map((key) => key.tenantId), keys.map((key) => key.id)];
}
