import { ModelStatement } from './model-statement.js';
import {
  ModelSqlError,
  type Cell,
  type LockHolder,
  type LockMode,
  type ModelTable,
  type Writes,
} from './model-table.js';

/** PostgreSQL's WAL writer needs at most three rounds of its delay of 200 ms. */
const FLUSHED_BY_ITSELF_US = 600_000;

/** A row that a commit changed. */
export interface CommittedChange {
  readonly table: ModelTable<object>;
  readonly key: string;
  readonly before: object | null;
  readonly after: object | null;
}

/**
 * Rows with versions, row locks and READ COMMITTED transactions, as PostgreSQL has them: a statement sees what was
 * committed when it began; a row that it changes is locked first, waited for if need be, and then judged as it is by
 * then; who waits in a circle is thrown out. Commits that did not wait for the disk are lost in a crash, the latest
 * first.
 */
export class ModelStore {
  commits = 0;
  /** Commits up to this one survive a crash. */
  flushed = 0;
  onCommit: (changes: readonly CommittedChange[], commit: number) => void = () => undefined;
  readonly open = new Set<ModelTransaction>();
  private unflushed: { readonly commit: number; readonly atUs: number }[] = [];

  constructor(
    readonly tables: readonly ModelTable<object>[],
    private readonly nowUs: () => number,
  ) {}

  begin(): ModelTransaction {
    const tx = new ModelTransaction(this);
    this.open.add(tx);
    return tx;
  }

  noteCommit(commit: number, durable: boolean): void {
    this.commits = commit;
    if (durable) {
      this.flushed = commit;
      this.unflushed = [];
    } else this.unflushed.push({ commit, atUs: this.nowUs() });
  }

  /** The database stops at once: open transactions and what had not reached the disk are gone. */
  crash(): void {
    for (const { commit, atUs } of this.unflushed)
      if (this.nowUs() - atUs > FLUSHED_BY_ITSELF_US) this.flushed = commit;
    this.unflushed = [];
    for (const tx of [...this.open]) tx.abort(new ModelSqlError('57P01', 'the database was shut down'));
    for (const table of this.tables) {
      for (const cell of table.cells.values()) {
        while ((cell.versions.at(-1)?.commit ?? 0) > this.flushed) cell.versions.pop();
      }
    }
    this.commits = this.flushed;
  }
}

/** One transaction. Locks last until its end. */
export class ModelTransaction implements LockHolder {
  readonly writes: Writes = new Map();
  private readonly locked = new Set<Cell<object>>();
  private blockedBy: Cell<object> | null = null;
  private failure: Error | null = null;
  private ended = false;

  constructor(private readonly store: ModelStore) {}

  get failed(): boolean {
    return this.failure !== null;
  }

  /** Runs one statement on a snapshot of its own. */
  async statement<T>(body: (statement: ModelStatement) => T | Promise<T>): Promise<T> {
    if (this.failure) throw new ModelSqlError('25P02', 'current transaction is aborted');
    try {
      return await body(new ModelStatement(this, this.store.commits));
    } catch (error) {
      this.failure ??= error as Error;
      throw error;
    }
  }

  commit(durable: boolean): void {
    if (this.failure) {
      this.end();
      throw new Error('the transaction was rolled back');
    }
    const commit = this.store.commits + 1;
    const changes: CommittedChange[] = [];
    for (const [cell, { table, key, row }] of this.writes) {
      changes.push({ table, key, before: cell.versions.at(-1)?.row ?? null, after: row });
      cell.versions.push({ commit, row });
    }
    if (changes.length > 0) this.store.noteCommit(commit, durable);
    this.end();
    if (changes.length > 0) this.store.onCommit(changes, commit);
  }

  abort(reason: Error): void {
    this.failure ??= reason;
    this.end();
  }

  /** What was written until now, to come back to. */
  savepoint(): Writes {
    return new Map(this.writes);
  }

  rollbackTo(savepoint: Writes): void {
    this.failure = null;
    this.writes.clear();
    for (const [cell, write] of savepoint) this.writes.set(cell, write);
  }

  async lock(cell: Cell<object>, mode: LockMode, skipLocked: boolean): Promise<boolean> {
    this.mustBeOpen();
    while (!mayHold(cell, this, mode)) {
      if (skipLocked) return false;
      this.blockedBy = cell;
      if (waitsInACircle(this)) {
        this.blockedBy = null;
        throw new ModelSqlError('40P01', 'deadlock detected');
      }
      await new Promise<void>((resolve, reject) => {
        cell.waiting.push({ tx: this, mode, go: resolve, fail: reject });
      });
      this.blockedBy = null;
      this.mustBeOpen();
    }
    if (mode === 'exclusive') cell.writer = this;
    else if (cell.writer !== this) cell.sharers.add(this);
    this.locked.add(cell);
    return true;
  }

  holders(): LockHolder[] {
    const cell = this.blockedBy;
    if (!cell) return [];
    return [...(cell.writer ? [cell.writer] : []), ...cell.sharers].filter((tx) => tx !== this);
  }

  private mustBeOpen(): void {
    if (this.ended) throw this.failure ?? new Error('the transaction has ended');
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.store.open.delete(this);
    const blocked = this.blockedBy;
    if (blocked) {
      const at = blocked.waiting.findIndex((waiter) => waiter.tx === this);
      const [waiter] = at < 0 ? [] : blocked.waiting.splice(at, 1);
      waiter?.fail(this.failure ?? new Error('the transaction has ended'));
    }
    for (const cell of this.locked) {
      if (cell.writer === this) cell.writer = null;
      cell.sharers.delete(this);
      for (const waiter of cell.waiting.splice(0)) waiter.go();
    }
  }
}

function mayHold(cell: Cell<object>, tx: LockHolder, mode: LockMode): boolean {
  if (cell.writer !== null && cell.writer !== tx) return false;
  if (mode === 'share') return true;
  return cell.sharers.size === 0 || (cell.sharers.size === 1 && cell.sharers.has(tx));
}

function waitsInACircle(start: LockHolder): boolean {
  const seen = new Set<LockHolder>();
  const toVisit = [...start.holders()];
  for (let tx = toVisit.pop(); tx; tx = toVisit.pop()) {
    if (tx === start) return true;
    if (seen.has(tx)) continue;
    seen.add(tx);
    toVisit.push(...tx.holders());
  }
  return false;
}
