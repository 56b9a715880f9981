import { randomBytes } from 'node:crypto';
import { apiClient, type ApiClient } from '../../test/support/api-client.js';
import { startServerProcess, type ServerProcess } from '../../test/support/server-process.js';

/** The program in a process of its own, and a client with the rights of an admin. */
export interface Pontual {
  readonly api: ApiClient;
  readonly key: string;
  readonly server: ServerProcess;
}

/** Starts the program as it is deployed, compiled, on an empty or filled database. */
export async function startPontual(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Pontual> {
  const key = environment['ADMIN_API_KEY'] ?? `bench-${randomBytes(16).toString('hex')}`;
  const server = await startServerProcess(
    { NODE_ENV: 'production', DATABASE_URL: databaseUrl, ADMIN_API_KEY: key, ...environment },
    COMPILED,
  );
  return { api: apiClient(server.url, key), key, server };
}

const COMPILED = ['dist/src/main.js'];
