/** A row as it was committed, or null for none, and by which commit. */
export interface Version<Row> {
  readonly commit: number;
  readonly row: Row | null;
}

export type LockMode = 'share' | 'exclusive';

export interface Waiter {
  readonly tx: LockHolder;
  readonly mode: LockMode;
  readonly go: () => void;
  readonly fail: (error: Error) => void;
}

export interface Cell<Row> {
  readonly versions: Version<Row>[];
  writer: LockHolder | null;
  readonly sharers: Set<LockHolder>;
  readonly waiting: Waiter[];
}

/** An error of the database, with its SQLSTATE. */
export class ModelSqlError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** Rows by their key. */
export class ModelTable<Row extends object> {
  readonly cells = new Map<string, Cell<Row>>();

  constructor(readonly name: string) {}

  cell(key: string): Cell<Row> {
    const known = this.cells.get(key);
    if (known) return known;
    const cell: Cell<Row> = { versions: [], writer: null, sharers: new Set(), waiting: [] };
    this.cells.set(key, cell);
    return cell;
  }

  /** Every committed row, for checks from outside. */
  committed(): Row[] {
    return [...this.cells.values()].flatMap((cell) => cell.versions.at(-1)?.row ?? []);
  }

  committedAt(key: string): Row | null {
    return this.cells.get(key)?.versions.at(-1)?.row ?? null;
  }
}

/** Rows that a transaction wrote. */
export type Writes = Map<
  Cell<object>,
  { readonly table: ModelTable<object>; readonly key: string; readonly row: object | null }
>;

/** A transaction, as rows and statements know it. */
export interface LockHolder {
  readonly writes: Writes;
  /** Whom it waits for. */
  holders(): LockHolder[];
  /** True when the lock is held; false when somebody else holds it and it is to be skipped. */
  lock(cell: Cell<object>, mode: LockMode, skipLocked: boolean): Promise<boolean>;
}
