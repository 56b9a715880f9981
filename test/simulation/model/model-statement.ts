import type { Cell, LockHolder, LockMode, ModelTable, Version, Writes } from './model-table.js';

interface LockOptions {
  readonly mode?: LockMode;
  readonly skipLocked?: boolean;
  readonly limit?: number;
}

/** One statement: it sees what was committed when it began, and what its transaction wrote before. */
export class ModelStatement {
  /** What its transaction wrote before it; its own changes it does not see. */
  private readonly ownBefore: Writes;

  constructor(
    private readonly tx: LockHolder,
    private readonly snapshot: number,
  ) {
    this.ownBefore = new Map(tx.writes);
  }

  get<Row extends object>(table: ModelTable<Row>, key: string): Row | null {
    const cell = table.cells.get(key);
    return cell ? this.visible(cell) : null;
  }

  rows<Row extends object>(table: ModelTable<Row>): [string, Row][] {
    const found: [string, Row][] = [];
    for (const [key, cell] of table.cells) {
      const row = this.visible(cell);
      if (row) found.push([key, row]);
    }
    return found;
  }

  /**
   * SELECT … FOR: locks the rows of these keys in their order, up to the limit, and answers with them as they are under
   * their locks. `holds` is asked of the row as the statement sees it, and again if it has changed since.
   */
  async lock<Row extends object>(
    table: ModelTable<Row>,
    keys: readonly string[],
    holds: (row: Row) => boolean,
    { mode = 'exclusive', skipLocked = false, limit = Infinity }: LockOptions = {},
  ): Promise<[string, Row][]> {
    const locked: [string, Row][] = [];
    for (const key of keys) {
      if (locked.length >= limit) break;
      const cell = table.cells.get(key);
      const seen = cell ? this.visible(cell) : null;
      if (!cell || !seen || !holds(seen)) continue;
      if (!(await this.tx.lock(cell, mode, skipLocked))) continue;
      const row = this.latest(cell);
      if (row && (row === seen || holds(row))) locked.push([key, row]);
    }
    return locked;
  }

  /** UPDATE: what {@link lock} finds is changed; answers with the changed rows. */
  async update<Row extends object>(
    table: ModelTable<Row>,
    keys: readonly string[],
    holds: (row: Row) => boolean,
    change: (row: Row) => Row,
  ): Promise<Row[]> {
    const locked = await this.lock(table, keys, holds);
    return locked.map(([key, row]) => {
      const changed = change(row);
      this.write(table, key, changed);
      return changed;
    });
  }

  /** DELETE: what {@link lock} finds is removed; answers with the removed rows. */
  async remove<Row extends object>(
    table: ModelTable<Row>,
    keys: readonly string[],
    holds: (row: Row) => boolean,
  ): Promise<Row[]> {
    const locked = await this.lock(table, keys, holds);
    return locked.map(([key, row]) => {
      this.write(table, key, null);
      return row;
    });
  }

  /** INSERT … ON CONFLICT DO NOTHING: whoever inserts the same key at the same time is waited for. */
  async insert<Row extends object>(table: ModelTable<Row>, key: string, row: Row): Promise<boolean> {
    const cell = table.cell(key);
    await this.tx.lock(cell, 'exclusive', false);
    if (this.latest(cell) !== null) return false;
    this.write(table, key, row);
    return true;
  }

  private write<Row extends object>(table: ModelTable<Row>, key: string, row: Row | null): void {
    const cell = table.cell(key) as unknown as Cell<object>;
    this.tx.writes.set(cell, { table: table, key, row });
  }

  private visible<Row extends object>(cell: Cell<Row>): Row | null {
    const own = this.ownBefore.get(cell);
    if (own) return own.row as Row | null;
    for (let at = cell.versions.length - 1; at >= 0; at -= 1) {
      const version = cell.versions[at] as Version<Row>;
      if (version.commit <= this.snapshot) return version.row;
    }
    return null;
  }

  private latest<Row extends object>(cell: Cell<Row>): Row | null {
    const own = this.tx.writes.get(cell);
    return own ? (own.row as Row | null) : (cell.versions.at(-1)?.row ?? null);
  }
}
