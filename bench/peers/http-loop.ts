import { CONCURRENCY, type Job, type Peer } from './peer.js';

/** No library and no database: loops over the list that it is given at first, timers for what is due later. It remembers nothing. */
export function createHttpLoop(): Promise<Peer> {
  const list: Job[] = [];
  let work: ((job: Job) => Promise<void>) | undefined;
  // A fault ends the process, as it should.
  const workOn = (job: Job): void => void work?.(job);
  const loop = async (): Promise<void> => {
    for (let job = list.pop(); job !== undefined; job = list.pop()) await work?.(job);
  };
  let loops: Promise<unknown> = Promise.resolve();
  return Promise.resolve({
    enqueue: (jobs, dueMs) => {
      if (dueMs) jobs.forEach((job, index) => setTimeout(workOn, (dueMs[index] ?? 0) - Date.now(), job));
      else if (work) jobs.forEach(workOn);
      else list.push(...jobs);
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
