import { randomOf, type SeededRandom } from '../../src/core/planning/seeded-random.js';
import type { Sql } from '../../src/platform/database/sql.js';
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

/** Plays a scenario on a database of its own. */
export async function play(scenario: Scenario, mutant: SqlMutant | null, seed = 1): Promise<readonly string[]> {
  const db = await openSqlDatabase();
  const database = new MutatedDatabase(db.url, CLIENTS, mutant);
  try {
    return await scenario({ admin: db.database, database, db, random: randomOf(`guards:${seed}`) });
  } catch (error) {
    return [`failed: ${(error as Error).message}`];
  } finally {
    await database.close();
    await db.close();
  }
}

/** The same work of all clients at once; what one of them throws is a violation. */
export async function allClients(work: (client: number) => Promise<void>, clients = CLIENTS): Promise<string[]> {
  const ends = await Promise.allSettled(Array.from({ length: clients }, (_, client) => work(client)));
  return ends.flatMap((end) => (end.status === 'rejected' ? [`failed: ${(end.reason as Error).message}`] : []));
}
