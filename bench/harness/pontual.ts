import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { apiClient, type ApiClient } from '../../test/support/api-client.js';
import { startServerProcess, type ServerProcess } from '../../test/support/server-process.js';
import { BENCH_NODE } from './node.js';

const ROOT = join(__dirname, '..', '..');

/** The program in a process of its own, and a client with the rights of an admin. */
export interface Pontual {
  readonly api: ApiClient;
  readonly key: string;
  readonly server: ServerProcess;
}

/**
 * Starts the program as it is deployed, compiled, on an empty or filled database; `small` from its sources, which need
 * no build.
 */
export async function startPontual(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
  small = false,
): Promise<Pontual> {
  const key = environment['ADMIN_API_KEY'] ?? `bench-${randomBytes(16).toString('hex')}`;
  const server = await startServerProcess(
    { NODE_ENV: 'production', DATABASE_URL: databaseUrl, ADMIN_API_KEY: key, ...environment },
    small ? undefined : [COMPILED],
    BENCH_NODE,
  );
  return { api: apiClient(server.url, key), key, server };
}

/** PONTUAL_DIST names another build's folder. */
const COMPILED = join(resolve(ROOT, process.env.PONTUAL_DIST ?? 'dist'), 'src', 'main.js');
