import type { GatewaySettings } from '../../core/gateway/gateway-factory.js';
import type { Result } from '../../core/values/result.js';
import type { DurationMs } from '../../core/values/time.js';
import type { Violation } from '../../core/values/violation.js';
import { SECRET_FORM, signingKey } from '../../platform/secrets/standard-webhooks.js';
import { SettingsReader } from '../settings-reader.js';

/** Where messages are posted and how. */
export interface WebhookSettings {
  readonly url: string;
  /** A Standard Webhooks secret: requests to the service are signed with it, and its status events must be. */
  readonly secret: string | null;
  /** Further headers of each request, such as Authorization; their values are secret. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly timeoutMs: DurationMs;
  /** Calls at once at most. */
  readonly concurrency: number;
  /** The service honours Idempotency-Key, so an uncertain call may be repeated. */
  readonly idempotent: boolean;
}

const TIMEOUT = { min: 100, max: 60_000 } as const;
const CONCURRENCY = { min: 1, max: 1_000 } as const;
const MAX_HEADERS = 30;

/** RFC 9110, section 5.6.2 (token). */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,100}$/;
const HEADER_VALUE = /^[\x21-\x7e]([\x20-\x7e\t]{0,4094}[\x21-\x7e])?$/;

/** Headers that the program or HTTP itself sets: message framing and the hop-by-hop ones of RFC 9110, section 7.6.1. */
const RESERVED_HEADERS = new Set([
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
]);

/** The complete settings, or everything that is wrong with them. */
export function readWebhookSettings(
  given: GatewaySettings,
  path: string,
): Result<WebhookSettings, readonly Violation[]> {
  const reader = new SettingsReader(given, path);
  return reader.done({
    url: reader.url('url'),
    secret: readSecret(reader),
    headers: readHeaders(reader),
    timeoutMs: reader.integer('timeoutMs', TIMEOUT, 30_000),
    concurrency: reader.integer('concurrency', CONCURRENCY, 100),
    idempotent: reader.flag('idempotent', false),
  });
}

function readSecret(reader: SettingsReader): string | null {
  const secret = reader.raw('secret');
  if (secret === undefined) return null;
  if (typeof secret === 'string' && signingKey(secret) !== undefined) return secret;
  reader.refuse('secret', 'secret', SECRET_FORM);
  return null;
}

function readHeaders(reader: SettingsReader): Readonly<Record<string, string>> | null {
  const headers = reader.raw('headers');
  if (headers === undefined) return null;
  if (typeof headers !== 'object' || Array.isArray(headers)) {
    reader.refuse('headers', 'type', 'must be an object of header names and texts');
    return null;
  }
  const entries = Object.entries(headers as Record<string, unknown>);
  const names = entries.map(([name]) => name.toLowerCase());
  if (entries.length > MAX_HEADERS) reader.refuse('headers', 'maxItems', `must have at most ${MAX_HEADERS} headers`);
  if (new Set(names).size < names.length) reader.refuse('headers', 'unique', 'must name each header once');
  for (const [name, value] of entries) {
    const field = `headers.${name.slice(0, 100)}`;
    if (!HEADER_NAME.test(name)) reader.refuse(field, 'header.name', 'is not a header name');
    if (RESERVED_HEADERS.has(name.toLowerCase())) reader.refuse(field, 'header.reserved', 'is set by the program');
    if (typeof value !== 'string' || !HEADER_VALUE.test(value)) {
      reader.refuse(field, 'header.value', 'must be a text of 1 to 4096 visible ASCII characters');
    }
  }
  return entries.length === 0 ? null : (Object.fromEntries(entries) as Record<string, string>);
}
