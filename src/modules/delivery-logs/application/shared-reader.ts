import type { DurationMs } from '../../../core/values/time.js';
import type { Clock } from '../../../platform/clock/clock.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** Rows by id, as a repository reads them. */
export type ReadMany<Row> = (scope: TenantScope, ids: readonly string[]) => Promise<ReadonlyMap<string, Row>>;

const MAX_KEPT = 5_000;

/** Ids of one statement; many more make its plan no better and its rows no fewer. */
const MAX_STATEMENT = 500;

interface Kept<Row> {
  readonly row: Row;
  readonly untilMs: DurationMs;
}

interface Gathering<Row> {
  readonly ids: Set<string>;
  readonly rows: Promise<ReadonlyMap<string, Row>>;
}

/**
 * Reads rows for subscribers. What a thousand subscribers want to see of one change is read once: wishes of the same turn
 * of the event loop go together in one statement a tenant, and a row is kept for the moment in which the others ask for
 * it. Everything is kept by tenant, so that none sees a row of another. Not for queries, whose client may have changed
 * the row a moment ago.
 */
export class SharedReader<Row> {
  private readonly kept = new Map<string, Kept<Row>>();
  private readonly gathering = new Map<string, Gathering<Row>>();

  constructor(
    private readonly readMany: ReadMany<Row>,
    private readonly keepMs: DurationMs,
    private readonly clock: Clock,
  ) {}

  /** The rows by id; what does not exist is left out. A kept row that `isFresh` refuses is read again. */
  async read(
    scope: TenantScope,
    ids: readonly string[],
    isFresh: (row: Row, id: string) => boolean = () => true,
  ): Promise<Map<string, Row>> {
    const found = new Map<string, Row>();
    const missing: string[] = [];
    for (const id of ids) {
      const row = this.recall(scope, id);
      if (row !== undefined && isFresh(row, id)) found.set(id, row);
      else missing.push(id);
    }
    if (missing.length === 0) return found;
    const rows = await this.gather(scope, missing);
    for (const id of missing) {
      const row = rows.get(id);
      if (row !== undefined) found.set(id, row);
    }
    return found;
  }

  private recall(scope: TenantScope, id: string): Row | undefined {
    const kept = this.kept.get(keyOf(scope, id));
    return kept && kept.untilMs > this.clock.monotonicMs() ? kept.row : undefined;
  }

  private gather(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    let gathering = this.gathering.get(scope.tenantId);
    if (!gathering) {
      const wanted = new Set<string>();
      const rows = nextTurn().then(() => {
        this.gathering.delete(scope.tenantId);
        return this.readAll(scope, [...wanted]);
      });
      gathering = { ids: wanted, rows };
      this.gathering.set(scope.tenantId, gathering);
    }
    for (const id of ids) gathering.ids.add(id);
    return gathering.rows;
  }

  private async readAll(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, Row>> {
    const rows = new Map<string, Row>();
    for (let from = 0; from < ids.length; from += MAX_STATEMENT) {
      for (const [id, row] of await this.readMany(scope, ids.slice(from, from + MAX_STATEMENT))) {
        rows.set(id, row);
        this.keep(scope, id, row);
      }
    }
    return rows;
  }

  private keep(scope: TenantScope, id: string, row: Row): void {
    if (this.kept.size >= MAX_KEPT) this.kept.clear();
    this.kept.set(keyOf(scope, id), { row, untilMs: this.clock.monotonicMs() + this.keepMs });
  }
}

function keyOf(scope: TenantScope, id: string): string {
  return `${scope.tenantId}/${id}`;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
