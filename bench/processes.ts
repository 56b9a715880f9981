import { fullest } from '../test/chaos/reconcile/windows.js';
import { createGroupSchedule, createWebhookChannel } from '../test/support/api-client.js';
import { startLedgerGateway } from '../test/support/ledger-gateway.js';
import { createSimulator, expectAllSent, figuresOf, untilRunsFinished } from './dispatch-instant.js';
import type { BenchOptions } from './main.js';
import { startMeter } from './harness/meter.js';
import { startPontual, type Pontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, shortNumber, type BenchCase, type CaseResult, type Figures } from './harness/rounds.js';
import { firstTenant, seedContacts, seedGroup } from './harness/seed.js';

const CHANNELS = 10;
const LIMITED = { perMinute: 600, burst: 10, perContactPerMinute: 600 };
const MS_PER_MINUTE = 60_000;

/** A call that has not begun so long after its permit does not begin any more (docs/guarantees.md). */
const PERMIT_LIFE_MS = 2_000;

const WORDS: Readonly<Record<number, string>> = { 1: 'one process', 2: 'two processes', 4: 'four processes' };

/**
 * Several server processes on one database: how much all of them together send to an instant gateway, and whether a
 * channel with a limit keeps it in every window of its gateway's ledger.
 */
export async function processes({ small, rounds }: BenchOptions): Promise<void> {
  const count = small ? 200 : 100_000;
  const limitedCount = small ? 30 : 200;
  const postgres = await startBenchPostgres(small);
  try {
    const fast = [1, 2, 4].map((servers): BenchCase => ({
      name: nameOf(servers),
      run: () => withServers(postgres, servers, small, (url, started) => dispatchAll(postgres, url, started, count)),
    }));
    const limited = [2, 4].map((servers): BenchCase => ({
      name: `${nameOf(servers)}, limited`,
      run: () => withServers(postgres, servers, small, (url, started) => dispatchLimited(url, started, limitedCount)),
    }));
    // Seven starts are too long for a trial.
    const chosen = small ? [fast[1], limited[0]].flatMap((one) => one ?? []) : fast;
    const results = await runRounds(chosen, rounds ?? (small ? 1 : 3));
    // What a limit allows does not depend on the machine: once is enough.
    const limits = small ? [] : await runRounds(limited, 1);
    finishReport(
      {
        benchmark: 'processes',
        work: `${count} deliveries to an instant gateway; and ${limitedCount} through a channel of ${LIMITED.perMinute} a minute, burst ${LIMITED.burst}`,
        cases: [...results, ...limits],
        conclusions: [2, 4].map((servers) => `${nameOf(servers)}: ${shareOfOne(results, servers)} of what one sends`),
      },
      small,
    );
  } finally {
    await postgres.close();
  }
}

async function withServers(
  postgres: BenchPostgres,
  count: number,
  small: boolean,
  work: (url: string, servers: readonly [Pontual, ...Pontual[]]) => Promise<Figures>,
): Promise<Figures> {
  const url = await postgres.freshDatabase();
  const first = await startPontual(url, {}, small);
  const servers: [Pontual, ...Pontual[]] = [first];
  try {
    for (let n = 1; n < count; n += 1) servers.push(await startPontual(url, { ADMIN_API_KEY: first.key }, small));
    return await work(url, servers);
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()));
    await postgres.dropDatabase(url);
  }
}

async function dispatchAll(
  postgres: BenchPostgres,
  url: string,
  servers: readonly [Pontual, ...Pontual[]],
  count: number,
): Promise<Figures> {
  const tenant = await firstTenant(url);
  await seedContacts(url, [tenant], count);
  const each = count / CHANNELS;
  const audiences: { groupId: string; channelId: string }[] = [];
  for (let n = 0; n < CHANNELS; n += 1) {
    const groupId = await seedGroup(url, tenant, { first: n * each, count: each });
    audiences.push({ groupId, channelId: await createSimulator(servers[0].api, `channel ${n}`) });
  }
  await rowsOf(url, 'VACUUM ANALYZE');
  const pids = servers.map(({ server }) => server.pid);
  const meter = await startMeter(postgres, url, pids);
  await Promise.all(audiences.map((audience) => createGroupSchedule(servers[0].api, audience)));
  await untilRunsFinished(url, CHANNELS);
  const cost = await meter.read();
  await expectAllSent(url, count);
  return figuresOf(cost, count);
}

async function dispatchLimited(
  url: string,
  servers: readonly [Pontual, ...Pontual[]],
  count: number,
): Promise<Figures> {
  const gateway = await startLedgerGateway();
  try {
    const tenant = await firstTenant(url);
    await seedContacts(url, [tenant], count);
    const groupId = await seedGroup(url, tenant, { first: 0, count });
    const channelId = await createWebhookChannel(servers[0].api, { url: gateway.url }, LIMITED);
    await createGroupSchedule(servers[0].api, { groupId, channelId });
    await gateway.reached(count);
    await untilRunsFinished(url, 1);
    await expectAllSent(url, count);
    return windowFigures(gateway.entries.map((entry) => entry.atMs).sort((a, b) => a - b));
  } finally {
    await gateway.close();
  }
}

/** Throws when a window held more calls than the limit allows: then the program is wrong, on whatever machine. */
function windowFigures(times: readonly number[]): Figures {
  const ratePerMs = LIMITED.perMinute / MS_PER_MINUTE;
  const window = fullest(times, LIMITED.perMinute, LIMITED.burst);
  const allowed = ratePerMs * PERMIT_LIFE_MS;
  if (window.excess > allowed) throw new Error(`a window held too many calls: ${JSON.stringify(window)}`);
  const seconds = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000;
  const allowedSeconds = (times.length - LIMITED.burst) / (LIMITED.perMinute / 60);
  return {
    'calls/s': times.length / seconds,
    'share of the limit': allowedSeconds / seconds,
    'excess of the fullest window': window.excess,
    'excess allowed': allowed,
  };
}

function nameOf(servers: number): string {
  return WORDS[servers] ?? `${servers} processes`;
}

function shareOfOne(results: readonly CaseResult[], servers: number): string {
  const speed = (name: string): number =>
    results.find((result) => result.name === name)?.figures['total/s']?.median ?? Number.NaN;
  return shortNumber(speed(nameOf(servers)) / speed(nameOf(1)));
}
