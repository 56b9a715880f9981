import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiClient, type ApiClient } from '../test/support/api-client.js';
import { startServerProcess } from '../test/support/server-process.js';

/** Runs the work against a server process of its own, on DATABASE_URL or on an embedded PostgreSQL. */
export async function withServer(work: (api: ApiClient) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pontual-bench-'));
  const adminKey = `bench-${randomBytes(16).toString('hex')}`;
  const environment = { DATA_DIR: dataDir, ADMIN_API_KEY: adminKey };
  const url = process.env.DATABASE_URL ?? '';
  const server = await startServerProcess(url === '' ? environment : { ...environment, DATABASE_URL: url });
  try {
    await work(apiClient(server.url, adminKey));
  } finally {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}
