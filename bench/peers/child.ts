import { Pool } from 'undici';
import { answerParent } from './answer.js';
import { createBullMq } from './bullmq.js';
import { createGraphileWorker } from './graphile-worker.js';
import { createHttpLoop } from './http-loop.js';
import { CONCURRENCY, jobOf, required, type Job, type Peer, type PeerName, type PeerSetup } from './peer.js';
import { createPgBoss } from './pg-boss.js';
import { createStatusRows, type StatusRows } from './status-rows.js';
import { startWallClock } from './wall-clock.js';

const BLOCK = 1_000;

/** That many jobs, from number 0 on, due at once or by and by. */
export interface Enqueue {
  readonly count: number;
  readonly due?: { readonly startMs: number; readonly spacingMs: number };
}

/** A peer's process: the benchmark asks it to put jobs in and to work on them. Its argument is a PeerSetup as JSON. */
async function main(setup: PeerSetup): Promise<void> {
  const peer = await PEER[setup.peer](setup);
  const url = setup.gatewayUrl === undefined ? undefined : new URL(setup.gatewayUrl);
  const pool = url && new Pool(url.origin, { connections: CONCURRENCY });
  const rows = setup.work === 'real' && setup.peer !== 'http' ? await statusRowsOf(setup) : undefined;
  let [handled, awaited, reach]: [number, number, () => void] = [0, Infinity, () => undefined];
  const handle = async (job: Job): Promise<void> => {
    await rows?.sending(job.id);
    const providerId = pool ? await post(pool, url?.pathname ?? '/', job) : '';
    await rows?.sent(job.id, providerId);
    handled += 1;
    if (handled >= awaited) reach();
  };
  const enqueue = async ({ count, due }: Enqueue): Promise<void> => {
    for (let from = 0; from < count; from += BLOCK) {
      const jobs = Array.from({ length: Math.min(BLOCK, count - from) }, (_, index) => jobOf(from + index));
      await rows?.insert(jobs);
      await peer.enqueue(jobs, due && jobs.map(({ id }) => due.startMs + id * due.spacingMs));
    }
  };
  answerParent(
    {
      ready: () => undefined,
      enqueue,
      start: () => peer.start(handle),
      /** Resolves when that many have been handled since the beginning, and all of them are recorded as done. */
      finish: async (count: number) => {
        awaited = count;
        if (handled < count) await new Promise<void>((resolve) => (reach = resolve));
        await peer.settled();
        const sent = (await rows?.countSent()) ?? count;
        if (handled !== count || sent !== count) throw new Error(`${handled} handled and ${sent} sent of ${count}`);
      },
      /** One job each `spacingMs`, due at once; answers when each was given. */
      send: async ({ count, spacingMs }: { count: number; spacingMs: number }): Promise<number[]> => {
        const nowMs = startWallClock();
        const startMs = performance.now();
        const givenMs: number[] = [];
        for (let id = 0; id < count; id += 1) {
          await new Promise((resolve) =>
            setTimeout(resolve, Math.max(0, startMs + id * spacingMs - performance.now())),
          );
          givenMs.push(nowMs());
          await peer.enqueue([jobOf(id)]);
        }
        return givenMs;
      },
    },
    async () => {
      await peer.close();
      await rows?.close();
      await pool?.close();
    },
  );
}

const PEER: Readonly<Record<PeerName, (setup: PeerSetup) => Promise<Peer>>> = {
  bullmq: createBullMq,
  'pg-boss': createPgBoss,
  'graphile-worker': createGraphileWorker,
  http: createHttpLoop,
};

function statusRowsOf({ databaseUrl }: PeerSetup): Promise<StatusRows> {
  return createStatusRows(required('databaseUrl', databaseUrl));
}

/** Returns the number that the gateway gave the message. */
async function post(pool: Pool, path: string, { id, to, text }: Job): Promise<string> {
  const { statusCode, body } = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ deliveryId: `${id}`, attempt: 1, to, text }),
  });
  const { messageId } = (await body.json()) as { messageId: string };
  if (statusCode !== 200) throw new Error(`the gateway answered ${statusCode}`);
  return messageId;
}

void main(JSON.parse(process.argv[2] ?? '{}') as PeerSetup);
