import { DataSource } from 'typeorm';
import { MIGRATIONS } from './migrations/index.js';

/** One key for all replicas: "pont" in ASCII. */
const MIGRATION_LOCK = 0x706f6e74;

/**
 * Brings the database to the newest schema. Replicas that start together wait for one another: a session-level advisory
 * lock is held on the migrating connection alone, and the database frees it if this process dies.
 */
export async function migrate(url: string): Promise<{ applied: string[] }> {
  const dataSource = new DataSource({ type: 'postgres', url, migrations: [...MIGRATIONS], extra: { max: 2 } });
  await dataSource.initialize();
  try {
    const lock = dataSource.createQueryRunner();
    await lock.connect();
    await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    try {
      const applied = await dataSource.runMigrations({ transaction: 'each' });
      return { applied: applied.map((migration) => migration.name) };
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]);
      await lock.release();
    }
  } finally {
    await dataSource.destroy();
  }
}
