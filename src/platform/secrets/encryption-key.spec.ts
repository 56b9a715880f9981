import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
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

  it('gives processes that start together the same key', async () => {
    const source = JSON.stringify(resolve(__dirname, 'encryption-key.ts'));
    const program = `const { readOrCreateEncryptionKey } = require(${source});
      process.stdout.write(readOrCreateEncryptionKey({ dataDir: ${JSON.stringify(dataDir)} }).toString('hex'));`;
    const register = resolve(__dirname, '../../../test/support/typescript-register.cjs');
    const start = () => promisify(execFile)(process.execPath, ['--require', register, '--eval', program]);
    const printed = await Promise.all([start(), start(), start(), start()]);
    const keys = new Set(printed.map(({ stdout }) => stdout));
    expect(keys).toEqual(new Set([readOrCreateEncryptionKey({ dataDir, encryptionKey: undefined }).toString('hex')]));
    expect(readdirSync(dataDir)).toEqual(['encryption-key']);
  }, 30_000);

  it('refuses a damaged key file instead of drawing a new key, under which no stored secret would open', () => {
    writeFileSync(join(dataDir, 'encryption-key'), 'abc\n');
    expect(() => readOrCreateEncryptionKey({ dataDir, encryptionKey: undefined })).toThrow(/encryption-key must hold/);
  });
});
