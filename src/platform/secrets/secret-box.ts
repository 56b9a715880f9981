import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

/** AES-256 takes no other length. */
export const KEY_BYTES = 32;

const VERSION = 1;
const KEY_ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + KEY_ID_BYTES + NONCE_BYTES + TAG_BYTES;

/**
 * Encrypts what must not be read from a copy of the database: AES-256-GCM with a random nonce of 96 bits.
 *
 * A sealed value is: one byte version (1), four bytes that name the key, the nonce, the tag, the ciphertext. The
 * additional data (`aad`) names the row, so that a value copied into another row or tenant does not open there.
 */
export class SecretBox {
  private readonly keyId: Buffer;

  constructor(private readonly key: Buffer) {
    if (key.length !== KEY_BYTES) throw new Error(`an encryption key has ${KEY_BYTES} bytes, not ${key.length}`);
    this.keyId = createHash('sha256').update('pontual key id').update(key).digest().subarray(0, KEY_ID_BYTES);
  }

  /** A sealed value, different each time. */
  seal(plain: string, aad: string): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(aad, 'utf8'));
    const ciphertext = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.of(VERSION), this.keyId, nonce, cipher.getAuthTag(), ciphertext]);
  }

  /** What was sealed. Throws when it was sealed with another key, for another row, or has been altered since. */
  open(sealed: Buffer, aad: string): string {
    if (sealed.length < HEADER_BYTES || sealed[0] !== VERSION) {
      throw new Error('a stored secret is damaged or was written by a newer version of this program');
    }
    const keyId = sealed.subarray(1, 1 + KEY_ID_BYTES);
    if (!keyId.equals(this.keyId)) {
      throw new Error(
        `a stored secret was encrypted with the key ${keyId.toString('hex')}, this process has the key ` +
          `${this.keyId.toString('hex')}: give every process the same ENCRYPTION_KEY`,
      );
    }
    const nonceAt = 1 + KEY_ID_BYTES;
    const nonce = sealed.subarray(nonceAt, nonceAt + NONCE_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.key, nonce, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(aad, 'utf8'));
    decipher.setAuthTag(sealed.subarray(nonceAt + NONCE_BYTES, HEADER_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]).toString('utf8');
    } catch (error) {
      throw new Error('a stored secret has been altered or belongs to another row', { cause: error });
    }
  }
}
