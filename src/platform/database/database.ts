import { Injectable } from '@nestjs/common';
import { DatabaseError, type Pool, type PoolClient } from 'pg';
import { DataSource, type EntityManager, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { clientSql } from './client-sql.js';
import { EntityStatements } from './entity-statements.js';
import { inTransaction, type LastStatements } from './in-transaction.js';
import type { Sql, Statement } from './sql.js';
import type { TenantScope } from './tenant-scope.js';

/** What the database fills in of a new row. */
export interface RowTimes {
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** One open READ COMMITTED transaction: raw SQL and TypeORM's repositories on the same connection. */
export interface Tx extends Sql {
  readonly manager: EntityManager;
  /** Inserts a row; the answer is what the database filled in. */
  insert<Entity extends ObjectLiteral & RowTimes>(
    entity: EntityTarget<Entity>,
    row: Omit<Entity, keyof RowTimes>,
  ): Promise<RowTimes>;
}

/** The API's connections. Everything that a request does goes through here. */
@Injectable()
export class Database implements Sql {
  private readonly statements: EntityStatements;

  constructor(private readonly dataSource: DataSource) {
    this.statements = new EntityStatements(dataSource);
  }

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

  /** A row of the tenant by its id. */
  async findById<Entity extends ObjectLiteral & { readonly id: string }>(
    entity: EntityTarget<Entity>,
    { tenantId }: TenantScope,
    id: string,
  ): Promise<Entity | null> {
    const [row] = await this.query<Entity>(this.statements.selectByIds(entity), [tenantId, [id]]);
    return row ?? null;
  }

  /** Rows of the tenant by their ids; those that do not exist are not in it. */
  async findByIds<Entity extends ObjectLiteral & { readonly id: string }>(
    entity: EntityTarget<Entity>,
    { tenantId }: TenantScope,
    ids: readonly string[],
  ): Promise<Map<string, Entity>> {
    if (ids.length === 0) return new Map();
    const rows = await this.query<Entity>(this.statements.selectByIds(entity), [tenantId, ids]);
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Commits what `work` did when it resolves, rolls everything back when it throws; see {@link inTransaction}. */
  async transaction<T>(work: (tx: Tx) => Promise<T | LastStatements<T>>): Promise<T> {
    let broken: Error | undefined;
    return this.lend(
      (client) =>
        inTransaction(
          client,
          'BEGIN',
          (watch) => work(this.txOn(client, clientSql(client, watch))),
          (error) => (broken = error),
        ),
      () => broken,
    );
  }

  private txOn(client: PoolClient, sql: Sql): Tx {
    let manager: EntityManager | undefined;
    const managerOn = (): EntityManager => {
      const runner = this.dataSource.createQueryRunner();
      // TypeORM's own BEGIN would be waited for. Its runner has to know all the same on what it works.
      Object.assign(runner, { databaseConnection: client, isTransactionActive: true, transactionDepth: 1 });
      return runner.manager;
    };
    return {
      ...sql,
      get manager() {
        return (manager ??= managerOn());
      },
      insert: async (entity, row) => {
        const { statement, valuesOf } = this.statements.insertion(entity);
        const [times] = await sql.query<RowTimes>(statement, valuesOf(row));
        return times as RowTimes;
      },
    };
  }

  /** What the server has answered is over; otherwise nobody knows what it is still busy with. */
  private withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.lend(work, (error) => !(error instanceof DatabaseError));
  }

  /** `isBroken` says after a failure whether the connection is thrown away instead of being lent out again. */
  private async lend<T>(
    work: (client: PoolClient) => Promise<T>,
    isBroken: (error: unknown) => Error | boolean | undefined,
  ): Promise<T> {
    const client = await (this.dataSource.driver as unknown as { readonly master: Pool }).master.connect();
    // Its statements tell of a connection that breaks; without a listener it would end the process.
    const ignore = (): void => undefined;
    client.on('error', ignore);
    let broken: Error | boolean | undefined;
    try {
      return await work(client);
    } catch (error) {
      broken = isBroken(error);
      throw error;
    } finally {
      client.off('error', ignore);
      client.release(broken);
    }
  }
}
