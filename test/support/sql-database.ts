import { DataSource } from 'typeorm';
import { ormOptions } from '../../ormconfig.js';
import { Database } from '../../src/platform/database/database.js';
import { createTestDatabase } from './test-database.js';

/** A migrated database of its own, open. */
export interface SqlDatabase {
  readonly url: string;
  readonly database: Database;
  /** The texts of the statements that the application's pool has sent since the last call. */
  takeStatements(): string[];
  /** Another pool to the same database, as another replica has one; closed with this one. */
  another(): Promise<Database>;
  close(): Promise<void>;
}

/** Opens a database of its own with the newest schema, as the program does. */
export async function openSqlDatabase(): Promise<SqlDatabase> {
  const testDatabase = await createTestDatabase();
  const { url } = testDatabase;
  const statements: string[] = [];
  const sources: DataSource[] = [];
  const connect = async (): Promise<DataSource> => {
    const source = await new DataSource(ormOptions(url, 6)).initialize();
    sources.push(source);
    return source;
  };
  const source = await connect();
  spyOnPool(source, statements);
  return {
    url,
    database: new Database(source),
    takeStatements: () => statements.splice(0),
    another: async () => new Database(await connect()),
    close: async () => {
      await Promise.all(sources.map((each) => each.destroy()));
      await testDatabase.drop();
    },
  };
}

interface PoolClient {
  query: (...args: unknown[]) => unknown;
}

/** Below TypeORM and our own SQL alike, so that no statement goes unseen. */
function spyOnPool(source: DataSource, statements: string[]): void {
  const { master } = source.driver as unknown as {
    master: { on: (event: 'acquire', listener: (client: PoolClient) => void) => void };
  };
  const spied = new WeakSet<PoolClient>();
  master.on('acquire', (client) => {
    if (spied.has(client)) return;
    spied.add(client);
    const query = client.query.bind(client);
    client.query = (...args) => {
      const [config] = args as [string | { text?: string }];
      statements.push(typeof config === 'string' ? config : (config.text ?? ''));
      return query(...args);
    };
  });
}
