import { Injectable } from '@nestjs/common';
import type { PoolClient } from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { clientSql } from './client-sql.js';
import type { Sql, Statement } from './sql.js';

/** One open READ COMMITTED transaction: raw SQL and TypeORM's repositories on the same connection. */
export interface Tx extends Sql {
  readonly manager: EntityManager;
}

/** The API's connections. Everything that a request does goes through here. */
@Injectable()
export class Database implements Sql {
  constructor(private readonly dataSource: DataSource) {}

  /** Repositories outside a transaction. */
  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  query<Row>(statement: string | Statement, values: readonly unknown[] = []): Promise<Row[]> {
    return this.withClient((client) => clientSql(client).query<Row>(statement, values));
  }

  execute(statement: string | Statement, values: readonly unknown[] = []): Promise<number> {
    return this.withClient((client) => clientSql(client).execute(statement, values));
  }

  /** Commits what `work` did when it resolves, rolls everything back when it throws. */
  async transaction<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const client = (await runner.connect()) as PoolClient;
      await runner.startTransaction();
      try {
        const result = await work({ ...clientSql(client), manager: runner.manager });
        await runner.commitTransaction();
        return result;
      } catch (error) {
        // The connection itself may be gone; the first error is the one to tell.
        if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
        throw error;
      }
    } finally {
      await runner.release();
    }
  }

  private async withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner();
    try {
      return await work((await runner.connect()) as PoolClient);
    } finally {
      await runner.release();
    }
  }
}
