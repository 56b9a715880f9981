import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { AppConfig } from '../config/app-config.js';
import { KEY_BYTES } from './secret-box.js';

const KEY_FILE = 'encryption-key';

/** ENCRYPTION_KEY, or a key drawn once and kept in the data directory (mode 0600). */
export function readOrCreateEncryptionKey(config: Pick<AppConfig, 'encryptionKey' | 'dataDir'>): Buffer {
  if (config.encryptionKey !== undefined) return parseKey(config.encryptionKey, 'ENCRYPTION_KEY');
  const file = join(config.dataDir, KEY_FILE);
  const existing = readIfExists(file);
  if (existing !== undefined) return parseKey(existing, file);
  create(config.dataDir, file);
  return parseKey(readFileSync(file, 'utf8'), file);
}

/**
 * The key appears under its name complete and on the disk, or not at all: a second process that starts meanwhile must
 * not read half of it, and a secret must not be stored under a key that a power cut then takes away.
 */
function create(dataDir: string, file: string): void {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const descriptor = openSync(draft, 'wx', 0o600);
  try {
    writeSync(descriptor, `${randomBytes(KEY_BYTES).toString('hex')}\n`);
    fsyncSync(descriptor);
    linkSync(draft, file);
  } catch (error) {
    // Another process of this data directory was first: its key counts.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    closeSync(descriptor);
    rmSync(draft, { force: true });
  }
}

function readIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseKey(text: string, source: string): Buffer {
  const trimmed = text.trim();
  const key = Buffer.from(trimmed, /^[0-9a-f]{64}$/i.test(trimmed) ? 'hex' : 'base64');
  if (key.length !== KEY_BYTES) throw new Error(`${source} must hold ${KEY_BYTES} bytes in hexadecimal or base64`);
  return key;
}
