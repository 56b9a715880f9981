import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { ormOptions } from '../ormconfig.js';
import { bootstrapTenant, type Bootstrapped } from './modules/tenants/index.js';
import { parseConfig, type AppConfig } from './platform/config/app-config.js';
import { Database } from './platform/database/database.js';
import { startEmbeddedPostgres } from './platform/database/embedded/embedded-postgres.js';
import { migrate } from './platform/database/migrate.js';
import { errorFacts, Logger } from './platform/logging/logger.js';
import { startServer } from './server.js';

async function main(): Promise<void> {
  const parsed = parseConfig(process.env);
  if (!parsed.ok) {
    process.stderr.write(`Pontual cannot start with these settings:\n${parsed.error.map((line) => `  ${line}\n`).join('')}`);
    process.exit(2);
  }
  const config = parsed.value;
  const logger = Logger.create(config.logLevel);
  const postgres = await openDatabase(config);
  const { applied } = await migrate(postgres.url);
  if (applied.length > 0) logger.info('database.migrated', { applied });
  const bootstrapped = await bootstrap(config, postgres.url);
  const server = await startServer(config, postgres.url, logger);
  greet(config, server.url, bootstrapped);

  let stopping = false;
  const stop = (signal: string): void => {
    if (stopping) return;
    stopping = true;
    logger.info('server.stopping', { signal });
    server
      .close()
      .then(() => postgres.stop())
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        logger.error('server.stop-failed', errorFacts(error));
        process.exit(1);
      });
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT'));
}

async function openDatabase(config: AppConfig): Promise<{ url: string; stop: () => Promise<void> }> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: () => Promise.resolve() };
  return startEmbeddedPostgres({ dataDir: config.dataDir });
}

async function bootstrap(config: AppConfig, url: string): Promise<Bootstrapped> {
  const dataSource = await new DataSource(ormOptions(url, 2)).initialize();
  try {
    return await bootstrapTenant(new Database(dataSource), config);
  } finally {
    await dataSource.destroy();
  }
}

/** Said in plain words, because the log is for machines. */
function greet(config: AppConfig, url: string, { adminKey, keyFile, created }: Bootstrapped): void {
  const key = keyFile === undefined ? 'the one that ADMIN_API_KEY gave' : created ? `${adminKey}   (kept in ${keyFile})` : `kept in ${keyFile}`;
  process.stdout.write(
    [
      '',
      `Pontual is running (${config.role}).`,
      `  Console:  ${url}/`,
      `  GraphQL:  ${url}/graphql   (open it in a browser to try queries)`,
      `  Admin key: ${key}`,
      '  Send it as "Authorization: Bearer <key>". Stop with Ctrl-C.',
      '',
      '',
    ].join('\n'),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`Pontual could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
