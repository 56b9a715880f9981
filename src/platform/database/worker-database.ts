import { Pool, types, type PoolClient } from 'pg';
import { clientSql } from './client-sql.js';
import type { Sql, Statement } from './sql.js';

const INT8 = 20;

/**
 * The dispatcher's connections, apart from the API's so that neither waits for the other.
 *
 * Their prepared statements use generic plans: with custom plans, statistics that lag behind a fast-moving queue have
 * been seen to choose sequential scans for the first executions.
 */
export class WorkerDatabase implements Sql {
  private readonly pool: Pool;

  constructor(url: string, size: number, onIdleError: (error: Error) => void) {
    this.pool = new Pool({
      connectionString: url,
      max: size,
      application_name: 'pontual-worker',
      options: '-c plan_cache_mode=force_generic_plan -c statement_timeout=60000',
      keepAlive: true,
      types: {
        // tat, tokens and counts stay far below 2^53.
        getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
          oid === INT8 ? Number : types.getTypeParser(oid, format as 'text')) as typeof types.getTypeParser,
      },
    });
    this.pool.on('error', onIdleError);
    // The pool listens to idle connections only; one that breaks during a transaction would end the process.
    this.pool.on('connect', (client) => client.on('error', onIdleError));
  }

  async query<Row>(statement: string | Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return clientSql(this.pool as unknown as PoolClient).query<Row>(statement, values);
  }

  async execute(statement: string | Statement, values: readonly unknown[] = []): Promise<number> {
    return clientSql(this.pool as unknown as PoolClient).execute(statement, values);
  }

  /**
   * One READ COMMITTED transaction. When the reply of COMMIT is lost this throws although the work may have been
   * committed: callers treat a throw as "not known", and act only on a normal return.
   */
  async transaction<T>(work: (tx: Sql) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query('BEGIN');
      const result = await work(clientSql(client));
      await client.query('COMMIT');
      return result;
    } catch (error) {
      await client.query('ROLLBACK').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw error;
    } finally {
      // A connection that could not roll back is thrown away instead of being lent out again.
      client.release(broken);
    }
  }

  /** Resolves when every connection is closed. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}
