import { setTimeout as wait } from 'node:timers/promises';
import { CONCURRENCY, loadPackage, required, type Job, type Peer, type PeerSetup } from './peer.js';

interface BullMq {
  readonly Queue: new (
    name: string,
    options: object,
  ) => {
    addBulk(jobs: readonly object[]): Promise<unknown>;
    waitUntilReady(): Promise<unknown>;
    close(): Promise<void>;
  };
  readonly Worker: new (
    name: string,
    handle: (job: { readonly data: Job }) => Promise<void>,
    options: object,
  ) => {
    on(event: 'completed' | 'error', listener: (error: unknown) => void): unknown;
    waitUntilReady(): Promise<unknown>;
    close(): Promise<void>;
  };
}

const QUEUE = 'send';

/** Bulk adding, three attempts with backoff, completed jobs removed, one worker. */
export async function createBullMq({ redisPort }: PeerSetup): Promise<Peer> {
  const { Queue, Worker } = loadPackage<BullMq>('bullmq');
  const connection = { host: '127.0.0.1', port: required('redisPort', redisPort), maxRetriesPerRequest: null };
  const queue = new Queue(QUEUE, { connection });
  await queue.waitUntilReady();
  let worker: InstanceType<BullMq['Worker']> | undefined;
  let [handled, completed] = [0, 0];
  return {
    enqueue: async (jobs, dueMs) => {
      const nowMs = Date.now();
      const options = { attempts: 3, backoff: { type: 'exponential', delay: 1_000 }, removeOnComplete: true };
      await queue.addBulk(
        jobs.map((data, index) => {
          const atMs = dueMs?.[index];
          return {
            name: QUEUE,
            data,
            opts: atMs === undefined ? options : { ...options, timestamp: nowMs, delay: atMs - nowMs },
          };
        }),
      );
    },
    start: async (handle) => {
      worker = new Worker(
        QUEUE,
        async ({ data }) => {
          await handle(data);
          handled += 1;
        },
        { connection, concurrency: CONCURRENCY },
      );
      worker.on('completed', () => (completed += 1));
      worker.on('error', (error) => console.error(error));
      await worker.waitUntilReady();
    },
    settled: async () => {
      while (completed < handled) await wait(1);
    },
    close: async () => {
      await worker?.close();
      await queue.close();
    },
  };
}
