import { createHash, randomBytes } from 'node:crypto';

/** Characters of a key that may be shown so that people can tell keys apart. */
const PREFIX_LENGTH = 12;

/** A new key: "pnt_" and 256 random bits. */
export function newSecret(): string {
  return `pnt_${randomBytes(32).toString('base64url')}`;
}

/**
 * What is stored of a key. A plain SHA-256 is enough because the key is random (at least 128 bits), not chosen by a
 * person; it keeps a look-up per request cheap.
 */
export function hashSecret(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}

/** The part that is shown in lists. */
export function prefixOf(secret: string): string {
  return secret.slice(0, PREFIX_LENGTH);
}
