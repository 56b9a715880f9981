import 'reflect-metadata';
import { DataSource } from 'typeorm';
import { ormOptions } from '../ormconfig.js';
import { createTenant } from './modules/tenants/index.js';
import { parseConfig } from './platform/config/app-config.js';
import { Database } from './platform/database/database.js';
import { startEmbeddedPostgres } from './platform/database/embedded/embedded-postgres.js';
import { migrate } from './platform/database/migrate.js';

/** `npm run tenant -- "Name"`: makes a tenant and prints its admin key, also beside a running server. */
async function main(name: string): Promise<void> {
  const parsed = parseConfig(process.env);
  if (!parsed.ok) throw new Error(parsed.error.join('\n'));
  const config = parsed.value;
  const embedded =
    config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: config.dataDir }) : undefined;
  const url = config.databaseUrl ?? embedded?.url ?? '';
  try {
    await migrate(url);
    const dataSource = await new DataSource(ormOptions(url, 1)).initialize();
    try {
      const { tenantId, adminKey } = await createTenant(new Database(dataSource), config, name);
      process.stdout.write(`Tenant "${name}" (${tenantId})\nAdmin key: ${adminKey}\nIt is shown this once.\n`);
    } finally {
      await dataSource.destroy();
    }
  } finally {
    await embedded?.stop();
  }
}

const name = process.argv.slice(2).join(' ').trim();
if (name === '' || name.length > 200) {
  process.stderr.write('Usage: npm run tenant -- "Name of the tenant" (1 to 200 characters)\n');
  process.exitCode = 2;
} else {
  main(name).catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
