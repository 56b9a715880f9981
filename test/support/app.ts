import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { ormOptions } from '../../ormconfig.js';
import { bootstrapTenant, createTenant } from '../../src/modules/tenants/index.js';
import { parseConfig, type AppConfig } from '../../src/platform/config/app-config.js';
import { Database } from '../../src/platform/database/database.js';
import { Logger } from '../../src/platform/logging/logger.js';
import { startServer } from '../../src/server.js';
import { createTestDatabase } from './test-database.js';

/** One answer of the GraphQL endpoint. */
export interface GraphQLAnswer<Data> {
  readonly data: Data | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly path?: readonly (string | number)[];
    readonly extensions: {
      readonly code: string;
      readonly violations?: readonly { readonly field: string; readonly message: string; readonly rule: string }[];
      readonly current?: Readonly<Record<string, unknown>>;
      readonly correlationId?: string;
    };
  }[];
}

/** The whole program on a database of its own. */
export interface TestApp {
  /** Without a slash at the end; GraphQL is at `${url}/graphql`. */
  readonly url: string;
  readonly databaseUrl: string;
  readonly config: AppConfig;
  /** The first tenant's ADMIN key. */
  readonly adminKey: string;
  /** Sends one operation, under the admin key unless another is given ("" for none). */
  gql<Data = Record<string, never>>(
    query: string,
    variables?: Readonly<Record<string, unknown>>,
    key?: string,
  ): Promise<GraphQLAnswer<Data>>;
  /** Like {@link gql}, for an operation that must succeed: its data. */
  data<Data>(query: string, variables?: Readonly<Record<string, unknown>>, key?: string): Promise<Data>;
  /** A further tenant's ADMIN key. */
  newTenant(name: string): Promise<string>;
  /** Stops everything and removes the database; resolves when nothing of it runs. */
  close(): Promise<void>;
}

/** Starts the program on a fresh database. `overrides` are environment variables. */
export async function startTestApp(overrides: Readonly<Record<string, string>> = {}): Promise<TestApp> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'pontual-app-'));
  const adminKey = `test-${randomBytes(16).toString('hex')}`;
  const config = configOf({
    NODE_ENV: 'test',
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.url,
    DATA_DIR: dataDir,
    ADMIN_API_KEY: adminKey,
    LOG_LEVEL: 'error',
    ...overrides,
  });
  await withDatabase(database.url, (sql) => bootstrapTenant(sql, config));
  const server = await startServer(config, database.url, Logger.create(config.logLevel));
  const url = server.url.replace('localhost', '127.0.0.1');
  const gql: TestApp['gql'] = (query, variables = {}, key = adminKey) =>
    send(`${url}/graphql`, { query, variables }, key);
  return {
    url,
    databaseUrl: database.url,
    config,
    adminKey,
    gql,
    data: async <Data>(query: string, variables?: Readonly<Record<string, unknown>>, key?: string) => {
      const { data, errors } = await gql<Data>(query, variables, key);
      if (errors || data === null) throw new Error(`the operation was refused: ${JSON.stringify(errors)}`);
      return data;
    },
    newTenant: async (name) => (await withDatabase(database.url, (sql) => createTenant(sql, config, name))).adminKey,
    close: async () => {
      await server.close();
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function send<Data>(url: string, body: unknown, key: string): Promise<GraphQLAnswer<Data>> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key === '' ? {} : { authorization: `Bearer ${key}` }) },
    body: JSON.stringify(body),
  });
  return (await response.json()) as GraphQLAnswer<Data>;
}

function configOf(environment: Readonly<Record<string, string>>): AppConfig {
  const parsed = parseConfig(environment);
  if (!parsed.ok) throw new Error(`the test's settings are wrong: ${parsed.error.join('; ')}`);
  return parsed.value;
}

async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const dataSource = await new DataSource(ormOptions(url, 1)).initialize();
  try {
    return await work(new Database(dataSource));
  } finally {
    await dataSource.destroy();
  }
}
