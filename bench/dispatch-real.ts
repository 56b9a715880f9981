import { createGroupSchedule, createWebhookChannel } from '../test/support/api-client.js';
import { expectAllSent, figuresOf, MESSAGE, untilRunsFinished } from './dispatch-instant.js';
import { furnishAudiences, type Audiences } from './harness/audiences.js';
import { chosen } from './harness/chosen.js';
import { againstEach } from './harness/conclusions.js';
import { openPeer, unavailableCase, versionsOf, type Contender } from './harness/contenders.js';
import { startBenchGateway, type BenchGateway } from './harness/gateway.js';
import { postgresStore, startMeterOf, type MeteredStore } from './harness/meter.js';
import { startPontual } from './harness/pontual.js';
import { startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, type Figures } from './harness/rounds.js';
import { cloneOf } from './harness/templates.js';
import type { BenchOptions } from './main.js';
import { CONCURRENCY } from './peers/peer.js';
import { startWallClock } from './peers/wall-clock.js';

const ANSWER_MS = 20;

/** More than one channel lets go at once. */
const CHANNELS = 2;

const CONTENDERS: readonly Contender[] = [
  { name: 'http', peer: 'http' },
  { name: 'bullmq everysec', peer: 'bullmq', redis: 'everysec' },
  { name: 'pg-boss', peer: 'pg-boss' },
  { name: 'graphile-worker', peer: 'graphile-worker' },
];

/**
 * 15,000 deliveries to a gateway that answers in 20 ms, at most 100 at once: a bare loop that remembers nothing, the
 * program with everything that it stores, and peers that keep a status row each, changed before the call and after it.
 */
export async function dispatchReal({ small, rounds, flags }: BenchOptions): Promise<void> {
  const count = small ? 200 : 15_000;
  const postgres = await startBenchPostgres(small);
  try {
    const audiences = await furnishAudiences(postgres, { count, each: count / CHANNELS, small });
    const ours = {
      name: 'pontual',
      run: () => withGateway((gateway) => onPontual(postgres, audiences, gateway, { count, small })),
    };
    const peers = CONTENDERS.map((contender) => ({
      name: contender.name,
      ...unavailableCase(contender),
      run: () => withGateway((gateway) => onPeer(postgres, gateway, contender, count)),
    }));
    const { cases, isPart } = chosen([ours, ...peers], flags);
    const results = await runRounds(cases, rounds ?? (small ? 1 : 5));
    finishReport(
      {
        benchmark: 'dispatch-real',
        work: `${count.toLocaleString('en-GB')} deliveries to an HTTP gateway that answers in ${ANSWER_MS} ms, at most ${CONCURRENCY} at once, every status stored`,
        cases: results,
        conclusions: [...againstEach(results, 'process/s'), ...againstEach(results, 'CPU µs')],
        versions: versionsOf(postgres, CONTENDERS),
        plot: { figure: 'process/s', better: 'more' },
      },
      small || isPart,
    );
  } finally {
    await postgres.close();
  }
}

async function withGateway(run: (gateway: BenchGateway) => Promise<Figures>): Promise<Figures> {
  const gateway = await startBenchGateway(ANSWER_MS);
  try {
    return await run(gateway);
  } finally {
    await gateway.close();
  }
}

async function onPontual(
  postgres: BenchPostgres,
  audiences: Audiences,
  gateway: BenchGateway,
  { count, small }: { readonly count: number; readonly small: boolean },
): Promise<Figures> {
  const url = await cloneOf(audiences.url);
  const { api, server } = await startPontual(url, {}, small);
  try {
    const webhook = { url: gateway.url, concurrency: CONCURRENCY / CHANNELS };
    const targets: { groupId: string; channelId: string }[] = [];
    for (const groupId of audiences.groupIds) {
      targets.push({ groupId, channelId: await createWebhookChannel(api, webhook) });
    }
    const stores = [postgresStore(postgres, url)];
    const figures = await measured({ stores, pid: server.pid, gateway, count }, async () => {
      await Promise.all(targets.map((target) => createGroupSchedule(api, { ...target, message: MESSAGE })));
      await untilRunsFinished(url, targets.length);
    });
    await expectAllSent(url, count);
    return figures;
  } finally {
    await server.stop();
    await postgres.dropDatabase(url);
  }
}

async function onPeer(
  postgres: BenchPostgres,
  gateway: BenchGateway,
  contender: Contender,
  count: number,
): Promise<Figures> {
  const peer = await openPeer(contender, 'real', postgres, gateway.url);
  const { child, stores } = peer;
  try {
    return await measured({ stores, pid: child.pid, gateway, count }, async () => {
      await child.ask('enqueue', { count });
      await child.ask('start');
      await child.ask('finish', count);
    });
  } finally {
    await peer.close();
  }
}

interface Measured {
  readonly stores: readonly MeteredStore[];
  readonly pid: number;
  readonly gateway: BenchGateway;
  readonly count: number;
}

/** `process/s` counts from the first call's arrival, `total/s` and the costs from the beginning; both until all is recorded. */
async function measured({ stores, pid, gateway, count }: Measured, work: () => Promise<void>): Promise<Figures> {
  const meter = await startMeterOf({ stores, pids: [pid], apart: [gateway.pid] });
  const nowMs = startWallClock();
  await work();
  const doneMs = nowMs();
  const cost = await meter.read();
  const arrivals = await gateway.arrivals();
  if (arrivals.length !== count) throw new Error(`the gateway was called ${arrivals.length} times for ${count}`);
  const firstMs = arrivals.reduce((first, [, atMs]) => Math.min(first, atMs), Infinity);
  return {
    'process/s': count / ((doneMs - firstMs) / 1_000),
    ...figuresOf(cost, count),
    'gateway µs': (cost.apartCpuSeconds * 1e6) / count,
  };
}
