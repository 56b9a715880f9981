import { rowsOf } from './postgres.js';

/** Less than this before the first delivery is due, the program may not have started. */
const READY_MS = 500;

const POLL_MS = 100;

/** An instant ahead at which work that is filled in by SQL becomes due. */
export interface DueInstant {
  /** As a literal of SQL. */
  readonly sql: string;
  /** Resolves when it has come; throws when it is too near, because then filling took too long to measure anything. */
  come(): Promise<void>;
}

/** The instant so many seconds from now; for a trial it does not matter when that is too soon. */
export function dueFrom(seconds: number, isTrial: boolean): DueInstant {
  const atMs = Date.now() + seconds * 1_000;
  return {
    sql: `timestamptz '${new Date(atMs).toISOString()}'`,
    come: async () => {
      const leftMs = atMs - Date.now();
      if (leftMs < READY_MS && !isTrial)
        throw new Error('the tables were filled too slowly to measure the first deliveries');
      await new Promise((resolve) => setTimeout(resolve, leftMs));
    },
  };
}

/** Resolves when every run has ended. */
export async function untilNothingRuns(url: string): Promise<void> {
  for (;;) {
    const [row] = await rowsOf<{ running: boolean }>(
      url,
      `SELECT EXISTS (SELECT FROM schedule_runs WHERE status = 'RUNNING') AS running`,
    );
    if (row?.running === false) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
