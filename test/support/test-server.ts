import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';

declare global {
  /** On the process, because jest runs setup and teardown as separate modules and several projects name the same setup. */
  var pontualTestServer: { readonly stop: () => Promise<void> } | undefined;
}

const FOLDER_PREFIX = 'pontual-test-';

/** What is lost in a crash of a test server does not matter; waiting for the disk would. */
const TEST_SETTINGS = { fsync: 'off', full_page_writes: 'off', shared_buffers: '128MB', max_connections: 300 };

/**
 * Starts the PostgreSQL that all tests of this run share, or takes the one in DATABASE_URL, and tells the tests by the environment:
 * TEST_DATABASE_URL is its administrator's URL, TEST_DATABASE_TEMPLATE the name of this run's migrated template.
 */
export async function startTestServer(): Promise<void> {
  if (globalThis.pontualTestServer !== undefined) return;
  const template = `pontual_template_${randomBytes(4).toString('hex')}`;
  const external = process.env.DATABASE_URL ?? '';
  const server =
    external === '' ? await startOwnServer() : { url: external, stop: () => dropTemplate(external, template) };
  process.env.TEST_DATABASE_URL = server.url;
  process.env.TEST_DATABASE_TEMPLATE = template;
  globalThis.pontualTestServer = { stop: server.stop };
}

async function startOwnServer(): Promise<{ url: string; stop: () => Promise<void> }> {
  await removeLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  // mkdtemp hides the folder from everybody; the user that root runs PostgreSQL as must pass through.
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({ dataDir, settings: TEST_SETTINGS });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A killed test run leaves its server running. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = /^pontual-test-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || isRunning(Number(pid))) continue;
    const dataDir = join(tmpdir(), name);
    if (existsSync(join(dataDir, 'postgres', 'postmaster.pid'))) {
      const left = await startEmbeddedPostgres({ dataDir, settings: TEST_SETTINGS });
      await left.stop();
    }
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** A process of another user counts as running: its folder is not ours to remove. */
function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

async function dropTemplate(url: string, template: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`drop database if exists ${client.escapeIdentifier(template)} with (force)`);
  } finally {
    await client.end();
  }
}
