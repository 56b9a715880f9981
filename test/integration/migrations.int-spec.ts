import { DataSource } from 'typeorm';
import { ormOptions } from '../../ormconfig.js';
import { migrate } from '../../src/platform/database/migrate.js';
import { MIGRATIONS } from '../../src/platform/database/migrations/index.js';
import { createEmptyTestDatabase, type TestDatabase } from '../support/test-database.js';

/** Everything of ours in the schema, by kind and name. */
const OBJECTS = `
  SELECT kind, name FROM (
    SELECT 'table' AS kind, tablename::text AS name FROM pg_tables WHERE schemaname = 'public'
    UNION ALL SELECT 'index', indexname::text FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL SELECT 'type', typname::text FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE n.nspname = 'public' AND t.typtype = 'e'
    UNION ALL SELECT 'function', proname::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public'
    UNION ALL SELECT 'sequence', sequencename::text FROM pg_sequences WHERE schemaname = 'public') objects
   WHERE name NOT LIKE 'migrations%' AND name NOT LIKE 'PK_%' ORDER BY 1, 2`;

describe('migrations', () => {
  let database: TestDatabase;
  let source: DataSource;

  beforeEach(async () => {
    database = await createEmptyTestDatabase();
    source = await new DataSource(ormOptions(database.url, 2)).initialize();
  });

  afterEach(async () => {
    await source.destroy();
    await database.drop();
  });

  it('go up, down to nothing, and up to the same again', async () => {
    await migrate(database.url);
    const up: unknown = await source.query(OBJECTS);
    for (const _ of MIGRATIONS) await source.undoLastMigration({ transaction: 'each' });
    expect(await source.query(OBJECTS)).toEqual([]);
    await migrate(database.url);
    expect(await source.query(OBJECTS)).toEqual(up);
  });

  it('run once when replicas start together', async () => {
    const results = await Promise.all([1, 2, 3, 4].map(() => migrate(database.url)));
    expect(results.map(({ applied }) => applied.length).sort()).toEqual([0, 0, 0, MIGRATIONS.length]);
    expect((await migrate(database.url)).applied).toEqual([]);
  });

  it('make every column that an entity names, with its type', async () => {
    await migrate(database.url);
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    const columns = upQueries.map(({ query }) => query).filter((query) => /ADD "|CREATE TABLE| TYPE /.test(query));
    expect(columns).toEqual([]);
  });
});
