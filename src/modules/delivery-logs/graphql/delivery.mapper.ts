import type { DeliveryAttemptRow, DeliveryRow } from '../application/delivery-rows.js';
import type { DeliveryUpdate } from '../application/delivery-updates.js';
import type { MessageSentData } from '../application/message-sent.js';
import type { DeliveryAttemptType, DeliveryEventType, DeliveryType, MessageSentEventType } from './delivery.types.js';

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

export function toDeliveryEventType({ row, previousStatus, status, at }: DeliveryUpdate): DeliveryEventType {
  return { delivery: { ...toDeliveryType(row), isLive: true }, previousStatus, status, at };
}

export function toMessageSentEventType(data: MessageSentData): MessageSentEventType {
  return { event: 'message_sent', data, version: 'v1' };
}
