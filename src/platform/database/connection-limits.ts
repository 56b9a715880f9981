/** No statement of this program is meant to take so long; the server ends it. */
export const STATEMENT_TIMEOUT_MS = 60_000;

/**
 * A transaction that says nothing for so long belongs to a process that was stopped, and its locks stop everybody else:
 * the server ends it.
 */
export const IDLE_IN_TRANSACTION_MS = 15_000;

/**
 * A connection whose server is silent for longer than it lets any statement take is dead, whatever TCP believes: without
 * this, a loop whose packets are swallowed on the way waits for hours.
 */
export const ANSWER_TIMEOUT_MS = STATEMENT_TIMEOUT_MS + 5_000;

/** To connect, or to wait for one of the pool's connections. */
export const CONNECT_TIMEOUT_MS = 30_000;
