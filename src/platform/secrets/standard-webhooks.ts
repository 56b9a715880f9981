import { createHmac, timingSafeEqual } from 'node:crypto';
import type { DurationMs, EpochMs } from '../../core/values/time.js';

/*
 * Signatures of Standard Webhooks, scheme v1: base64 of HMAC-SHA256 over "{id}.{timestamp}.{body}".
 * Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */

const SECRET = /^whsec_([A-Za-z0-9+/]+={0,2})$/;
const KEY_BYTES = { min: 24, max: 64 } as const;

/** How far the sender's clock may be from ours, and how old a recorded request can be at most when it is replayed. */
const TOLERANCE_MS: DurationMs = 5 * 60_000;

/** How a secret has to look, for messages to people. */
export const SECRET_FORM = 'must be whsec_ followed by 24 to 64 random bytes in base64';

/** The three headers of a signed request. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  readonly 'webhook-timestamp': string;
  readonly 'webhook-signature': string;
}

/** The key inside a `whsec_` secret; undefined when the text is no such secret. */
export function signingKey(secret: string): Buffer | undefined {
  const encoded = SECRET.exec(secret)?.[1];
  if (encoded === undefined) return undefined;
  const key = Buffer.from(encoded, 'base64');
  return key.length >= KEY_BYTES.min && key.length <= KEY_BYTES.max ? key : undefined;
}

/**
 * The headers for a body that is sent byte by byte as given. `id` is the same for every repetition of the request and
 * must not contain a dot; `nowMs` is the time of this repetition.
 */
export function signatureHeaders(key: Buffer, id: string, nowMs: EpochMs, body: string | Uint8Array): SignatureHeaders {
  const timestamp = String(Math.floor(nowMs / 1000));
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${digest(key, id, timestamp, body).toString('base64')}`,
  };
}

/** Whether a request is from somebody who has the key: `valid`, or why it cannot be believed. */
export function checkSignature(
  key: Buffer,
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
  body: Uint8Array,
  nowMs: EpochMs,
): 'valid' | 'missing headers' | 'timestamp too far from now' | 'wrong signature' {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof signatures !== 'string') {
    return 'missing headers';
  }
  if (!/^\d{1,12}$/.test(timestamp) || Math.abs(Number(timestamp) * 1000 - nowMs) > TOLERANCE_MS) {
    return 'timestamp too far from now';
  }
  const expected = digest(key, id, timestamp, body);
  // Several signatures stand there while the sender changes its secret.
  const isGenuine = signatures
    .split(' ')
    .filter((signature) => signature.startsWith('v1,'))
    .map((signature) => Buffer.from(signature.slice(3), 'base64'))
    .some((given) => given.length === expected.length && timingSafeEqual(given, expected));
  return isGenuine ? 'valid' : 'wrong signature';
}

function digest(key: Buffer, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
}
