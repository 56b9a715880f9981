import { createGroupSchedule, importAudience, type ApiClient } from '../test/support/api-client.js';
import type { BenchOptions } from './main.js';
import { startMeter, type Cost } from './harness/meter.js';
import { startPontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, type Figures } from './harness/rounds.js';

/** A channel lets at most 10,000 go at once, so that many are spread over several. */
const PER_CHANNEL = 10_000;

/** 100,000 deliveries to a gateway that answers at once and inside the process, from making them until all have ended. */
export async function dispatchInstant({ small, rounds }: BenchOptions): Promise<void> {
  const count = small ? 200 : 100_000;
  const postgres = await startBenchPostgres(small);
  try {
    const cases = [{ name: 'pontual', run: () => onPontual(postgres, count) }];
    const results = await runRounds(cases, rounds ?? (small ? 1 : 5));
    finishReport(
      {
        benchmark: 'dispatch-instant',
        work: `${count} deliveries to an instant gateway, create to finished`,
        cases: results,
        conclusions: [],
      },
      small,
    );
  } finally {
    await postgres.close();
  }
}

async function onPontual(postgres: BenchPostgres, count: number): Promise<Figures> {
  const url = await postgres.freshDatabase();
  const { api, server } = await startPontual(url);
  try {
    const audiences: { groupId: string; channelId: string }[] = [];
    for (let done = 0; done < count; done += PER_CHANNEL) {
      const groupId = await importAudience(api, `group ${done}`, Math.min(PER_CHANNEL, count - done), done);
      audiences.push({ groupId, channelId: await createSimulator(api, `channel ${done}`) });
    }
    await rowsOf(url, 'VACUUM ANALYZE');
    const meter = await startMeter(postgres, url, [server.pid]);
    await Promise.all(audiences.map((audience) => createGroupSchedule(api, audience)));
    await untilRunsFinished(url, audiences.length);
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
    'WAL B': cost.walBytes / count,
    'peak MiB': cost.peakMiB,
    'other cores': cost.otherCores,
  };
}

export async function untilRunsFinished(url: string, count: number): Promise<void> {
  for (;;) {
    const [row] = await rowsOf<{ finished: number }>(
      url,
      'SELECT count(finished_at)::int AS finished FROM schedule_runs',
    );
    if (row?.finished === count) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function expectAllSent(url: string, count: number): Promise<void> {
  const [row] = await rowsOf<{ sent: number }>(
    url,
    `SELECT count(*)::int AS sent FROM deliveries WHERE status = 'sent' AND attempt = 1`,
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
