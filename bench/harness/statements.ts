import { rowsOf } from './postgres.js';

/** For a PostgreSQL in which statements are to be counted; in a database that asks for it, see {@link countIn}. */
export const COUNTING_SETTINGS = {
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track': 'none',
} as const;

/** How many statements some work took, each time it was done. */
export interface StatementCount {
  /** Without BEGIN and COMMIT. */
  readonly statements: number;
  readonly withTransactions: number;
}

/** Counts the statements of connections to the database that are opened from now on. */
export async function countIn(url: string): Promise<void> {
  const { pathname } = new URL(url);
  await rowsOf(maintenance(url), 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
  await rowsOf(maintenance(url), `ALTER DATABASE ${pathname.slice(1)} SET pg_stat_statements.track = 'top'`);
}

/** Does the work that many times, and counts what it took each time; what goes on besides now and then is not counted. */
export async function statementsOf(
  url: string,
  times: number,
  work: (n: number) => Promise<unknown>,
): Promise<StatementCount> {
  await rowsOf(maintenance(url), 'SELECT pg_stat_statements_reset()');
  for (let n = 0; n < times; n += 1) await work(n);
  const rows = await rowsOf<{ query: string; calls: number }>(
    maintenance(url),
    `SELECT query, calls::int AS calls FROM pg_stat_statements s JOIN pg_database d ON d.oid = s.dbid WHERE d.datname = $1`,
    [new URL(url).pathname.slice(1)],
  );
  const sum = (some: typeof rows): number => some.reduce((total, { calls }) => total + Math.round(calls / times), 0);
  const isBracket = (query: string): boolean => /^(BEGIN|START TRANSACTION|COMMIT)/i.test(query);
  return { statements: sum(rows.filter(({ query }) => !isBracket(query))), withTransactions: sum(rows) };
}

function maintenance(url: string): string {
  return Object.assign(new URL(url), { pathname: '/postgres' }).href;
}
