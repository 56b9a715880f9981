import { Injectable } from '@nestjs/common';
import type { StatusEventKind } from '../../../core/gateway/send-outcome.js';
import { newId } from '../../../platform/database/ids.js';
import type { Sql } from '../../../platform/database/sql.js';

/** A delivery of any tenant. */
export interface DeliveryKey {
  readonly tenantId: string;
  readonly deliveryId: string;
}

/** A provider's event as it is stored. */
export interface NewProviderEvent {
  readonly tenantId: string;
  readonly channelId: string;
  readonly eventKey: string;
  /** The delivery that it was matched with; null while there is none. */
  readonly deliveryId: string | null;
  readonly gatewayMessageId: string | null;
  readonly kind: StatusEventKind;
  readonly occurredAt: Date;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** An event of a delivery, read back. */
export interface StoredEvent extends DeliveryKey {
  readonly id: string;
  readonly kind: StatusEventKind;
  readonly occurredAt: Date;
  readonly gatewayMessageId: string | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly isWaiting: boolean;
  /** It came before the last call began and does not say which message it is about: it says nothing of that call. */
  readonly isOfEarlierCall: boolean;
}

/** An event without effect so far: its delivery is unknown, or was being sent when it came. */
export interface WaitingEvent {
  readonly tenantId: string;
  readonly id: string;
  readonly deliveryId: string | null;
  /** As text, because a Date has no microseconds and the next page starts exactly here. */
  readonly receivedAt: string;
}

/** How to find a delivery for an event. */
export interface EventReference {
  readonly tenantId: string;
  readonly channelId: string;
  readonly deliveryId: string | null;
  readonly gatewayMessageId: string | null;
}

/** Which message of the provider belongs to which delivery. */
export interface GatewayMessage extends DeliveryKey {
  readonly channelId: string;
  readonly gatewayMessageId: string;
}

/** Longer ids are none; the index could not hold them. */
export const MAX_GATEWAY_MESSAGE_ID = 512;

const MATCH = {
  name: 'provider-events-match',
  text: `
SELECT r.place::int - 1 AS place, coalesce(d.id, m.delivery_id) AS "deliveryId"
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) WITH ORDINALITY AS r (tenant_id, channel_id, delivery_id, gateway_message_id, place)
  LEFT JOIN deliveries d ON d.tenant_id = r.tenant_id AND d.id = r.delivery_id AND d.channel_id = r.channel_id
  LEFT JOIN gateway_messages m
    ON d.id IS NULL AND m.tenant_id = r.tenant_id AND m.channel_id = r.channel_id AND m.gateway_message_id = r.gateway_message_id
 WHERE d.id IS NOT NULL OR m.delivery_id IS NOT NULL`,
};

// In the order of the unique key, so that two batches with the same events wait for each other in one direction only.
const INSERT = {
  name: 'provider-events-insert',
  text: `
INSERT INTO provider_events (tenant_id, id, channel_id, event_key, delivery_id, gateway_message_id, kind, occurred_at,
                             error_code, error_message, applied_at)
SELECT tenant_id, id, channel_id, event_key, delivery_id, gateway_message_id, kind, occurred_at, error_code, error_message,
       CASE WHEN is_applied THEN clock_timestamp() END
  FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::timestamptz[], $9::text[],
              $10::text[], $11::boolean[])
    AS e (tenant_id, id, channel_id, event_key, delivery_id, gateway_message_id, kind, occurred_at, error_code, error_message, is_applied)
 ORDER BY channel_id, event_key
ON CONFLICT (channel_id, event_key) DO NOTHING`,
};

const EVENTS_OF = {
  name: 'provider-events-of-deliveries',
  text: `
SELECT e.tenant_id AS "tenantId", e.delivery_id AS "deliveryId", e.id, e.kind, e.occurred_at AS "occurredAt",
       e.gateway_message_id AS "gatewayMessageId", e.error_code AS "errorCode", e.error_message AS "errorMessage",
       e.applied_at IS NULL AS "isWaiting",
       e.kind IN ('SENT', 'FAILED') AND e.gateway_message_id IS NULL AND e.received_at < coalesce(
         (SELECT max(a.started_at) FROM delivery_attempts a WHERE a.tenant_id = e.tenant_id AND a.delivery_id = e.delivery_id),
         '-infinity') AS "isOfEarlierCall"
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, delivery_id)
  JOIN provider_events e ON e.tenant_id = k.tenant_id AND e.delivery_id = k.delivery_id`,
};

const WAITING_OF = {
  name: 'provider-events-waiting-of-deliveries',
  text: `
SELECT DISTINCT e.tenant_id AS "tenantId", e.delivery_id AS "deliveryId"
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, delivery_id)
  JOIN provider_events e ON e.tenant_id = k.tenant_id AND e.delivery_id = k.delivery_id AND e.applied_at IS NULL`,
};

const REMATCH = {
  name: 'provider-events-rematch',
  text: `
UPDATE provider_events e SET delivery_id = m.delivery_id
  FROM gateway_messages m
 WHERE (e.tenant_id, e.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND e.delivery_id IS NULL
   AND m.tenant_id = e.tenant_id AND m.channel_id = e.channel_id AND m.gateway_message_id = e.gateway_message_id
RETURNING e.tenant_id AS "tenantId", e.delivery_id AS "deliveryId"`,
};

/** What providers reported, stored as it came: an event is never changed, except that it is noted as applied. */
@Injectable()
export class ProviderEventsRepository {
  /**
   * The deliveries of events, by the events' places in the list: by our own reference first, then by the provider's id,
   * and only of the channel that the event came through.
   */
  async match(sql: Sql, references: readonly EventReference[]): Promise<Map<number, string>> {
    const rows = await sql.query<{ place: number; deliveryId: string }>(MATCH, [
      references.map((reference) => reference.tenantId),
      references.map((reference) => reference.channelId),
      references.map((reference) => reference.deliveryId),
      references.map((reference) => reference.gatewayMessageId),
    ]);
    return new Map(rows.map((row) => [row.place, row.deliveryId]));
  }

  /** Stores the events that are not there yet; `isApplied` says which have had their effect in this transaction. */
  async insert(
    tx: Sql,
    events: readonly NewProviderEvent[],
    isApplied: (event: NewProviderEvent) => boolean,
  ): Promise<void> {
    await tx.execute(INSERT, [
      events.map((event) => event.tenantId),
      events.map(() => newId()),
      events.map((event) => event.channelId),
      events.map((event) => event.eventKey),
      events.map((event) => event.deliveryId),
      events.map((event) => event.gatewayMessageId),
      events.map((event) => event.kind),
      events.map((event) => event.occurredAt),
      events.map((event) => event.errorCode),
      events.map((event) => event.errorMessage),
      events.map(isApplied),
    ]);
  }

  eventsOf(sql: Sql, deliveries: readonly DeliveryKey[]): Promise<StoredEvent[]> {
    return sql.query<StoredEvent>(EVENTS_OF, keyColumns(deliveries));
  }

  /** Those of the deliveries that have events without effect so far. */
  withWaitingEvents(sql: Sql, deliveries: readonly DeliveryKey[]): Promise<DeliveryKey[]> {
    return sql.query<DeliveryKey>(WAITING_OF, keyColumns(deliveries));
  }

  async markApplied(tx: Sql, events: readonly { readonly tenantId: string; readonly id: string }[]): Promise<void> {
    await tx.execute(
      `UPDATE provider_events SET applied_at = clock_timestamp()
        WHERE (tenant_id, id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[])) AND applied_at IS NULL`,
      [events.map((event) => event.tenantId), events.map((event) => event.id)],
    );
  }

  /**
   * Events without effect, the oldest first, after `after`. A matched one waits for a call to end, which takes minutes; an
   * unmatched one waits for the call's record, which takes less, and most likely is about a message that is not ours.
   */
  waiting(
    sql: Sql,
    matchedForS: number,
    unmatchedForS: number,
    after: WaitingEvent | null,
    limit: number,
  ): Promise<WaitingEvent[]> {
    return sql.query<WaitingEvent>(
      `SELECT tenant_id AS "tenantId", id, delivery_id AS "deliveryId", received_at::text AS "receivedAt"
         FROM provider_events
        WHERE applied_at IS NULL AND received_at > now() - greatest($1::float8, $2::float8) * interval '1 second'
          AND received_at > now() - CASE WHEN delivery_id IS NULL THEN $2::float8 ELSE $1::float8 END * interval '1 second'
          AND ($3::timestamptz IS NULL OR (received_at, id) > ($3::timestamptz, $4::uuid))
        ORDER BY received_at, id LIMIT $5`,
      [matchedForS, unmatchedForS, after?.receivedAt ?? null, after?.id ?? null, limit],
    );
  }

  /** Matches again by the provider's id what was not matched yet; returns the deliveries that were found. */
  rematch(sql: Sql, events: readonly WaitingEvent[]): Promise<DeliveryKey[]> {
    return sql.query<DeliveryKey>(REMATCH, [events.map((event) => event.tenantId), events.map((event) => event.id)]);
  }

  /** Removes events that nobody could match for `days`; returns how many. */
  deleteUnmatched(sql: Sql, days: number, limit: number): Promise<number> {
    return sql.execute(
      `DELETE FROM provider_events WHERE (tenant_id, id) IN (
         SELECT tenant_id, id FROM provider_events
          WHERE applied_at IS NULL AND received_at < now() - $1 * interval '1 day' LIMIT $2 FOR UPDATE SKIP LOCKED)`,
      [days, limit],
    );
  }

  /** Remembers which delivery each provider's id belongs to; what is known already stays. */
  async rememberGatewayMessages(sql: Sql, messages: readonly GatewayMessage[]): Promise<void> {
    const usable = messages.filter(({ gatewayMessageId: id }) => id !== '' && id.length <= MAX_GATEWAY_MESSAGE_ID);
    if (usable.length === 0) return;
    await sql.execute(
      {
        name: 'gateway-messages-remember',
        text: `INSERT INTO gateway_messages (tenant_id, channel_id, gateway_message_id, delivery_id)
               SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[]) AS m (tenant_id, channel_id, gateway_message_id, delivery_id)
                ORDER BY tenant_id, channel_id, gateway_message_id
               ON CONFLICT DO NOTHING`,
      },
      [
        usable.map((message) => message.tenantId),
        usable.map((message) => message.channelId),
        usable.map((message) => message.gatewayMessageId),
        usable.map((message) => message.deliveryId),
      ],
    );
  }
}

export function keyColumns(deliveries: readonly DeliveryKey[]): [string[], string[]] {
  return [deliveries.map((key) => key.tenantId), deliveries.map((key) => key.deliveryId)];
}
