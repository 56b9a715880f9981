import { existsSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { startEmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';
import { createTestDatabase } from '../support/test-database.js';
import { eventually } from '../support/eventually.js';
import { migrate } from '../../src/platform/database/migrate.js';

/** The database of one run of the harness. */
export interface ChaosDatabase {
  readonly url: string;
  /**
   * Ends the server as a crash would, and waits until it is back. False: it was down already. Undefined where others use
   * the server too.
   */
  readonly crash: (() => Promise<boolean>) | undefined;
  close(): Promise<void>;
}

/**
 * A disk's patience is not what is tested, and an immediate shutdown of PostgreSQL loses what its processes had not
 * handed to the system: commits that do not wait for the log. The log's writer is slow, so that there are some.
 */
const SETTINGS = { fsync: 'off', shared_buffers: '128MB', wal_writer_delay: '2s', max_connections: 300 };

const FOLDER_PREFIX = 'pontual-chaos-db-';

/** A PostgreSQL of the harness's own, so that it can be crashed. */
export async function startOwnDatabase(): Promise<ChaosDatabase> {
  await removeLeftovers();
  const dataDir = await mkdtemp(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  // mkdtemp hides the folder from everybody; the user that root runs PostgreSQL as must pass through.
  await chmod(dataDir, 0o711);
  const server = await startEmbeddedPostgres({ dataDir, settings: SETTINGS });
  await migrate(server.url);
  return {
    url: server.url,
    crash: async () => {
      const { pid } = server;
      if (!endAtOnce(pid)) return false;
      // The embedded server is started again by whoever uses it, which is this process.
      await eventually(() => server.pid !== pid && isAccepting(server.url), 60_000);
      return true;
    },
    close: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** A harness that was killed leaves its server running. */
async function removeLeftovers(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(FOLDER_PREFIX) ? Number(name.slice(FOLDER_PREFIX.length).split('-')[0]) : Number.NaN;
    if (Number.isNaN(pid) || isRunning(pid)) continue;
    const dataDir = join(tmpdir(), name);
    if (existsSync(join(dataDir, 'postgres', 'postmaster.pid')))
      await (await startEmbeddedPostgres({ dataDir, settings: SETTINGS })).stop();
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

/** A database on the server that all tests share: it cannot be crashed. */
export async function shareTestServer(): Promise<ChaosDatabase> {
  const database = await createTestDatabase();
  return { url: database.url, crash: undefined, close: () => database.drop() };
}

/** Rows of a statement on a connection of its own. */
export async function rowsOf<Row>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url, application_name: 'chaos' });
  // A crash of the server is told by the query as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}

/** Ends the connections to the database for which the function says so, whatever they are at; returns how many. */
export async function terminateBackends(url: string, isHit: () => boolean): Promise<number> {
  const open = await rowsOf<{ pid: number }>(
    url,
    `SELECT pid FROM pg_stat_activity
      WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> 'chaos'
        AND application_name NOT LIKE '%keeper%' ORDER BY backend_start, pid`,
  );
  const pids = open.filter(isHit).map((row) => row.pid);
  const rows = await rowsOf<{ ended: boolean }>(
    url,
    'SELECT pg_terminate_backend(pid) AS ended FROM unnest($1::int[]) AS t (pid)',
    [pids],
  );
  return rows.filter((row) => row.ended).length;
}

/** PostgreSQL's immediate shutdown. False: the process is gone. */
function endAtOnce(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGQUIT');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    throw error;
  }
}

async function isAccepting(url: string): Promise<boolean> {
  return rowsOf(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
}
