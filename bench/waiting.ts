import { createGroupSchedule, createWebhookChannel } from '../test/support/api-client.js';
import { startLedgerGateway } from '../test/support/ledger-gateway.js';
import { createSimulator, expectAllSent, figuresOf, untilRunsFinished } from './dispatch-instant.js';
import type { BenchOptions } from './main.js';
import { startMeter } from './harness/meter.js';
import { startPontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, shortNumber, type BenchCase, type CaseResult, type Figures } from './harness/rounds.js';
import { firstTenant, seedChannels, seedContacts, seedGroup, type SeededTenant } from './harness/seed.js';
import { seedDeliveries, seedSchedules } from './harness/seed-deliveries.js';
import { cloneOf } from './harness/templates.js';

interface Size {
  /** Contacts of each of ten groups at simulators, and of each of two groups at an HTTP gateway. */
  readonly instantGroup: number;
  readonly realGroup: number;
  /** Planned campaigns on each of the twelve channels, and contacts of each. */
  readonly campaigns: number;
  readonly campaignSize: number;
  readonly schedules: number;
  /** Schedules that are over on each of the ten simulators, a group's contacts each. */
  readonly finished: number;
  readonly idleMs: number;
}

const FULL: Size = {
  instantGroup: 10_000,
  realGroup: 7_500,
  campaigns: 8,
  campaignSize: 10_000,
  schedules: 1_000_000,
  finished: 10,
  idleMs: 10_000,
};
const SMALL: Size = {
  instantGroup: 20,
  realGroup: 20,
  campaigns: 2,
  campaignSize: 20,
  schedules: 500,
  finished: 2,
  idleMs: 200,
};

/** What a start leaves to do is over by then. */
const SETTLE_MS = 3_000;

/** Lanes of other channels, in which something waits as well. */
const OTHER_CHANNELS = 40;

/** A database with channels and groups that can be copied for a run. */
interface World {
  readonly url: string;
  /** Runs and deliveries that are over. */
  readonly runsBefore: number;
  readonly sentBefore: number;
}

/** What is dispatched, group by group. */
interface Work {
  readonly audiences: readonly { readonly groupId: string; readonly channelId: string }[];
  readonly count: number;
}

/**
 * Speed, start, rest and memory beside a million deliveries of campaigns that begin next month, half of them of the
 * highest priority and nearly all in the lanes that are measured, with a million schedules that are due next month; and
 * after a million deliveries that have been sent.
 */
export async function waiting({ small, rounds }: BenchOptions): Promise<void> {
  const size = small ? SMALL : FULL;
  const postgres = await startBenchPostgres(small);
  const gateway = await startLedgerGateway({ answerMs: 20 });
  try {
    const { base, instant, real } = await furnish(postgres, size, gateway.url, small);
    const worlds = {
      'nothing else': { url: base, runsBefore: 0, sentBefore: 0 },
      waiting: await withWaiting(base, size),
      finished: await withFinished(base, size),
    };
    const works = { instant, real };
    const cases: BenchCase[] = Object.entries(works).flatMap(([work, what]) =>
      Object.entries(worlds).map(([beside, world]) => ({
        name: `${work}, ${beside}`,
        run: () => dispatchIn(postgres, world, what, { idleMs: work === 'instant' ? size.idleMs : 0, small }),
      })),
    );
    // Six starts are too long for a trial: each work once, beside something else each.
    const chosen = small ? cases.filter((_, place) => place % 4 === 1) : cases;
    const results = await runRounds(chosen, rounds ?? (small ? 1 : 3));
    finishReport(
      {
        benchmark: 'waiting',
        work:
          `${instant.count} deliveries to an instant gateway and ${real.count} to one that takes 20 ms, ` +
          `beside ${12 * size.campaigns * size.campaignSize + OTHER_CHANNELS * 1_000} that wait and ${size.schedules} schedules, and after ` +
          `${10 * size.finished * size.instantGroup} that were sent`,
        cases: results,
        conclusions: Object.keys(works).flatMap((work) =>
          Object.keys(worlds)
            .slice(1)
            .map((beside) => compared(results, work, beside)),
        ),
      },
      small,
    );
  } finally {
    await gateway.close();
    await postgres.close();
  }
}

async function furnish(postgres: BenchPostgres, size: Size, gatewayUrl: string, small: boolean) {
  const base = await postgres.freshDatabase();
  const { api, server } = await startPontual(base, {}, small);
  const simulators: string[] = [];
  for (let n = 0; n < 10; n += 1) simulators.push(await createSimulator(api, `channel ${n}`));
  const webhooks: string[] = [];
  for (let n = 0; n < 2; n += 1) webhooks.push(await createWebhookChannel(api, { url: gatewayUrl, concurrency: 50 }));
  await server.stop();
  const tenant = await firstTenant(base);
  await seedContacts(base, [tenant], Math.max(10 * size.instantGroup, 2 * size.realGroup, 1_000));
  const workOf = async (channels: readonly string[], each: number): Promise<Work> => ({
    audiences: await inTurn(channels, async (channelId, n) => ({
      channelId,
      groupId: await seedGroup(base, tenant, { first: n * each, count: each }),
    })),
    count: channels.length * each,
  });
  const instant = await workOf(simulators, size.instantGroup);
  const real = await workOf(webhooks, size.realGroup);
  await rowsOf(base, 'VACUUM ANALYZE');
  return { base, instant, real };
}

async function withWaiting(base: string, size: Size): Promise<World> {
  const url = await cloneOf(base);
  const tenant = await firstTenant(url);
  const measured = await channelsOf(url, tenant);
  const nextMonth = `now() + interval '30 days'`;
  const planned = {
    stage: 'planned',
    priority: 'CASE WHEN s % 2 = 0 THEN 10 ELSE 0 END',
    dueAt: `${nextMonth} + (s * 997 + p * 259) % 2592000 * interval '1 second'`,
    firstDueAt: nextMonth,
  } as const;
  const { campaigns: schedulesPerChannel, campaignSize: deliveriesPerSchedule } = size;
  await seedDeliveries(url, { ...planned, number: 1, channels: measured, schedulesPerChannel, deliveriesPerSchedule });
  const others = await seedChannels(url, [tenant], OTHER_CHANNELS);
  await seedDeliveries(url, {
    ...planned,
    number: 2,
    channels: others,
    schedulesPerChannel: 1,
    deliveriesPerSchedule: 1_000,
  });
  for (const channel of others.slice(0, 1)) await seedSchedules(url, channel, size.schedules);
  await rowsOf(url, 'VACUUM ANALYZE');
  return { url, runsBefore: 0, sentBefore: 0 };
}

async function withFinished(base: string, size: Size): Promise<World> {
  const url = await cloneOf(base);
  const channels = (await channelsOf(url, await firstTenant(url))).slice(0, 10);
  await seedDeliveries(url, {
    number: 3,
    stage: 'sent',
    channels,
    schedulesPerChannel: size.finished,
    deliveriesPerSchedule: size.instantGroup,
    dueAt: `now() - interval '1 day'`,
    firstDueAt: `now() - interval '1 day'`,
  });
  await rowsOf(url, 'VACUUM ANALYZE');
  const runsBefore = channels.length * size.finished;
  return { url, runsBefore, sentBefore: runsBefore * size.instantGroup };
}

async function dispatchIn(
  postgres: BenchPostgres,
  world: World,
  { audiences, count }: Work,
  { idleMs, small }: { readonly idleMs: number; readonly small: boolean },
): Promise<Figures> {
  const url = await cloneOf(world.url);
  const spawnedAtMs = performance.now();
  const { api, server } = await startPontual(url, {}, small);
  const startSeconds = (performance.now() - spawnedAtMs) / 1_000;
  try {
    const idle = idleMs === 0 ? {} : await idleFigures(postgres, url, server.pid, idleMs);
    const meter = await startMeter(postgres, url, [server.pid]);
    await Promise.all(audiences.map((audience) => createGroupSchedule(api, audience)));
    await untilRunsFinished(url, world.runsBefore + audiences.length);
    const cost = await meter.read();
    await expectAllSent(url, world.sentBefore + count);
    return { ...figuresOf(cost, count), 'start s': startSeconds, ...idle };
  } finally {
    await server.stop();
    await postgres.dropDatabase(url);
  }
}

/** CPU while nothing is due. */
async function idleFigures(postgres: BenchPostgres, url: string, pid: number, idleMs: number): Promise<Figures> {
  await pause(Math.min(idleMs, SETTLE_MS));
  const meter = await startMeter(postgres, url, [pid]);
  await pause(idleMs);
  const { seconds, nodeCpuSeconds, databaseCpuSeconds } = await meter.read();
  return {
    'idle node ms/s': (nodeCpuSeconds * 1_000) / seconds,
    'idle database ms/s': (databaseCpuSeconds * 1_000) / seconds,
  };
}

async function channelsOf(url: string, tenant: SeededTenant) {
  const rows = await rowsOf<{ id: string }>(url, 'SELECT id FROM channels ORDER BY created_at, id');
  return rows.map(({ id }) => ({ id, tenant }));
}

function compared(results: readonly CaseResult[], work: string, beside: string): string {
  const ratio = (figure: string): string => {
    const median = (name: string): number =>
      results.find((result) => result.name === `${work}, ${name}`)?.figures[figure]?.median ?? Number.NaN;
    return shortNumber(median(beside) / median('nothing else'));
  };
  const where = beside === 'waiting' ? 'beside what waits' : 'after what is finished';
  return `${work}, ${where}: ${ratio('total/s')} of the speed, ${ratio('CPU µs')} of the CPU time`;
}

async function inTurn<T, R>(items: readonly T[], work: (item: T, index: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [index, item] of items.entries()) results.push(await work(item, index));
  return results;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
