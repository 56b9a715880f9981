import type { Sql, Statement } from '../../src/platform/database/sql.js';
import type { LastStatements } from '../../src/platform/database/in-transaction.js';
import { WorkerDatabase } from '../../src/platform/database/worker-database.js';

/** One statement with one guard less. */
export interface SqlMutant {
  /** The statement's name; of one without a name a piece of its text, with a space in it as no name has. */
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

/** Any other change of a statement. */
export function changing(statement: string, guard: string, mutate: SqlMutant['mutate']): SqlMutant {
  return { statement, guard, mutate };
}

/** Whether a mutant is one of the statement of this name, or of this text when it has none. */
export function isMeant({ statement }: SqlMutant, name: string): boolean {
  return statement.includes(' ') ? name.includes(statement) : name === statement;
}

/** The dispatcher's connections, one of whose statements may have a guard less. */
export class MutatedDatabase extends WorkerDatabase {
  /** Texts of the statements that came by, by their names; of those without one by their text. */
  readonly seen = new Map<string, string>();

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
    const { mutant } = this;
    const text = typeof statement === 'string' ? statement : statement.text;
    const name = typeof statement === 'string' ? statement : statement.name;
    this.seen.set(name, text);
    if (mutant === null || !isMeant(mutant, name)) return statement;
    const mutated = mutant.mutate(text);
    if (mutated === text) throw new Error(`${mutant.statement} has no such guard any more: ${mutant.guard}`);
    return typeof statement === 'string' ? mutated : { name: `${statement.name}-mutant`, text: mutated };
  }
}
