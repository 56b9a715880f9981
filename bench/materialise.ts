import { createGroupSchedule } from '../test/support/api-client.js';
import { createSimulator } from './dispatch-instant.js';
import type { BenchOptions } from './main.js';
import { startMeter } from './harness/meter.js';
import { startPontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, type BenchCase, type Figures } from './harness/rounds.js';
import { firstTenant, seedContacts, seedGroup } from './harness/seed.js';
import { cloneOf } from './harness/templates.js';

const GROUPS = 10;
const POLL_MS = 20;

/** A database with the audience of one schedule. */
interface Audience {
  readonly url: string;
  readonly channelId: string;
  readonly groupIds: readonly string[];
  readonly count: number;
}

/**
 * The audience of a schedule as deliveries, from createSchedule to the last row of log and queue. The channel is paused,
 * so that nothing else happens.
 */
export async function materialise({ small, rounds }: BenchOptions): Promise<void> {
  const counts = small ? [200] : [100_000, 1_000_000];
  const postgres = await startBenchPostgres(small);
  try {
    const cases: BenchCase[] = [];
    for (const count of counts) {
      const audience = await furnish(postgres, count, small);
      cases.push({
        name: `${count.toLocaleString('en-GB')} contacts`,
        run: () => writeDown(postgres, audience, small),
      });
    }
    const results = await runRounds(cases, rounds ?? (small ? 1 : 5));
    finishReport(
      {
        benchmark: 'materialise',
        work: `a schedule for ${counts.map((count) => count.toLocaleString('en-GB')).join(' and for ')} contacts in ${GROUPS} groups`,
        cases: results,
        conclusions: [],
      },
      small,
    );
  } finally {
    await postgres.close();
  }
}

async function furnish(postgres: BenchPostgres, count: number, small: boolean): Promise<Audience> {
  const url = await postgres.freshDatabase();
  const { api, server } = await startPontual(url, {}, small);
  const channelId = await createSimulator(api, 'channel');
  await api.data('mutation ($id: ID!) { pauseChannel(id: $id) { status } }', { id: channelId });
  await server.stop();
  const tenant = await firstTenant(url);
  await seedContacts(url, [tenant], count);
  const each = count / GROUPS;
  const groupIds: string[] = [];
  for (let n = 0; n < GROUPS; n += 1) groupIds.push(await seedGroup(url, tenant, { first: n * each, count: each }));
  await rowsOf(url, 'VACUUM ANALYZE');
  return { url, channelId, groupIds, count };
}

async function writeDown(postgres: BenchPostgres, audience: Audience, small: boolean): Promise<Figures> {
  const { channelId, groupIds, count } = audience;
  const url = await cloneOf(audience.url);
  const { api, server } = await startPontual(url, {}, small);
  try {
    const meter = await startMeter(postgres, url, [server.pid]);
    await createGroupSchedule(api, { groupId: '', targetGroupIds: groupIds, channelId });
    await untilWritten(url);
    const { seconds, nodeCpuSeconds, databaseCpuSeconds, walBytes, peakMiB, otherCores } = await meter.read();
    await expectRows(url, count);
    return {
      'rows/s': count / seconds,
      seconds: seconds,
      'node µs': (nodeCpuSeconds * 1e6) / count,
      'database µs': (databaseCpuSeconds * 1e6) / count,
      'WAL B': walBytes / count,
      'peak MiB': peakMiB,
      'other cores': otherCores,
    };
  } finally {
    await server.stop();
    await postgres.dropDatabase(url);
  }
}

async function untilWritten(url: string): Promise<void> {
  for (;;) {
    const [run] = await rowsOf<{ status: string }>(url, 'SELECT status FROM schedule_runs');
    if (run?.status === 'RUNNING') return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function expectRows(url: string, count: number): Promise<void> {
  const [row] = await rowsOf<{ deliveries: number; queued: number }>(
    url,
    `SELECT (SELECT count(*) FROM deliveries WHERE status = 'pending')::int AS deliveries,
            (SELECT count(*) FROM delivery_queue)::int AS queued`,
  );
  if (row?.deliveries !== count || row.queued !== count)
    throw new Error(`${JSON.stringify(row)} instead of ${count} rows`);
}
