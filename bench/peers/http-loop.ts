import { CONCURRENCY, type Job, type Peer } from './peer.js';

/** No library and no database: loops over a list, and a timer for what is not due yet. It remembers nothing. */
export function createHttpLoop(): Promise<Peer> {
  const list: Job[] = [];
  let work: (job: Job) => Promise<void> = () => Promise.reject(new Error('it was not started'));
  const loop = async (): Promise<void> => {
    for (let job = list.pop(); job !== undefined; job = list.pop()) await work(job);
  };
  let loops: Promise<unknown> = Promise.resolve();
  return Promise.resolve({
    enqueue: (jobs, dueMs) => {
      if (dueMs === undefined) list.push(...jobs);
      jobs.forEach((job, index) => {
        const atMs = dueMs?.[index];
        // A fault ends the process, as it should.
        if (atMs !== undefined) setTimeout(() => void work(job), atMs - Date.now());
      });
      return Promise.resolve();
    },
    start: (handle) => {
      work = handle;
      loops = Promise.all(Array.from({ length: CONCURRENCY }, loop));
      return Promise.resolve();
    },
    settled: async () => {
      await loops;
    },
    close: () => Promise.resolve(),
  });
}
