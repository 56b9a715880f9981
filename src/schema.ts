import 'reflect-metadata';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModulesContainer, NestFactory } from '@nestjs/core';
import { GraphQLSchemaFactory } from '@nestjs/graphql';
import { lexicographicSortSchema, printSchema, type GraphQLSchema } from 'graphql';
import { AppModule } from './app.module.js';
import { parseConfig } from './platform/config/app-config.js';
import { Logger } from './platform/logging/logger.js';

/** Where the program's schema is kept, seen from where npm runs. */
export const SCHEMA_FILE = 'schema.graphql';

const HEADING = '# Written by `npm run schema` from the code. Do not edit.\n\n';

/**
 * The schema that the server serves. Nest lays out the modules in its preview mode, in which nothing of ours is made or
 * started, so no database is needed; what the resolvers say about their types is enough.
 */
export async function programSchema(): Promise<GraphQLSchema> {
  const config = parseConfig({});
  if (!config.ok) throw new Error(config.error.join('; '));
  const logger = Logger.create('silent');
  const program = await NestFactory.createApplicationContext(
    AppModule.register(config.value, 'postgres://nowhere/none', logger),
    { preview: true, abortOnError: false, logger: false },
  );
  try {
    const providers = [...program.get(ModulesContainer).values()].flatMap((module) => [...module.providers.values()]);
    const classes = new Set(
      providers.map(({ metatype }) => metatype).filter((metatype) => typeof metatype === 'function'),
    );
    return lexicographicSortSchema(await program.get(GraphQLSchemaFactory, { strict: false }).create([...classes]));
  } finally {
    await program.close();
  }
}

/** The text of {@link SCHEMA_FILE}. */
export async function schemaText(): Promise<string> {
  return `${HEADING}${printSchema(await programSchema())}\n`;
}

async function main(): Promise<void> {
  await writeFile(join(process.cwd(), SCHEMA_FILE), await schemaText());
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  });
}
