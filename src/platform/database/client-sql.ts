import type { ClientBase, QueryConfig, QueryResult } from 'pg';
import type { Sql, Statement } from './sql.js';

/** Watches the statements of a transaction. */
export interface StatementWatch {
  /** Throws when no statement may be sent any more. */
  beforeStatement(): void;
  /** Told of each statement that fails, in the order in which they were sent. */
  onFailure(error: unknown): void;
}

/** {@link Sql} on one connection. */
export function clientSql(client: ClientBase, watch?: StatementWatch): Sql {
  const run = async (statement: string | Statement, values: readonly unknown[]): Promise<QueryResult> => {
    watch?.beforeStatement();
    try {
      return await client.query(config(statement, values));
    } catch (error) {
      watch?.onFailure(error);
      throw error;
    }
  };
  return {
    async query<Row>(statement: string | Statement, values: readonly unknown[] = []): Promise<Row[]> {
      return (await run(statement, values)).rows as Row[];
    },
    async execute(statement: string | Statement, values: readonly unknown[] = []): Promise<number> {
      return (await run(statement, values)).rowCount ?? 0;
    },
  };
}

function config(statement: string | Statement, values: readonly unknown[]): QueryConfig {
  const query = typeof statement === 'string' ? { text: statement } : { name: statement.name, text: statement.text };
  return { ...query, values: [...values] };
}
