import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { loadPackage, required, type Job, type Peer, type PeerSetup, type Work } from './peer.js';

interface PgBoss {
  readonly PgBoss: new (options: object) => {
    on(event: 'error', listener: (error: unknown) => void): unknown;
    start(): Promise<unknown>;
    createQueue(name: string, options: object): Promise<void>;
    insert(name: string, jobs: readonly object[]): Promise<unknown>;
    work(
      name: string,
      options: object,
      handle: (jobs: readonly { readonly data: Job }[]) => Promise<void>,
    ): Promise<string>;
    stop(options: object): Promise<void>;
  };
}

const QUEUE = 'send';

/** Its shortest poll is half a second. */
const POLL = { pollingIntervalSeconds: 0.5, notifyPollingIntervalSeconds: 0.5 };

const SETTINGS: Readonly<Record<Work, object>> = {
  instant: { ...POLL, batchSize: 500, localConcurrency: 2, burstWhenBatchFull: true },
  // A batch waits for its slowest job, so it is small, and there are several.
  real: { ...POLL, batchSize: 25, localConcurrency: 4, burstWhenBatchFull: true, burstWhenReadyExceeds: 1 },
  late: { ...POLL, batchSize: 200, localConcurrency: 1 },
};

/** Bulk insert, batches as large as the work bears, woken by NOTIFY; completed rows stay, as is its default. */
export async function createPgBoss({ databaseUrl, work }: PeerSetup): Promise<Peer> {
  const { PgBoss } = loadPackage<PgBoss>('pg-boss');
  const connectionString = required('databaseUrl', databaseUrl);
  const boss = new PgBoss({ connectionString, max: 20, useListenNotify: true });
  boss.on('error', (error) => console.error(error));
  await boss.start();
  await boss.createQueue(QUEUE, { notify: true });
  const client = new Client({ connectionString });
  await client.connect();
  return {
    enqueue: async (jobs, dueMs) => {
      await boss.insert(
        QUEUE,
        jobs.map((data, index) => {
          const atMs = dueMs?.[index];
          return atMs === undefined ? { data } : { data, startAfter: new Date(atMs) };
        }),
      );
    },
    start: async (handle) => {
      await boss.work(QUEUE, SETTINGS[work], async (jobs) => {
        await Promise.all(jobs.map(({ data }) => handle(data)));
      });
    },
    settled: async () => {
      const unfinished = `SELECT EXISTS (SELECT FROM pgboss.job WHERE name = '${QUEUE}' AND state <> 'completed') AS any`;
      while (((await client.query(unfinished)).rows as { any: boolean }[])[0]?.any !== false) await wait(5);
    },
    close: async () => {
      await client.end();
      await boss.stop({ graceful: false });
    },
  };
}
