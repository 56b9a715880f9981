import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { CONCURRENCY, loadPackage, required, type Job, type Peer, type PeerSetup } from './peer.js';

interface GraphileWorker {
  readonly Logger: new (factory: () => (level: string, message: string) => void) => object;
  makeWorkerUtils(options: object): Promise<{
    migrate(): Promise<void>;
    addJobs(jobs: readonly object[]): Promise<unknown>;
    release(): Promise<void>;
  }>;
  run(options: object): Promise<{ stop(): Promise<void> }>;
}

const TASK = 'send';
const DEFAULT_POLL_MS = 2_000;

/** Bulk adding, a local queue of 500, completions in batches; completed rows are deleted, as is its design. */
export async function createGraphileWorker({ databaseUrl, pollMs = DEFAULT_POLL_MS }: PeerSetup): Promise<Peer> {
  const library = loadPackage<GraphileWorker>('graphile-worker');
  const connectionString = required('databaseUrl', databaseUrl);
  const logger = new library.Logger(() => (level, message) => {
    if (level === 'error') console.error(message);
  });
  const utils = await library.makeWorkerUtils({ connectionString, logger });
  await utils.migrate();
  const client = new Client({ connectionString });
  await client.connect();
  let runner: { stop(): Promise<void> } | undefined;
  return {
    enqueue: async (jobs, dueMs) => {
      await utils.addJobs(
        jobs.map((payload, index) => {
          const atMs = dueMs?.[index];
          return { identifier: TASK, payload, ...(atMs === undefined ? {} : { runAt: new Date(atMs) }) };
        }),
      );
    },
    start: async (handle) => {
      runner = await library.run({
        taskList: { [TASK]: (payload: unknown) => handle(payload as Job) },
        noHandleSignals: true,
        preset: {
          worker: {
            connectionString,
            maxPoolSize: 20,
            concurrentJobs: CONCURRENCY,
            pollInterval: pollMs,
            localQueue: { size: 500 },
            completeJobBatchDelay: 0,
            failJobBatchDelay: 0,
            logger,
          },
        },
      });
    },
    settled: async () => {
      const unfinished = 'SELECT EXISTS (SELECT FROM graphile_worker._private_jobs) AS any';
      while (((await client.query(unfinished)).rows as { any: boolean }[])[0]?.any !== false) await wait(5);
    },
    close: async () => {
      await runner?.stop();
      await utils.release();
      await client.end();
    },
  };
}
