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
    process.stderr.write(
      `Pontual cannot start with these settings:\n${parsed.error.map((line) => `  ${line}\n`).join('')}`,
    );
    process.exit(2);
  }
  const config = parsed.value;
  const logger = Logger.create(config.logLevel);
  const running = new Running(logger);
  // From the first moment, so that a signal during the start leaves no PostgreSQL behind.
  process.on('SIGTERM', () => running.stop('SIGTERM'));
  process.on('SIGINT', () => running.stop('SIGINT'));
  await running.start(async (endWith) => {
    const postgres = await openDatabase(config, logger);
    endWith(() => postgres.stop());
    const { applied } = await migrate(postgres.url);
    if (applied.length > 0) logger.info('database.migrated', { applied });
    const bootstrapped = await bootstrap(config, postgres.url);
    const server = await startServer(config, postgres.url, logger);
    endWith(() => server.close());
    greet(config, server.url, bootstrapped);
  });
}

type End = () => Promise<void>;

/** What was started and how it is ended: the newest first, and not before the start itself is over. */
class Running {
  private readonly ends: End[] = [];
  private started: Promise<void> = Promise.resolve();
  private stopping = false;

  constructor(private readonly logger: Logger) {}

  async start(work: (endWith: (end: End) => void) => Promise<void>): Promise<void> {
    this.started = work((end) => this.ends.unshift(end));
    try {
      await this.started;
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  /** Ends everything and the process. */
  stop(signal: string): void {
    if (this.stopping) return;
    this.stopping = true;
    this.logger.info('server.stopping', { signal });
    this.started
      .then(() => this.end())
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        this.logger.error('server.stop-failed', errorFacts(error));
        process.exit(1);
      });
  }

  private async end(): Promise<void> {
    for (const end of this.ends.splice(0)) await end();
  }
}

async function openDatabase(config: AppConfig, logger: Logger): Promise<{ url: string; stop: () => Promise<void> }> {
  if (config.databaseUrl !== undefined) return { url: config.databaseUrl, stop: () => Promise.resolve() };
  return startEmbeddedPostgres({
    dataDir: config.dataDir,
    log: (level, event, facts) => logger[level](`postgres.${event}`, facts),
  });
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
  const key =
    keyFile === undefined
      ? 'the one that ADMIN_API_KEY gave'
      : created
        ? `${adminKey}   (kept in ${keyFile})`
        : `kept in ${keyFile}`;
  process.stdout.write(
    [
      '',
      `Pontual is running (${config.role}).`,
      `  GraphQL:  ${url}/graphql   (open it in a browser to try queries)`,
      `  Admin key: ${key}`,
      '  Send it as "Authorization: Bearer <key>". Stop with Ctrl-C.',
      '',
      '',
    ].join('\n'),
  );
}

main().catch((error: unknown) => {
  process.stderr.write(
    `Pontual could not start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exit(1);
});
