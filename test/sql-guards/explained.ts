import { Client } from 'pg';
import type { Sql, Statement } from '../../src/platform/database/sql.js';

/** How the server plans a prepared statement: once for all values, as the workers' pool asks for, or for these values. */
export type PlanMode = 'force_generic_plan' | 'force_custom_plan';

/** What a statement without a name is called here. */
export const NO_NAME = '(no name)';

/** What one execution of a statement read. */
export interface Explained {
  readonly statement: string;
  /** Names of the indexes that were read. */
  readonly indexes: ReadonlySet<string>;
  /** Tables that were read from one end to the other. */
  readonly wholeTables: ReadonlySet<string>;
  /** Rows that were fetched of each table, those that a filter threw away included. */
  readonly rowsOf: ReadonlyMap<string, number>;
  /** Pages that were looked at, whether or not they were in memory. */
  readonly buffers: number;
  /** What it gave, or changed. */
  readonly rows: number;
}

interface PlanNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly 'Rows Removed by Index Recheck'?: number;
  readonly 'Shared Hit Blocks': number;
  readonly 'Shared Read Blocks': number;
  readonly Plans?: readonly PlanNode[];
}

// pg turns a value into text exactly as it would send it.
// eslint-disable-next-line @typescript-eslint/no-require-imports -- not part of pg's published types
const { prepareValue } = require('pg/lib/utils.js') as { prepareValue: (value: unknown) => string | null };

/**
 * Executes what a repository sends under EXPLAIN ANALYZE, keeps the plans, and takes back what was changed. To the
 * repository it seems that nothing was found.
 */
export class ExplainingSql implements Sql {
  readonly explained: Explained[] = [];
  private prepared = 0;

  constructor(
    private readonly client: Client,
    private readonly mode: PlanMode,
  ) {}

  async query<Row>(statement: string | Statement, values: readonly unknown[] = []): Promise<Row[]> {
    await this.explain(statement, values);
    return [];
  }

  async execute(statement: string | Statement, values: readonly unknown[] = []): Promise<number> {
    await this.explain(statement, values);
    return 0;
  }

  private async explain(statement: string | Statement, values: readonly unknown[]): Promise<void> {
    const isNamed = typeof statement !== 'string';
    this.prepared += 1;
    const name = `explained_${this.prepared}`;
    const literals = values.map((value) => this.literal(value)).join(', ');
    await this.client.query('BEGIN');
    try {
      // A statement without a name is planned for its values each time.
      await this.client.query(`SET LOCAL plan_cache_mode = ${isNamed ? this.mode : 'force_custom_plan'}`);
      await this.client.query(`PREPARE ${name} AS ${isNamed ? statement.text : statement}`);
      const { rows } = await this.client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
        `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE ${name}${values.length > 0 ? `(${literals})` : ''}`,
      );
      const plan = rows[0]?.['QUERY PLAN'][0].Plan;
      if (plan) this.explained.push(readPlan(isNamed ? statement.name : NO_NAME, plan));
    } finally {
      await this.client.query('ROLLBACK');
      await this.client.query('DEALLOCATE ALL');
    }
  }

  private literal(value: unknown): string {
    const text = prepareValue(value);
    return text === null ? 'NULL' : this.client.escapeLiteral(String(text));
  }
}

function readPlan(statement: string, root: PlanNode): Explained {
  const indexes = new Set<string>();
  const wholeTables = new Set<string>();
  const rowsOf = new Map<string, number>();
  const visit = (node: PlanNode): void => {
    const index = node['Index Name'];
    if (index !== undefined && node['Actual Loops'] > 0) indexes.add(index);
    const table = node['Relation Name'];
    if (table !== undefined && node['Node Type'].endsWith('Scan') && node['Actual Loops'] > 0) {
      if (node['Node Type'].includes('Seq')) wholeTables.add(table);
      const each =
        node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0);
      rowsOf.set(table, (rowsOf.get(table) ?? 0) + Math.round(each * node['Actual Loops']));
    }
    for (const child of node.Plans ?? []) visit(child);
  };
  visit(root);
  const buffers = root['Shared Hit Blocks'] + root['Shared Read Blocks'];
  return { statement, indexes, wholeTables, rowsOf, buffers, rows: root['Actual Rows'] };
}
