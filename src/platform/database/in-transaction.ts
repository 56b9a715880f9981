import type { ClientBase } from 'pg';
import type { StatementWatch } from './client-sql.js';
import { sqlState } from './sql.js';

const IN_FAILED_TRANSACTION = '25P02';

/**
 * Statements of a transaction that were sent and not waited for, because nothing but COMMIT comes after them. Their values
 * are such as the driver can write: what never leaves this process does not make COMMIT a rollback.
 */
export class LastStatements<T> {
  constructor(readonly results: Promise<T>) {
    results.catch(() => undefined);
  }
}

class RolledBack extends Error {}

/** What happened to the statements of one transaction. */
class TransactionWatch implements StatementWatch {
  firstFailure: unknown;
  isOver = false;

  beforeStatement(): void {
    // What goes on beside work that has failed would be sent outside of the transaction, perhaps into somebody else's.
    if (this.isOver) throw new Error('the transaction is over');
  }

  onFailure(error: unknown): void {
    this.firstFailure ??= error;
  }
}

/**
 * Commits what `work` did on the connection when it resolves, rolls everything back when it throws. `work` makes its
 * statements known to the watch; `onBroken` is told when the connection could not even roll back.
 *
 * BEGIN travels with the first statement. Work that returns {@link LastStatements} lets COMMIT travel with them.
 */
export async function inTransaction<T>(
  client: ClientBase,
  begin: string,
  work: (watch: StatementWatch) => Promise<T | LastStatements<T>>,
  onBroken: (error: Error) => void,
): Promise<T> {
  const watch = new TransactionWatch();
  try {
    const begun = client.query(begin);
    // Told by the awaits below; a rejection in between must not count as unhandled.
    begun.catch(() => undefined);
    const outcome = await work(watch);
    await begun;
    watch.isOver = true;
    if (!(outcome instanceof LastStatements)) {
      await commit(client);
      return outcome;
    }
    // A statement that fails makes COMMIT a rollback, and its rejection is the one that is thrown.
    const [result] = await Promise.all([outcome.results, commit(client)]);
    return result;
  } catch (error) {
    watch.isOver = true;
    await client.query('ROLLBACK').catch(onBroken);
    // Statements that were sent together fail together: the one that made the others fail says why.
    const isConsequence = error instanceof RolledBack || sqlState(error) === IN_FAILED_TRANSACTION;
    throw isConsequence ? (watch.firstFailure ?? error) : error;
  }
}

async function commit(client: ClientBase): Promise<void> {
  const { command } = await client.query('COMMIT');
  // PostgreSQL answers COMMIT of a failed transaction with ROLLBACK and no error.
  if (command !== 'COMMIT') throw new RolledBack('the transaction was rolled back');
}
