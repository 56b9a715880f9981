import { randomOf, type SeededRandom } from '../../src/core/planning/seeded-random.js';
import { sqlState, type Sql } from '../../src/platform/database/sql.js';
import { eventually } from '../support/eventually.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { MutatedDatabase, type SqlMutant } from './mutated-database.js';

/** How many clients put a statement to the test at once. */
export const CLIENTS = 16;

/** Where a scenario takes place. */
export interface GuardWorld {
  /** For setting up and looking at the end: never mutated. */
  readonly admin: Sql;
  /** What the clients share, each with a connection of its own. */
  readonly database: MutatedDatabase;
  readonly db: SqlDatabase;
  readonly random: SeededRandom;
}

/** Puts guarded statements under pressure and tells what was violated. An error of a statement counts too. */
export type Scenario = (world: GuardWorld) => Promise<readonly string[]>;

/** Plays a scenario on a database of its own; `seen` gets the statements that were used, as the database tells them. */
export async function play(
  scenario: Scenario,
  mutant: SqlMutant | null,
  seen = new Map<string, string>(),
  seed = 1,
): Promise<readonly string[]> {
  const db = await openSqlDatabase();
  // Two that wait for each other are found out soon.
  await db.database.execute(
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET deadlock_timeout = 50', current_database()); END $$`,
  );
  const database = new MutatedDatabase(db.url, CLIENTS, mutant);
  try {
    return await scenario({ admin: db.database, database, db, random: randomOf(`guards:${seed}`) });
  } catch (error) {
    return [failed(error)];
  } finally {
    for (const [name, text] of database.seen) seen.set(name, text);
    await database.close();
    await db.close();
  }
}

/** The same work of all clients at once; what one of them throws is a violation. */
export async function allClients(work: (client: number) => Promise<void>, clients = CLIENTS): Promise<string[]> {
  const ends = await Promise.allSettled(Array.from({ length: clients }, (_, client) => work(client)));
  return ends.flatMap((end) => (end.status === 'rejected' ? [failed(end.reason)] : []));
}

/** An error as a violation. Classes 08 and 42 are none: a statement that cannot be read proves nothing. */
function failed(error: unknown): string {
  return `failed ${sqlState(error) ?? ''}: ${(error as Error).message}`;
}

/** What a scenario has found so far, with the questions that it asks most. */
export interface Findings {
  readonly found: string[];
  /** Something was done that must not be. */
  readonly none: (what: string, rows: readonly unknown[] | number | boolean) => void;
  readonly same: (what: string, actual: unknown, expected: unknown) => void;
}

export function findings(): Findings {
  const found: string[] = [];
  return {
    found,
    none: (what, rows) => {
      const count = Array.isArray(rows) ? rows.length : Number(rows);
      if (count > 0) found.push(`${what}: ${count}`);
    },
    same: (what, actual, expected) => {
      const [is, ought] = [JSON.stringify(actual), JSON.stringify(expected)];
      if (is !== ought) found.push(`${what}: ${is} instead of ${ought}`);
    },
  };
}

/**
 * What `second` comes to when it meets the uncommitted work of `first`: it is started after it, and `first` commits when
 * `second` waits for a lock or is done. `last` is more work of the first transaction, done then.
 */
export async function overtaken<T>(
  { admin }: Pick<GuardWorld, 'admin'>,
  database: { transaction<R>(work: (tx: Sql) => Promise<R>): Promise<R> },
  first: (tx: Sql) => Promise<unknown>,
  second: () => Promise<T>,
  last: (tx: Sql) => Promise<unknown> = () => Promise.resolve(),
): Promise<T> {
  let isDone = false;
  let result: Promise<T> | undefined;
  await database.transaction(async (tx) => {
    await first(tx);
    result = second().finally(() => (isDone = true));
    result.catch(() => undefined);
    await eventually(async () => isDone || (await someoneWaits(admin)));
    await last(tx);
  });
  return result as unknown as T;
}

async function someoneWaits(admin: Sql): Promise<boolean> {
  const waiting = await admin.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
  );
  return waiting.length > 0;
}
