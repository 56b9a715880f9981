import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOrCreateEncryptionKey } from './encryption-key.js';

describe('readOrCreateEncryptionKey', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'pontual-key-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  it('takes the configured key in hexadecimal and in base64, and writes no file', () => {
    const key = Buffer.alloc(32, 7);
    expect(readOrCreateEncryptionKey({ dataDir, encryptionKey: key.toString('hex') })).toEqual(key);
    expect(readOrCreateEncryptionKey({ dataDir, encryptionKey: key.toString('base64') })).toEqual(key);
    expect(readdirSync(dataDir)).toEqual([]);
  });

  it('draws a key once, readable by its owner alone, and leaves nothing else behind', () => {
    const nested = join(dataDir, 'new');
    const first = readOrCreateEncryptionKey({ dataDir: nested, encryptionKey: undefined });
    expect(first).toHaveLength(32);
    expect(readOrCreateEncryptionKey({ dataDir: nested, encryptionKey: undefined })).toEqual(first);
    expect(readdirSync(nested)).toEqual(['encryption-key']);
    expect(statSync(join(nested, 'encryption-key')).mode & 0o777).toBe(0o600);
  });

  it('refuses a damaged key file instead of drawing a new key, under which no stored secret would open', () => {
    writeFileSync(join(dataDir, 'encryption-key'), 'abc\n');
    expect(() => readOrCreateEncryptionKey({ dataDir, encryptionKey: undefined })).toThrow(/encryption-key must hold/);
  });
});
