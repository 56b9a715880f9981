import {
  apiStatusOf,
  type DeliveryState,
  type DeliveryStatus,
  type WaitReason,
} from '../../../core/delivery/delivery-state.js';

/** A delivery with what its queue row adds while it is live. */
export interface DeliveryRow {
  readonly tenantId: string;
  readonly id: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly state: DeliveryState;
  /** `state` as the API tells it. */
  readonly status: DeliveryStatus;
  /** A person wants it cancelled while a dispatcher holds it: no call will be made. */
  readonly cancelRequested: boolean;
  readonly priority: number;
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly deliveredAt: Date | null;
  readonly readAt: Date | null;
  readonly failedAt: Date | null;
  /** Calls begun. */
  readonly attempt: number;
  readonly version: number;
  readonly variation: number | null;
  /** The number that it was sent to, E.164; null while it was not. */
  readonly address: string | null;
  readonly clientMessageId: string | null;
  readonly nicknameUsed: string | null;
  /** The text as it was sent; null while it was not. */
  readonly content: string | null;
  readonly gatewayMessageId: string | null;
  readonly gatewayResponse: unknown;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** A row as SQL returns it, before its status is worked out. */
export interface RawDeliveryRow extends Omit<DeliveryRow, 'status'> {
  readonly waitReason: WaitReason;
}

/** The log row `d` with its queue row `q`, if it has one. */
export const DELIVERY_WITH_QUEUE =
  'deliveries d LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id';

/** The version that clients see: it rises with every change of either row. */
export const DELIVERY_VERSION = '(d.version + coalesce(q.version, 0))';

/** The columns of {@link RawDeliveryRow}. */
export const DELIVERY_COLUMNS = `d.tenant_id AS "tenantId", d.id, d.schedule_id AS "scheduleId", d.run_id AS "runId",
  d.channel_id AS "channelId", d.contact_id AS "contactId", coalesce(q.state::text, d.status::text) AS state,
  coalesce(q.wait_reason::text, 'none') AS "waitReason", coalesce(q.cancel_requested, false) AS "cancelRequested",
  d.priority, d.due_at AS "dueAt", d.created_at AS "createdAt", d.sent_at AS "sentAt", d.delivered_at AS "deliveredAt",
  d.read_at AS "readAt", d.failed_at AS "failedAt", coalesce(q.attempt, d.attempt) AS attempt, ${DELIVERY_VERSION} AS version,
  d.variation, d.address, d.client_message_id AS "clientMessageId", d.nickname_used AS "nicknameUsed", d.content,
  d.gateway_message_id AS "gatewayMessageId", d.gateway_response AS "gatewayResponse",
  coalesce(q.error_code, d.error_code) AS "errorCode", coalesce(q.error_message, d.error_message) AS "errorMessage"`;

export function toDeliveryRow({ waitReason, ...row }: RawDeliveryRow): DeliveryRow {
  return { ...row, status: apiStatusOf(row.state, waitReason) };
}
