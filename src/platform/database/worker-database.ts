import { DatabaseError, Pool, types, type PoolClient } from 'pg';
import { clientSql } from './client-sql.js';
import {
  ANSWER_TIMEOUT_MS,
  CONNECT_TIMEOUT_MS,
  IDLE_IN_TRANSACTION_MS,
  STATEMENT_TIMEOUT_MS,
} from './connection-limits.js';
import { PlanAge } from './plan-age.js';
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
   * One READ COMMITTED transaction. When the reply of COMMIT is lost this throws although the work may have been
   * committed: callers treat a throw as "not known", and act only on a normal return.
   *
   * BEGIN travels with the first statement. Work that returns {@link LastStatements} lets COMMIT travel with them.
   *
   * `durable: false` does not wait for the disk: only for what a later, durable transaction of the same work confirms
   * (the log is flushed in order) and what may be forgotten when that one never comes.
   */
  async transaction<T>(
    work: (tx: Sql) => Promise<T | LastStatements<T>>,
    { durable = true }: { readonly durable?: boolean } = {},
  ): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      const begun = client.query(durable ? 'BEGIN' : 'BEGIN; SET LOCAL synchronous_commit = off');
      // Told by the awaits below; a rejection in between must not count as unhandled.
      begun.catch(() => undefined);
      const outcome = await work(this.counted(client));
      await begun;
      if (!(outcome instanceof LastStatements)) {
        await commit(client);
        return outcome;
      }
      // A statement that fails makes COMMIT a rollback, and its rejection is the one that is thrown.
      const [result] = await Promise.all([outcome.results, commit(client)]);
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
  private counted(client: PoolClient): Sql {
    const sql = clientSql(client);
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

/** Statements of a transaction that were sent and not waited for, because nothing but COMMIT comes after them. */
export class LastStatements<T> {
  constructor(readonly results: Promise<T>) {
    results.catch(() => undefined);
  }
}

async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('COMMIT');
  // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error.
  if (command !== 'COMMIT') throw new Error('the transaction was rolled back');
}
