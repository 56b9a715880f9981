import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type PostgresSettings,
} from '../../src/platform/database/embedded/embedded-postgres.js';

/** A PostgreSQL of the benchmark's own, with a disk that is waited for. */
export interface BenchPostgres {
  readonly version: string;
  /** Of its main process. */
  readonly pid: number;
  /** An empty database; returns its URL. */
  freshDatabase(): Promise<string>;
  dropDatabase(url: string): Promise<void>;
  close(): Promise<void>;
}

/** Durability is PostgreSQL's default; the rest is what a machine with some memory gives it. */
export const POSTGRES_SETTINGS = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  shared_buffers: '1GB',
  work_mem: '16MB',
  maintenance_work_mem: '256MB',
  max_wal_size: '8GB',
  checkpoint_timeout: '15min',
  autovacuum_naptime: '10s',
  jit: 'off',
  max_connections: '200',
} as const;

type StartPostgres = (options: {
  readonly dataDir: string;
  readonly settings: PostgresSettings;
}) => Promise<Pick<EmbeddedPostgres, 'url' | 'pid' | 'stop'>>;

const SMALL_SETTINGS = { ...POSTGRES_SETTINGS, shared_buffers: '64MB', max_wal_size: '1GB' };

/** `further` settings are set besides; `start` brings it up, by default as the program does for itself. */
export async function startBenchPostgres(
  small: boolean,
  further: Readonly<Record<string, string>> = {},
  start: StartPostgres = startEmbeddedPostgres,
): Promise<BenchPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pontual-bench-db-'));
  // mkdtemp hides the folder from everybody; the user that root runs PostgreSQL as must pass through.
  await chmod(dataDir, 0o711);
  const settings = { ...(small ? SMALL_SETTINGS : POSTGRES_SETTINGS), ...further };
  const server = await start({ dataDir, settings });
  const [{ version } = { version: '' }] = await rowsOf<{ version: string }>(
    server.url,
    `SELECT current_setting('server_version') AS version`,
  );
  // It outlives a process that is told to end.
  const abandon = (): void => {
    process.kill(server.pid, 'SIGINT');
    process.exit(1);
  };
  process.once('SIGINT', abandon).once('SIGTERM', abandon);
  let made = 0;
  return {
    version,
    get pid() {
      return server.pid;
    },
    freshDatabase: async () => {
      made += 1;
      const name = `bench_${made}`;
      await rowsOf(server.url, `CREATE DATABASE ${name}`);
      return Object.assign(new URL(server.url), { pathname: `/${name}` }).href;
    },
    dropDatabase: async (url) => {
      await rowsOf(server.url, `DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
    },
    close: async () => {
      process.off('SIGINT', abandon).off('SIGTERM', abandon);
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Rows of a statement on a connection of its own. */
export async function rowsOf<Row>(url: string, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const client = new Client({ connectionString: url, application_name: 'bench' });
  await client.connect();
  try {
    return (await client.query(text, [...values])).rows as Row[];
  } finally {
    await client.end();
  }
}
