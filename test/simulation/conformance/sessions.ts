import { setImmediate } from 'node:timers/promises';
import { sqlState, type Sql } from '../../../src/platform/database/sql.js';
import { eventually } from '../../support/eventually.js';
import { ModelSqlError } from '../model/model-table.js';
import type { Side } from './side.js';

/** Turns after which on the model whoever can go on has done so. */
const MANY_TURNS = 50;

/** A side on which two sessions meet. */
export interface MeetingPlace extends Side {
  /** Resolves when the other session is done, or waits for a lock. */
  readonly doneOrWaiting: (isDone: () => boolean) => Promise<void>;
}

/** What became of the second of two sessions. */
export interface Meeting<T> {
  /** It did not end before the first did. */
  readonly waited: boolean;
  readonly result: T | string;
}

/** Who meets whom: nobody waits on the model but for locks. */
export async function modelTurns(isDone: () => boolean): Promise<void> {
  for (let turn = 0; turn < MANY_TURNS && !isDone(); turn += 1) await setImmediate();
}

/** By what PostgreSQL says of its sessions, over a connection of its own. */
export function sqlWaits(watcher: Sql): MeetingPlace['doneOrWaiting'] {
  const question = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  return (isDone) => eventually(async () => isDone() || (await watcher.query(question)).length > 0);
}

/**
 * `second` is begun while the transaction of `first` is open, which ends when `second` is done or waits; `last` is more
 * work of the first transaction before it ends.
 */
export async function meet<T>(
  { database, doneOrWaiting }: MeetingPlace,
  first: (tx: Sql) => Promise<unknown>,
  second: () => Promise<T>,
  { end = 'commit', last }: { end?: 'commit' | 'rollback'; last?: (tx: Sql) => Promise<unknown> } = {},
): Promise<Meeting<T> & { readonly firstEnd: string }> {
  let isDone = false;
  let waited = false;
  let result: Promise<T | string> | undefined;
  const firstEnd = await database
    .transaction(async (tx) => {
      await first(tx);
      result = second()
        .catch(stateOf)
        .finally(() => (isDone = true));
      await doneOrWaiting(() => isDone);
      waited = !isDone;
      await last?.(tx);
      if (end === 'rollback') throw new Error('taken back');
      return 'committed';
    })
    .catch(stateOf);
  return { waited, firstEnd, result: (await result) as T | string };
}

/** The SQLSTATE that both sides have for an error, or its text where it is nobody's. */
function stateOf(error: unknown): string {
  return (error instanceof ModelSqlError ? error.code : sqlState(error)) ?? (error as Error).message;
}
