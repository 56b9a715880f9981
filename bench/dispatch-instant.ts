import { setTimeout as wait } from 'node:timers/promises';
import { Client } from 'pg';
import { createGroupSchedule, type ApiClient } from '../test/support/api-client.js';
import { furnishAudiences, type Audiences } from './harness/audiences.js';
import { chosen } from './harness/chosen.js';
import { against, againstBest } from './harness/conclusions.js';
import { openPeer, unavailableCase, versionsOf, type Contender } from './harness/contenders.js';
import { startMeter, startMeterOf, type Cost } from './harness/meter.js';
import { startPontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, type BenchCase, type Figures } from './harness/rounds.js';
import { slowDiskUnavailable, startSlowPostgres } from './harness/slow-disk.js';
import { cloneOf } from './harness/templates.js';
import type { BenchOptions } from './main.js';
import { TEXT } from './peers/peer.js';

/** A channel lets at most 10,000 go at once, so that many are spread over several. */
const PER_CHANNEL = 10_000;

/** No run takes as long. */
const FINISH_MS = 600_000;

/** As long as the peers' jobs. */
export const MESSAGE = { title: 'Aviso', content: TEXT };

/** Each in the order in which it is faster: to work while jobs are put in, or when all are there. */
const CONTENDERS: readonly (Contender & { readonly begins: 'at once' | 'when all are in' })[] = [
  { name: 'bullmq', peer: 'bullmq', redis: 'no', begins: 'when all are in' },
  { name: 'bullmq everysec', peer: 'bullmq', redis: 'everysec', begins: 'when all are in' },
  { name: 'pg-boss', peer: 'pg-boss', begins: 'at once' },
  { name: 'graphile-worker', peer: 'graphile-worker', begins: 'at once' },
];

/**
 * 100,000 deliveries to a gateway that answers at once and inside the process, from making them until all have ended.
 * With `--slow-disk` the program alone, also on a disk that takes a millisecond more to make something durable.
 */
export async function dispatchInstant({ small, rounds, flags }: BenchOptions): Promise<void> {
  const count = small ? 200 : 100_000;
  const postgres = await startBenchPostgres(small);
  try {
    const audiences = await furnishAudiences(postgres, { count, each: PER_CHANNEL, small });
    const ours = { name: 'pontual', run: () => onPontual(postgres, audiences, count, small) };
    if (flags.has('--slow-disk')) return await onSlowDisk(ours, { count, small, rounds: rounds ?? (small ? 1 : 5) });
    const peers = CONTENDERS.map((contender) => ({
      name: contender.name,
      ...unavailableCase(contender),
      run: () => onPeer(postgres, contender, count),
    }));
    const { cases, isPart } = chosen([ours, ...peers], flags);
    const results = await runRounds(cases, rounds ?? (small ? 1 : 5));
    finishReport(
      {
        benchmark: 'dispatch-instant',
        work: `${count.toLocaleString('en-GB')} deliveries to an instant gateway, create to finished`,
        cases: results,
        conclusions: [
          ...againstBest(results, 'total/s', 'more'),
          ...againstBest(results, 'CPU µs', 'less'),
          ...againstBest(results, 'peak MiB', 'less'),
          ...againstBest(results, 'WAL B', 'less'),
        ],
        versions: versionsOf(postgres, CONTENDERS),
        plot: { figure: 'total/s', better: 'more' },
      },
      small || isPart,
    );
  } finally {
    await postgres.close();
  }
}

async function onSlowDisk(
  ours: BenchCase,
  { count, small, rounds }: { readonly count: number; readonly small: boolean; readonly rounds: number },
): Promise<void> {
  const reason = slowDiskUnavailable();
  const postgres = reason === undefined ? await startBenchPostgres(small, {}, startSlowPostgres) : undefined;
  try {
    const name = 'pontual +1 ms';
    const audiences = postgres && (await furnishAudiences(postgres, { count, each: PER_CHANNEL, small }));
    const slow: BenchCase =
      postgres && audiences
        ? { name, run: () => onPontual(postgres, audiences, count, small) }
        : { name, unavailable: `${reason}`, run: () => ours.run() };
    const results = await runRounds([ours, slow], rounds);
    finishReport(
      {
        benchmark: 'dispatch-instant-slow-disk',
        work: `${count.toLocaleString('en-GB')} deliveries to an instant gateway, on this disk and on one whose fsync takes a millisecond more`,
        cases: results,
        conclusions: against(results, 'total/s', name, ours.name),
        ...(postgres ? { versions: versionsOf(postgres, []) } : {}),
        plot: { figure: 'total/s', better: 'more' },
      },
      small,
    );
  } finally {
    await postgres?.close();
  }
}

async function onPeer(
  postgres: BenchPostgres,
  contender: (typeof CONTENDERS)[number],
  count: number,
): Promise<Figures> {
  const peer = await openPeer(contender, 'instant', postgres);
  const { child, stores } = peer;
  try {
    const meter = await startMeterOf({ stores, pids: [child.pid] });
    for (const step of contender.begins === 'at once' ? ['start', 'enqueue'] : ['enqueue', 'start']) {
      await child.ask(step, { count });
    }
    await child.ask('finish', count);
    return figuresOf(await meter.read(), count);
  } finally {
    await peer.close();
  }
}

async function onPontual(
  postgres: BenchPostgres,
  audiences: Audiences,
  count: number,
  small: boolean,
): Promise<Figures> {
  const url = await cloneOf(audiences.url);
  const { api, server } = await startPontual(url, {}, small);
  try {
    const targets: { groupId: string; channelId: string }[] = [];
    for (const groupId of audiences.groupIds) {
      targets.push({ groupId, channelId: await createSimulator(api, `channel ${groupId}`) });
    }
    const meter = await startMeter(postgres, url, [server.pid]);
    await Promise.all(targets.map((target) => createGroupSchedule(api, { ...target, message: MESSAGE })));
    await untilRunsFinished(url, targets.length);
    const cost = await meter.read();
    await expectAllSent(url, count);
    return figuresOf(cost, count);
  } finally {
    await server.stop();
    await postgres.dropDatabase(url);
  }
}

export function figuresOf(cost: Cost, count: number): Figures {
  const micros = (seconds: number): number => (seconds * 1e6) / count;
  return {
    'total/s': count / cost.seconds,
    'node µs': micros(cost.nodeCpuSeconds),
    'database µs': micros(cost.databaseCpuSeconds),
    'CPU µs': micros(cost.nodeCpuSeconds + cost.databaseCpuSeconds),
    ...(Number.isNaN(cost.walBytes) ? {} : { 'WAL B': cost.walBytes / count }),
    'peak MiB': cost.peakMiB,
    'other cores': cost.otherCores,
  };
}

/** Asks on one connection, so that the database does not pay for many. */
export async function untilRunsFinished(url: string, count: number): Promise<void> {
  const client = new Client({ connectionString: url, application_name: 'bench' });
  await client.connect();
  try {
    const finished = async (): Promise<number | undefined> => {
      const { rows } = await client.query('SELECT count(finished_at)::int AS finished FROM schedule_runs');
      return (rows as { finished: number }[])[0]?.finished;
    };
    const untilMs = performance.now() + FINISH_MS;
    while ((await finished()) !== count) {
      if (performance.now() > untilMs) throw new Error(`not all of ${count} runs finished in ${FINISH_MS} ms`);
      await wait(10);
    }
  } finally {
    await client.end();
  }
}

export async function expectAllSent(url: string, count: number): Promise<void> {
  const [row] = await rowsOf<{ sent: number }>(
    url,
    `SELECT count(*)::int AS sent FROM deliveries WHERE status = 'sent'`,
  );
  if (row?.sent !== count) throw new Error(`${row?.sent} of ${count} deliveries were sent`);
}

export async function createSimulator(api: ApiClient, name: string): Promise<string> {
  const simulator = {
    latencyMs: 0,
    latencyJitterMs: 0,
    failureRate: 0,
    uncertainRate: 0,
    deliveredAfterMs: null,
    readAfterMs: null,
  };
  const rateLimit = { perMinute: 60_000, burst: 10_000, perContactPerMinute: 60_000 };
  const { createChannel: channel } = await api.data<{ createChannel: { id: string } }>(
    'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id } }',
    { input: { name, simulator, rateLimit } },
  );
  return channel.id;
}
