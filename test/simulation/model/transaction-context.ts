import { AsyncLocalStorage } from 'node:async_hooks';

/** A transaction, as whatever was begun inside it knows it. */
export interface TransactionContext {
  isOpen: boolean;
}

const contexts = new AsyncLocalStorage<TransactionContext>();

/** Runs the work of a transaction. */
export function insideTransaction<T>(own: TransactionContext, work: () => Promise<T>): Promise<T> {
  return contexts.run(own, work);
}

/** Whether whoever asks was begun inside a transaction that is still open. */
export function isInTransaction(): boolean {
  return contexts.getStore()?.isOpen ?? false;
}

/** As a real timer does it: what is set inside a transaction goes off inside it. */
export function inPresentContext(run: () => void): () => void {
  const own = contexts.getStore();
  return own?.isOpen ? () => contexts.run(own, run) : run;
}
