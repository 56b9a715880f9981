import { readFileSync } from 'node:fs';
import type { BenchOptions } from './main.js';
import { dueFrom, untilNothingRuns } from './harness/due-work.js';
import { postgresStore, startMeterOf } from './harness/meter.js';
import { startPontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, shortNumber, type BenchCase, type CaseResult, type Figures } from './harness/rounds.js';
import { keyOf, seedChannels, seedContacts, seedTenants, type SeededTenant } from './harness/seed.js';
import { seedDeliveries } from './harness/seed-deliveries.js';
import { startSubscribers } from './harness/subscribers.js';
import type { Heard, Subscription } from './harness/subscribers-process.js';

/** In each tenant one person sees everything, and nine have one schedule open each. */
const SCHEDULES_PER_TENANT = 9;
const PER_SECOND = 2_000;

interface Size {
  readonly tenants: number;
  /** Deliveries of each schedule: at the steady rate, and where everything is due at once. */
  readonly steady: number;
  readonly atOnce: number;
  /** Deliveries of the one tenant whose subscriber does not read. */
  readonly beforeStalled: number;
  readonly leadSeconds: number;
}

const FULL: Size = { tenants: 100, steady: 45, atOnce: 110, beforeStalled: 100_000, leadSeconds: 30 };
const SMALL: Size = { tenants: 2, steady: 5, atOnce: 5, beforeStalled: 500, leadSeconds: 8 };

/** What happens while somebody listens, or nobody. */
interface Scene {
  readonly tenants: number;
  readonly channelsPerTenant: number;
  readonly schedulesPerChannel: number;
  readonly deliveriesPerSchedule: number;
  readonly isSteady: boolean;
  readonly subscribers: 'nobody' | 'everybody' | 'one' | 'one stalled';
}

/** A thousand subscribers while deliveries go: how soon each hears, and what that costs those who send. */
export async function live({ small, rounds }: BenchOptions): Promise<void> {
  const size = small ? SMALL : FULL;
  const many = { tenants: size.tenants, channelsPerTenant: 1, schedulesPerChannel: SCHEDULES_PER_TENANT };
  const steady = { ...many, deliveriesPerSchedule: size.steady, isSteady: true };
  const atOnce = { ...many, deliveriesPerSchedule: size.atOnce, isSteady: false };
  const single = {
    tenants: 1,
    // One channel alone would be held back by its limit.
    channelsPerTenant: 10,
    schedulesPerChannel: 1,
    deliveriesPerSchedule: size.beforeStalled / 10,
    isSteady: false,
  };
  const scenes: Readonly<Record<string, Scene>> = {
    'steady, everybody listens': { ...steady, subscribers: 'everybody' },
    'steady, nobody listens': { ...steady, subscribers: 'nobody' },
    'at once, everybody listens': { ...atOnce, subscribers: 'everybody' },
    'at once, nobody listens': { ...atOnce, subscribers: 'nobody' },
    'one subscriber that reads': { ...single, subscribers: 'one' },
    'one subscriber that does not': { ...single, subscribers: 'one stalled' },
  };
  const postgres = await startBenchPostgres(small);
  try {
    const cases = Object.entries(scenes).map(([name, scene]): BenchCase => ({
      name,
      run: () => play(postgres, scene, size, small),
    }));
    // Six starts are too long for a trial.
    const results = await runRounds(small ? cases.slice(0, 1) : cases, rounds ?? (small ? 1 : 3));
    finishReport(
      {
        benchmark: 'live',
        work:
          `${size.tenants * (SCHEDULES_PER_TENANT + 1)} subscribers in ${size.tenants} tenants while ${PER_SECOND} deliveries a second go, ` +
          `and while ${size.tenants * SCHEDULES_PER_TENANT * size.atOnce} are due at once; one subscriber that never reads`,
        cases: results,
        conclusions: conclusionsOf(results),
      },
      small,
    );
  } finally {
    await postgres.close();
  }
}

async function play(postgres: BenchPostgres, scene: Scene, size: Size, small: boolean): Promise<Figures> {
  const url = await postgres.freshDatabase();
  const migrating = await startPontual(url, {}, small);
  await migrating.server.stop();
  const due = dueFrom(size.leadSeconds, small);
  const { tenants, count } = await fill(url, scene, due.sql);
  const { server } = await startPontual(url, {}, small);
  try {
    const subscriptions = await subscriptionsOf(url, scene.subscribers, tenants);
    const subscribers = await startSubscribers(server.url, subscriptions);
    try {
      const rssBefore = rssMiB(server.pid);
      const meter = await startMeterOf({
        stores: [postgresStore(postgres, url)],
        pids: [server.pid],
        apart: [subscribers.pid],
      });
      await due.come();
      await untilNothingRuns(url);
      const cost = await meter.read();
      return {
        ...(await speedFigures(url, count, due.sql)),
        ...heardFigures(await subscribers.heard(), subscriptions, scene),
        'node µs': (cost.nodeCpuSeconds * 1e6) / count,
        'database µs': (cost.databaseCpuSeconds * 1e6) / count,
        'MiB before': rssBefore,
        'MiB after': rssMiB(server.pid),
        'peak MiB': cost.peakMiB,
        'other cores': cost.otherCores,
      };
    } finally {
      await subscribers.close();
    }
  } finally {
    await server.stop();
    await postgres.dropDatabase(url);
  }
}

async function fill(url: string, scene: Scene, dueAt: string): Promise<{ tenants: SeededTenant[]; count: number }> {
  const { channelsPerTenant, schedulesPerChannel, deliveriesPerSchedule, isSteady } = scene;
  const tenants = await seedTenants(url, scene.tenants);
  await seedContacts(url, tenants, deliveriesPerSchedule);
  const channels = await seedChannels(url, tenants, channelsPerTenant);
  const schedules = channels.length * schedulesPerChannel;
  await seedDeliveries(url, {
    number: 1,
    stage: 'due',
    channels,
    schedulesPerChannel,
    deliveriesPerSchedule,
    // Schedule after schedule, and round again.
    dueAt: isSteady ? `${dueAt} + (p * ${schedules} + s) * interval '1 second' / ${PER_SECOND}` : dueAt,
    firstDueAt: dueAt,
  });
  await rowsOf(url, 'VACUUM ANALYZE');
  return { tenants, count: schedules * deliveriesPerSchedule };
}

async function subscriptionsOf(
  url: string,
  subscribers: Scene['subscribers'],
  tenants: readonly SeededTenant[],
): Promise<Subscription[]> {
  if (subscribers === 'nobody') return [];
  const whole = tenants.map((tenant) => ({
    key: keyOf(tenant),
    scheduleId: null,
    isStalled: subscribers === 'one stalled',
  }));
  if (subscribers !== 'everybody') return whole;
  const rows = await rowsOf<{ id: string; tenantId: string }>(url, 'SELECT id, tenant_id AS "tenantId" FROM schedules');
  const byId = new Map(tenants.map((tenant) => [tenant.id, tenant]));
  const single = rows.flatMap(({ id, tenantId }): Subscription[] => {
    const tenant = byId.get(tenantId);
    return tenant ? [{ key: keyOf(tenant), scheduleId: id, isStalled: false }] : [];
  });
  return [...whole, ...single];
}

async function speedFigures(url: string, count: number, dueAt: string): Promise<Figures> {
  const [row] = await rowsOf<{ sent: number; seconds: number; late: number }>(
    url,
    `SELECT count(*)::int AS sent, extract(epoch FROM max(sent_at) - ${dueAt})::float8 AS seconds,
            percentile_disc(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - due_at)::float8 * 1000) AS late
       FROM deliveries WHERE status = 'sent' AND attempt = 1`,
  );
  if (row?.sent !== count) throw new Error(`${row?.sent} of ${count} deliveries were sent`);
  return { 'total/s': count / row.seconds, 'late p99 ms': row.late };
}

function heardFigures(heard: Heard, subscriptions: readonly Subscription[], scene: Scene): Figures {
  const listening = subscriptions.filter((subscription) => !subscription.isStalled);
  if (listening.length === 0) return {};
  const wanted = listening.reduce(
    (sum, { scheduleId }) =>
      sum +
      scene.deliveriesPerSchedule * (scheduleId === null ? scene.channelsPerTenant * scene.schedulesPerChannel : 1),
    0,
  );
  return {
    events: heard.events,
    'share heard': heard.sent / wanted,
    'commit to socket p50 ms': heard.sinceCommit.p50,
    'commit to socket p99 ms': heard.sinceCommit.p99,
    'answer to socket p99 ms': heard.sinceAnswer.p99,
  };
}

/** What the process holds at this moment. */
function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function conclusionsOf(results: readonly CaseResult[]): string[] {
  const median = (name: string, figure: string): number =>
    results.find((result) => result.name === name)?.figures[figure]?.median ?? Number.NaN;
  const grown = (name: string): string => shortNumber(median(name, 'MiB after') - median(name, 'MiB before'));
  const share = (what: string): string =>
    shortNumber(median(`${what}, everybody listens`, 'total/s') / median(`${what}, nobody listens`, 'total/s'));
  return [
    `from the commit to the socket at ${PER_SECOND}/s: p99 ${shortNumber(median('steady, everybody listens', 'commit to socket p99 ms'))} ms`,
    `with everybody listening: ${share('steady')} of the speed at ${PER_SECOND}/s, ${share('at once')} of it when all is due at once`,
    `a subscriber that does not read: ${grown('one subscriber that does not')} MiB more than before, one that reads ${grown('one subscriber that reads')} MiB`,
  ];
}
