import type { ClientBase, QueryConfig } from 'pg';
import type { Sql, Statement } from './sql.js';

/** {@link Sql} on one connection. */
export function clientSql(client: ClientBase): Sql {
  return {
    async query<Row>(statement: string | Statement, values: readonly unknown[] = []): Promise<Row[]> {
      const result = await client.query(config(statement, values));
      return result.rows as Row[];
    },
    async execute(statement: string | Statement, values: readonly unknown[] = []): Promise<number> {
      const result = await client.query(config(statement, values));
      return result.rowCount ?? 0;
    },
  };
}

function config(statement: string | Statement, values: readonly unknown[]): QueryConfig {
  const query = typeof statement === 'string' ? { text: statement } : { name: statement.name, text: statement.text };
  return { ...query, values: [...values] };
}
