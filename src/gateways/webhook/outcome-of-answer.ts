import { OutcomeClass, PauseScope, type SendOutcome } from '../../core/gateway/send-outcome.js';
import { toStorable, toStorableJson } from '../../core/values/storable.js';
import type { DurationMs, EpochMs } from '../../core/values/time.js';
import type { HttpAnswer } from '../http-client.js';

const MAX_ID = 255;
const MAX_CODE = 100;
const MAX_DETAIL = 1_000;
const MAX_KEPT_RESPONSE = 4_096;

/**
 * What a refusal means by its status alone. The service may say it better in its body: a `code` that is one of
 * {@link OutcomeClass}, such as "recipient", decides instead.
 */
const CLASS_BY_STATUS: Readonly<Record<number, OutcomeClass>> = {
  401: OutcomeClass.AUTH,
  402: OutcomeClass.CONFIG,
  403: OutcomeClass.AUTH,
  404: OutcomeClass.CONFIG,
  405: OutcomeClass.CONFIG,
  408: OutcomeClass.TRANSIENT,
  410: OutcomeClass.CONFIG,
  425: OutcomeClass.TRANSIENT,
  429: OutcomeClass.RATE_LIMIT,
};

/** What has to pause for each class. */
const SCOPE_BY_CLASS: Readonly<Record<OutcomeClass, PauseScope>> = {
  transient: PauseScope.MESSAGE,
  rate_limit: PauseScope.CHANNEL,
  auth: PauseScope.CHANNEL,
  config: PauseScope.CHANNEL,
  recipient: PauseScope.MESSAGE,
  content: PauseScope.MESSAGE,
  window_closed: PauseScope.PAIR,
  policy: PauseScope.CHANNEL,
  opted_out: PauseScope.PAIR,
};

/**
 * The WEBHOOK gateway's table of answers:
 *
 * | answer | outcome |
 * |---|---|
 * | 2xx with { "messageId": "…" } | accepted |
 * | 429 or 503 with Retry-After (seconds or HTTP date) | notProcessed |
 * | any other 4xx | rejected; class by body `code`, else by status, else content |
 * | nothing handed to a connection (no address, refused, TLS failure, connect timeout) | notProcessed |
 * | everything else: other 2xx, 3xx, 5xx, timeout, reset, an answer cut short | uncertain |
 */
export function outcomeOfAnswer(answer: HttpAnswer, nowMs: EpochMs): SendOutcome {
  if (answer.kind === 'notSent') return { kind: 'notProcessed', reason: toStorable(answer.reason, MAX_DETAIL) };
  if (answer.kind === 'lost') return { kind: 'uncertain', reason: toStorable(answer.reason, MAX_DETAIL) };
  const { status } = answer;
  const body = readObject(answer.body);
  const retryAfterMs = readRetryAfter(answer.headers['retry-after'], nowMs);
  if (status >= 200 && status < 300) return accepted(status, answer.body, body);
  if ((status === 429 || status === 503) && retryAfterMs !== undefined) {
    return { kind: 'notProcessed', reason: `HTTP ${status}`, retryAfterMs };
  }
  if (status >= 400 && status < 500) return rejected(status, body, retryAfterMs);
  return { kind: 'uncertain', reason: `HTTP ${status}` };
}

function accepted(status: number, text: string, body: Readonly<Record<string, unknown>>): SendOutcome {
  const { messageId } = body;
  const id = typeof messageId === 'number' ? String(messageId) : messageId;
  if (typeof id !== 'string' || id === '' || toStorable(id, MAX_ID) !== id) {
    return { kind: 'uncertain', reason: `HTTP ${status} without a messageId` };
  }
  const response = text.length <= MAX_KEPT_RESPONSE ? toStorableJson(body, MAX_KEPT_RESPONSE) : { messageId: id };
  return { kind: 'accepted', gatewayMessageId: id, response };
}

function rejected(
  status: number,
  body: Readonly<Record<string, unknown>>,
  retryAfterMs: DurationMs | undefined,
): SendOutcome {
  const given = typeof body['code'] === 'string' ? toStorable(body['code'], MAX_CODE) : '';
  const outcomeClass = namedClass(given) ?? CLASS_BY_STATUS[status] ?? OutcomeClass.CONTENT;
  const message = typeof body['message'] === 'string' ? toStorable(body['message'], MAX_DETAIL) : '';
  return {
    kind: 'rejected',
    class: outcomeClass,
    code: given === '' ? `HTTP_${status}` : given,
    detail: message === '' ? `The service answered HTTP ${status}.` : message,
    scope: SCOPE_BY_CLASS[outcomeClass],
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function namedClass(code: string): OutcomeClass | undefined {
  return Object.values(OutcomeClass).find((name) => name === code.toLowerCase());
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    // Not JSON: the status alone has to do.
    return {};
  }
}

/** RFC 9110, section 10.2.3: seconds or an HTTP date. undefined when absent or unreadable; a date in the past is 0. */
function readRetryAfter(value: string | readonly string[] | undefined, nowMs: EpochMs): DurationMs | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  // Only the form that RFC 9110 has senders use; Date.parse would read almost anything.
  const at = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
