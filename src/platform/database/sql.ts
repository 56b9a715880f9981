/** A statement that the server keeps prepared under its name; the text of one name never changes. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Something that runs SQL: a pool (each statement by itself) or one open transaction. */
export interface Sql {
  /** The rows that the statement returns. */
  query<Row>(statement: string | Statement, values?: readonly unknown[]): Promise<Row[]>;
  /** The number of rows that the statement changed. */
  execute(statement: string | Statement, values?: readonly unknown[]): Promise<number>;
}

/** Builds `$n` parameters while a statement with optional parts is put together. */
export class Parameters {
  readonly values: unknown[] = [];

  /** Adds a value and returns its placeholder. */
  add(value: unknown): string {
    this.values.push(value);
    return `$${this.values.length}`;
  }
}

/** SQLSTATE of a failed statement, if the error came from the server. */
export function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** The unique constraint or index that an insert ran into, if it was that. */
export function violatedUnique(error: unknown): string | undefined {
  if (sqlState(error) !== '23505') return undefined;
  const constraint = (error as { constraint?: unknown }).constraint;
  return typeof constraint === 'string' ? constraint : '';
}
