import type { StatusWebhookReading, StatusWebhookRequest } from '../../core/gateway/gateway-factory.js';
import { StatusEventKind, type StatusEvent } from '../../core/gateway/send-outcome.js';
import { err, ok, type Result } from '../../core/values/result.js';
import { isStorable, toStorable } from '../../core/values/storable.js';
import { isId } from '../../platform/database/ids.js';
import { checkSignature, signingKey } from '../../platform/secrets/standard-webhooks.js';

const MAX_EVENTS = 1_000;
const MAX_ID = 255;
const MAX_CODE = 100;
const MAX_MESSAGE = 1_000;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/;

const KIND_BY_STATUS: Readonly<Record<string, StatusEventKind>> = {
  sent: StatusEventKind.SENT,
  delivered: StatusEventKind.DELIVERED,
  read: StatusEventKind.READ,
  failed: StatusEventKind.FAILED,
};

/**
 * Reads what a service behind a WEBHOOK channel posts to the channel's webhookPath: one event, or a list of up to 1,000,
 * as JSON, signed as Standard Webhooks says with the channel's secret (headers webhook-id, webhook-timestamp of the last
 * five minutes, webhook-signature). A channel without a secret takes none, because nobody could tell who posts.
 *
 *   {
 *     "eventId": "evt-1",                    unique among the channel's events, the same for repetitions; 1 to 255 characters
 *     "deliveryId": "…",                     as the message was posted with; this or messageId is needed, both are better
 *     "messageId": "m-1",                    as the service answered
 *     "status": "delivered",                 sent, delivered, read or failed
 *     "at": "2026-03-01T09:00:00.000Z",      an instant with an offset or Z
 *     "errorCode": "…", "errorMessage": "…"  optional, for failed
 *   }
 *
 * Other members are ignored. One unreadable event refuses the whole request, so that the service notices.
 */
export function readStatusWebhook(request: StatusWebhookRequest): StatusWebhookReading {
  const { secret } = request.settings;
  const key = typeof secret === 'string' ? signingKey(secret) : undefined;
  if (key === undefined) return refused(401, 'this channel has no secret, so it takes no status events');
  const check = checkSignature(key, request.headers, request.rawBody, request.nowMs);
  if (check !== 'valid') return refused(401, `not authentic: ${check}`);
  const body = readJson(request.rawBody);
  if (body === undefined) return refused(400, 'the body is not JSON');
  const items: readonly unknown[] = Array.isArray(body) ? body : [body];
  if (items.length > MAX_EVENTS) return refused(400, `more than ${MAX_EVENTS} events`);
  const events: StatusEvent[] = [];
  for (const [index, item] of items.entries()) {
    const event = readEvent(item);
    if (!event.ok) return refused(400, `event ${index}: ${event.error}`);
    events.push(event.value);
  }
  return { kind: 'events', events };
}

function refused(httpStatus: 400 | 401, reason: string): StatusWebhookReading {
  return { kind: 'refused', httpStatus, reason };
}

function readJson(rawBody: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(rawBody).toString('utf8')) as unknown;
  } catch {
    // Answered with 400 by the caller.
    return undefined;
  }
}

function readEvent(item: unknown): Result<StatusEvent, string> {
  if (typeof item !== 'object' || item === null) return err('is not an object');
  const { eventId, deliveryId, messageId, status, at, errorCode, errorMessage } = item as Record<string, unknown>;
  if (!isReference(eventId)) return err(`eventId must be a text of 1 to ${MAX_ID} characters`);
  if (!isAbsent(messageId) && !isReference(messageId))
    return err(`messageId must be a text of 1 to ${MAX_ID} characters`);
  if (!isAbsent(deliveryId) && !isDeliveryId(deliveryId))
    return err('deliveryId is none that a message was posted with');
  if (isAbsent(deliveryId) && isAbsent(messageId)) return err('needs a deliveryId or a messageId');
  const kind = typeof status === 'string' && Object.hasOwn(KIND_BY_STATUS, status) ? KIND_BY_STATUS[status] : undefined;
  if (kind === undefined) return err('status must be sent, delivered, read or failed');
  const atMs = typeof at === 'string' && INSTANT.test(at) ? Date.parse(at) : Number.NaN;
  if (Number.isNaN(atMs)) return err('at must be an instant such as 2026-03-01T09:00:00Z');
  return ok({
    kind,
    eventKey: eventId,
    at: atMs,
    ...(isDeliveryId(deliveryId) ? { deliveryId } : {}),
    ...(isReference(messageId) ? { gatewayMessageId: messageId } : {}),
    ...(typeof errorCode === 'string' ? { errorCode: toStorable(errorCode, MAX_CODE) } : {}),
    ...(typeof errorMessage === 'string' ? { errorMessage: toStorable(errorMessage, MAX_MESSAGE) } : {}),
  });
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function isReference(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_ID && isStorable(value);
}

function isDeliveryId(value: unknown): value is string {
  return typeof value === 'string' && isId(value);
}
