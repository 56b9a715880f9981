import { DatabaseError, Pool, types, type PoolClient } from 'pg';
import { clientSql, type StatementWatch } from './client-sql.js';
import { coalescingSocket } from './coalescing-socket.js';
import {
  ANSWER_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  IDLE_IN_TRANSACTION_MS,
  STATEMENT_TIMEOUT_MS,
} from './connection-limits.js';
import { PlanAge } from './plan-age.js';
import { inTransaction, type LastStatements } from './in-transaction.js';
import type { Sql, Statement } from './sql.js';

const INT8 = 20;

/**
 * One plan for each statement, whatever the statistics say: they lag behind tables that fill and empty within seconds.
 * Everything here looks a batch up by its keys, so a scan of a whole table, or a join that would need one, is never right,
 * and has been seen to be chosen while the statistics said that a table was nearly empty.
 */
export const WORKER_PLANNING: readonly string[] = [
  'plan_cache_mode=force_generic_plan',
  'enable_seqscan=off',
  'enable_hashjoin=off',
  'enable_mergejoin=off',
  // What is looked up is in memory: otherwise reading a small table whole seems cheaper than looking up ten of its rows.
  'seq_page_cost=0.1',
  'random_page_cost=0.1',
];

/** The dispatcher's connections, apart from the API's so that neither waits for the other. */
export class WorkerDatabase implements Sql {
  private readonly pool: Pool;
  private readonly planAges = new WeakMap<PoolClient, PlanAge>();

  constructor(url: string, size: number, onIdleError: (error: Error) => void, answerMs = ANSWER_TIMEOUT_MS) {
    this.pool = new Pool({
      connectionString: url,
      max: size,
      application_name: 'pontual-worker',
      options: WORKER_PLANNING.map((setting) => `-c ${setting}`).join(' '),
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
      query_timeout: answerMs,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      // Statements that do not wait for each other share a round trip.
      pipeline: true,
      stream: coalescingSocket,
      types: {
        // tat, tokens and counts stay far below 2^53.
        getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
          oid === INT8
            ? Number
            : (types.getTypeParser(oid, format) as (text: string) => unknown)) as typeof types.getTypeParser,
      },
    });
    // Connections that are being closed may break as they like.
    const onError = (error: Error): void => (this.pool.ending ? undefined : onIdleError(error));
    this.pool.on('error', onError);
    // The pool listens to idle connections only; one that breaks during a transaction would end the process.
    this.pool.on('connect', (client) => client.on('error', onError));
  }

  async query<Row>(statement: string | Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.withClient((sql) => sql.query<Row>(statement, values));
  }

  async execute(statement: string | Statement, values: readonly unknown[] = []): Promise<number> {
    return this.withClient((sql) => sql.execute(statement, values));
  }

  /**
   * One READ COMMITTED transaction, see {@link inTransaction}. When the reply of COMMIT is lost this throws although the
   * work may have been committed: callers treat a throw as "not known", and act only on a normal return.
   *
   * `durable: false` does not wait for the disk: only for what a later, durable transaction of the same work confirms
   * (the log is flushed in order) and what may be forgotten when that one never comes.
   */
  async transaction<T>(
    work: (tx: Sql) => Promise<T | LastStatements<T>>,
    { durable = true }: { readonly durable?: boolean } = {},
  ): Promise<T> {
    const client = await this.pool.connect();
    const begin = durable ? 'BEGIN' : 'BEGIN; SET LOCAL synchronous_commit = off';
    let broken: Error | undefined;
    try {
      return await inTransaction(
        client,
        begin,
        (watch) => work(this.counted(client, watch)),
        (error) => (broken = error),
      );
    } finally {
      // A connection that could not roll back is thrown away instead of being lent out again.
      client.release(broken);
    }
  }

  private async withClient<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    try {
      const result = await work(this.counted(client));
      client.release();
      return result;
    } catch (error) {
      // What the server has answered is over. Otherwise nobody knows what it is still busy with: it is not lent out again.
      client.release(!(error instanceof DatabaseError));
      throw error;
    }
  }

  /** {@link Sql} on a connection that plans anew when it is time; that travels with the statement. */
  private counted(client: PoolClient, watch?: StatementWatch): Sql {
    const sql = clientSql(client, watch);
    const age = this.planAges.get(client) ?? new PlanAge();
    this.planAges.set(client, age);
    const beforeStatement = (values: readonly unknown[]): void => {
      if (age.isOverWith(values)) client.query('DISCARD PLANS').catch(() => undefined);
    };
    return {
      query: (statement, values = []) => {
        beforeStatement(values);
        return sql.query(statement, values);
      },
      execute: (statement, values = []) => {
        beforeStatement(values);
        return sql.execute(statement, values);
      },
    };
  }

  /** Resolves when every connection is closed. */
  async close(): Promise<void> {
    await this.pool.end();
  }
}
