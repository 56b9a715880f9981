import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Server } from './api.js';

const DEFAULT_URL = 'http://localhost:3000';

export interface OpenedServer extends Server {
  /** Ends the server if the demo started it. */
  close(): Promise<void>;
}

/**
 * The server to show: PONTUAL_URL with PONTUAL_KEY, or the one at the default address with the key of the data
 * directory, or one of our own on a free port with data that is thrown away afterwards.
 */
export async function openServer(): Promise<OpenedServer> {
  const { PONTUAL_URL: url, PONTUAL_KEY: key } = process.env;
  if (url && key) return { url, key, close: () => Promise.resolve() };
  const keyFile = resolve(process.env.DATA_DIR ?? './data', 'admin-api-key');
  const knownKey =
    process.env.ADMIN_API_KEY ?? (existsSync(keyFile) ? readFileSync(keyFile, 'utf8').trim() : undefined);
  if (knownKey !== undefined && (await answers(DEFAULT_URL, knownKey))) {
    console.log(`Using the server at ${DEFAULT_URL}.`);
    return { url: DEFAULT_URL, key: knownKey, close: () => Promise.resolve() };
  }
  return startOwn();
}

/** Only a server that knows the key is ours: something else may listen there. */
async function answers(url: string, key: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
      body: JSON.stringify({ query: '{ viewer { name } }' }),
    });
    return ((await response.json()) as { data?: { viewer?: unknown } }).data?.viewer !== undefined;
  } catch {
    // Nothing listens there, or no GraphQL server does.
    return false;
  }
}

async function startOwn(): Promise<OpenedServer> {
  console.log('Starting a server of our own …');
  const dataDir = await mkdtemp(join(tmpdir(), 'pontual-demo-'));
  const child = spawn(process.execPath, [join(__dirname, '..', 'src', 'main.js')], {
    env: { ...process.env, DATA_DIR: dataDir, PORT: '0', HOST: '127.0.0.1', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  const url = await new Promise<string>((found, failed) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      const match = /GraphQL:\s+(http:\S+)\/graphql/.exec(output)?.[1];
      if (match !== undefined) found(match.replace('localhost', '127.0.0.1'));
    });
    child.once('exit', (code) => failed(new Error(`the server ended with code ${code}\n${output}`)));
  });
  const key = process.env.ADMIN_API_KEY ?? readFileSync(join(dataDir, 'admin-api-key'), 'utf8').trim();
  return {
    url,
    key,
    close: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
