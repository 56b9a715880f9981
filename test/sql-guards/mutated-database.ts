import type { Sql, Statement } from '../../src/platform/database/sql.js';
import { WorkerDatabase, type LastStatements } from '../../src/platform/database/worker-database.js';

/** One statement with one guard less. */
export interface SqlMutant {
  /** The statement's name. */
  readonly statement: string;
  /** What is left out, in words. */
  readonly guard: string;
  /** The statement without it; the same text means that the statement has changed and the mutant with it. */
  readonly mutate: (text: string) => string;
}

/** A mutant that puts one piece of a statement in place of another. */
export function replacing(statement: string, guard: string, piece: string, by: string): SqlMutant {
  return { statement, guard, mutate: (text) => text.replaceAll(piece, by) };
}

/** The dispatcher's connections, one of whose statements may have a guard less. */
export class MutatedDatabase extends WorkerDatabase {
  constructor(
    url: string,
    size: number,
    private readonly mutant: SqlMutant | null,
  ) {
    super(url, size, () => undefined);
  }

  override query<Row>(statement: string | Statement, values?: readonly unknown[]): Promise<Row[]> {
    return super.query<Row>(this.rewritten(statement), values);
  }

  override execute(statement: string | Statement, values?: readonly unknown[]): Promise<number> {
    return super.execute(this.rewritten(statement), values);
  }

  override transaction<T>(
    work: (tx: Sql) => Promise<T | LastStatements<T>>,
    options?: { readonly durable?: boolean },
  ): Promise<T> {
    return super.transaction(
      (tx) =>
        work({
          query: (statement, values) => tx.query(this.rewritten(statement), values),
          execute: (statement, values) => tx.execute(this.rewritten(statement), values),
        }),
      options,
    );
  }

  private rewritten(statement: string | Statement): string | Statement {
    if (this.mutant === null || typeof statement === 'string' || statement.name !== this.mutant.statement)
      return statement;
    const text = this.mutant.mutate(statement.text);
    if (text === statement.text) throw new Error(`${statement.name} has no such guard any more: ${this.mutant.guard}`);
    return { name: `${statement.name}-mutant`, text };
  }
}
