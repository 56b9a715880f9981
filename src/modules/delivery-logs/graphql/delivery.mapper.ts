import type { Explanation } from '../../../core/explanation/explain-delivery.js';
import type { EpochMicros } from '../../../core/values/time.js';
import type { DeliveryAttemptRow, DeliveryRow } from '../application/delivery-rows.js';
import type { DeliveryUpdate } from '../application/delivery-updates.js';
import type { MessageSentData } from '../application/message-sent.js';
import type { DeliveryAttemptType, DeliveryEventType, DeliveryType, MessageSentEventType } from './delivery.types.js';
import type { DeliveryExplanationType } from './explanation.types.js';

export function toDeliveryType(row: DeliveryRow): DeliveryType {
  const { id, runId, status, priority, variation, nicknameUsed, dueAt, attempt, version, clientMessageId, createdAt } =
    row;
  const { gatewayMessageId, gatewayResponse, errorCode, errorMessage, sentAt, deliveredAt, readAt, failedAt } = row;
  return {
    row,
    isLive: false,
    id,
    runId,
    status,
    priority,
    variation,
    nicknameUsed,
    dueAt,
    attempt,
    gatewayMessageId,
    gatewayResponse,
    errorCode,
    errorMessage,
    clientMessageId,
    createdAt,
    sentAt,
    deliveredAt,
    readAt,
    failedAt,
    version,
  };
}

export function toDeliveryAttemptType(row: DeliveryAttemptRow): DeliveryAttemptType {
  const { number, startedAt, finishedAt, outcome, errorCode, errorMessage, durationMs } = row;
  return { number, startedAt, finishedAt, outcome: outcome ?? 'calling', errorCode, errorMessage, durationMs };
}

export function toDeliveryExplanationType({ summary, gates, earliestSendUs }: Explanation): DeliveryExplanationType {
  return {
    summary,
    gates: gates.map(({ kind, blocking, untilUs, detail }) => ({ kind, blocking, until: instantOf(untilUs), detail })),
    earliestSendAt: instantOf(earliestSendUs),
  };
}

/** Rounded up, so that a gate that is said to be open then is open then. */
function instantOf(us: EpochMicros | null): Date | null {
  return us === null ? null : new Date(Math.ceil(us / 1_000));
}

export function toDeliveryEventType({ row, previousStatus, status, at }: DeliveryUpdate): DeliveryEventType {
  return { delivery: { ...toDeliveryType(row), isLive: true }, previousStatus, status, at };
}

export function toMessageSentEventType(data: MessageSentData): MessageSentEventType {
  return { event: 'message_sent', data, version: 'v1' };
}
