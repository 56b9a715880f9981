import type { DataSource, EntityTarget, ObjectLiteral } from 'typeorm';
import type { Statement } from './sql.js';

/** How one row is inserted. */
export interface Insertion {
  /** Returns the columns that the database fills. */
  readonly statement: Statement;
  readonly valuesOf: (row: ObjectLiteral) => unknown[];
}

/**
 * What repositories do most often, as statements that the server keeps prepared: a repository's own are built, parsed and
 * planned anew each time.
 */
export class EntityStatements {
  private readonly selections = new Map<unknown, Statement>();
  private readonly insertions = new Map<unknown, Insertion>();

  constructor(private readonly dataSource: DataSource) {}

  /** Reads rows of one tenant ($1) by their ids ($2): every column but those that are only read when they are asked for. */
  selectByIds(entity: EntityTarget<ObjectLiteral>): Statement {
    return madeOnce(this.selections, entity, () => {
      const { tableName, columns } = this.dataSource.getMetadata(entity);
      const selected = columns
        .filter((column) => column.isSelect)
        .map((column) => `${column.databaseName} AS "${column.propertyName}"`);
      return {
        name: `${tableName}-by-id`,
        text: `SELECT ${selected.join(', ')} FROM ${tableName} WHERE tenant_id = $1 AND id = ANY ($2::uuid[])`,
      };
    });
  }

  /** Inserts a row with all its columns but its times. */
  insertion(entity: EntityTarget<ObjectLiteral>): Insertion {
    return madeOnce(this.insertions, entity, () => {
      const { tableName, columns } = this.dataSource.getMetadata(entity);
      const filled = columns.filter((column) => column.isCreateDate || column.isUpdateDate);
      const given = columns.filter((column) => !filled.includes(column));
      const returned = filled.map((column) => `${column.databaseName} AS "${column.propertyName}"`);
      return {
        statement: {
          name: `${tableName}-insert`,
          text: `INSERT INTO ${tableName} (${given.map((column) => column.databaseName).join(', ')})
            VALUES (${given.map((_, index) => `$${index + 1}`).join(', ')}) RETURNING ${returned.join(', ')}`,
        },
        valuesOf: (row) =>
          given.map(({ propertyName, type }) => {
            const value = row[propertyName] as unknown;
            return type === 'jsonb' && value !== null ? JSON.stringify(value) : value;
          }),
      };
    });
  }
}

function madeOnce<T>(known: Map<unknown, T>, key: unknown, make: () => T): T {
  const value = known.get(key) ?? make();
  known.set(key, value);
  return value;
}
