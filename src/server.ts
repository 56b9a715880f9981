import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { AppModule } from './app.module.js';
import type { AppConfig } from './platform/config/app-config.js';
import { NestLogger, type Logger } from './platform/logging/logger.js';

/** An import of 100,000 contacts is about 15 MB of text. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Builds the application on a migrated database and listens; `close` resolves when everything has stopped. */
export async function startServer(
  config: AppConfig,
  databaseUrl: string,
  logger: Logger,
): Promise<{ app: NestFastifyApplication; url: string; close: () => Promise<void> }> {
  const adapter = new FastifyAdapter({ bodyLimit: BODY_LIMIT_BYTES, forceCloseConnections: true });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.register(config, databaseUrl, logger),
    adapter,
    {
      logger: new NestLogger(logger),
      abortOnError: false,
    },
  );
  if (config.corsOrigins.length > 0) app.enableCors({ origin: [...config.corsOrigins] });
  await app.listen(config.port, config.host);
  const address = app.getHttpServer().address() as { port: number };
  return { app, url: config.publicUrl ?? `http://localhost:${address.port}`, close: () => app.close() };
}
