import type { BenchOptions } from './main.js';
import { startMeter } from './harness/meter.js';
import { startPontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, shortNumber, type BenchCase, type CaseResult, type Figures } from './harness/rounds.js';
import { firstTenant, seedChannels, seedContacts, seedTenants } from './harness/seed.js';
import { seedDeliveries, type Batch } from './harness/seed-deliveries.js';
import { dueFrom, untilNothingRuns } from './harness/due-work.js';

interface Size {
  readonly smallTenants: number;
  readonly channelsEach: number;
  readonly perSmallChannel: number;
  readonly bigChannels: number;
  readonly equalChannels: number;
  readonly perBigChannel: number;
  /** The small tenants' deliveries are due over so many seconds where they do not all come at once. */
  readonly spreadSeconds: number;
  /** Time to fill the tables before the first is due. */
  readonly leadSeconds: number;
}

const FULL: Size = {
  smallTenants: 1_000,
  channelsEach: 10,
  perSmallChannel: 10,
  bigChannels: 50,
  equalChannels: 60,
  perBigChannel: 10_000,
  spreadSeconds: 30,
  leadSeconds: 60,
};
const SMALL: Size = {
  smallTenants: 5,
  channelsEach: 4,
  perSmallChannel: 5,
  bigChannels: 2,
  equalChannels: 2,
  perBigChannel: 100,
  spreadSeconds: 1,
  leadSeconds: 1,
};

/** A small sender's limits; its ten deliveries are its burst, so the limits alone delay none. */
const SMALL_LIMITS = { perMinute: 5, burst: 10 };

/** Who has deliveries that are due. */
interface Mix {
  /** The small tenants' are due at once, over a time, or there are none. */
  readonly small: 'at once' | 'spread' | 'none';
  /** Channels of the big tenant. */
  readonly bigChannels: number;
}

/**
 * Ten thousand channels of a thousand tenants with ten due deliveries each, beside one tenant with half a million that are
 * due at once: how late the small tenants' calls are, and what it costs against the same number in equal lanes.
 */
export async function lanes({ small, rounds }: BenchOptions): Promise<void> {
  const size = small ? SMALL : FULL;
  const { bigChannels, equalChannels } = size;
  const mixes: Readonly<Record<string, Mix>> = {
    'all at once': { small: 'at once', bigChannels },
    'small over a time': { small: 'spread', bigChannels },
    'small alone, at once': { small: 'at once', bigChannels: 0 },
    'equal lanes': { small: 'none', bigChannels: equalChannels },
  };
  const postgres = await startBenchPostgres(small);
  try {
    const cases = Object.entries(mixes).map(([name, mix]): BenchCase => ({
      name,
      run: () => dispatchMix(postgres, size, mix, small),
    }));
    // Four starts are too long for a trial.
    const results = await runRounds(small ? cases.slice(0, 1) : cases, rounds ?? (small ? 1 : 3));
    finishReport(
      {
        benchmark: 'lanes',
        work:
          `${size.smallTenants * size.channelsEach} channels with ${size.perSmallChannel} due deliveries each beside ` +
          `${bigChannels} channels of one tenant with ${size.perBigChannel} each; and ${equalChannels} equal channels`,
        cases: results,
        conclusions: conclusionsOf(results, size),
      },
      small,
    );
  } finally {
    await postgres.close();
  }
}

async function dispatchMix(postgres: BenchPostgres, size: Size, mix: Mix, small: boolean): Promise<Figures> {
  const url = await postgres.freshDatabase();
  const migrating = await startPontual(url, {}, small);
  await migrating.server.stop();
  const due = dueFrom(size.leadSeconds, small);
  const batches = await fill(url, size, mix, due.sql);
  await rowsOf(url, 'VACUUM ANALYZE');
  const { server } = await startPontual(url, {}, small);
  try {
    const meter = await startMeter(postgres, url, [server.pid]);
    await due.come();
    await untilNothingRuns(url);
    const cost = await meter.read();
    const count = batches.reduce((sum, batch) => sum + deliveriesOf(batch), 0);
    return {
      ...(await latenessFigures(url, count, due.sql)),
      'CPU µs': ((cost.nodeCpuSeconds + cost.databaseCpuSeconds) * 1e6) / count,
      'peak MiB': cost.peakMiB,
      'other cores': cost.otherCores,
    };
  } finally {
    await server.stop();
    await postgres.dropDatabase(url);
  }
}

async function fill(url: string, size: Size, mix: Mix, dueAt: string): Promise<Batch[]> {
  const batches: Batch[] = [];
  const at = { stage: 'due', schedulesPerChannel: 1, firstDueAt: dueAt } as const;
  if (mix.bigChannels > 0) {
    const big = await firstTenant(url);
    await seedContacts(url, [big], size.perBigChannel);
    const channels = await seedChannels(url, [big], mix.bigChannels);
    batches.push({ ...at, number: 1, channels, deliveriesPerSchedule: size.perBigChannel, dueAt });
  }
  if (mix.small !== 'none') {
    const tenants = await seedTenants(url, size.smallTenants);
    await seedContacts(url, tenants, size.perSmallChannel);
    const channels = await seedChannels(url, tenants, size.channelsEach, SMALL_LIMITS);
    const count = channels.length * size.perSmallChannel;
    // Neighbours in time belong to different tenants: the factor has no divisor in common with the counts.
    const place = `(s * ${size.perSmallChannel} + p) * 7919 % ${count}`;
    const spread = `${dueAt} + (${place}) * interval '1 second' * ${size.spreadSeconds / count}`;
    batches.push({
      ...at,
      number: 2,
      channels,
      deliveriesPerSchedule: size.perSmallChannel,
      dueAt: mix.small === 'spread' ? spread : dueAt,
    });
  }
  for (const batch of batches) await seedDeliveries(url, batch);
  return batches;
}

function deliveriesOf({ channels, schedulesPerChannel, deliveriesPerSchedule }: Batch): number {
  return channels.length * schedulesPerChannel * deliveriesPerSchedule;
}

async function latenessFigures(url: string, count: number, dueAt: string): Promise<Figures> {
  const { id } = await firstTenant(url);
  const [row] = await rowsOf<{ sent: number; seconds: number; late: number[] | null }>(
    url,
    `SELECT count(*)::int AS sent, extract(epoch FROM max(sent_at) - ${dueAt})::float8 AS seconds,
            percentile_disc(ARRAY[0.5, 0.99, 1]) WITHIN GROUP (ORDER BY extract(epoch FROM sent_at - due_at)::float8 * 1000)
              FILTER (WHERE tenant_id <> $1) AS late
       FROM deliveries WHERE status = 'sent' AND attempt = 1`,
    [id],
  );
  if (row?.sent !== count) throw new Error(`${row?.sent} of ${count} deliveries were sent`);
  const [p50, p99, max] = row.late ?? [];
  const ofSmall = { 'small p50 ms': p50 ?? 0, 'small p99 ms': p99 ?? 0, 'small max ms': max ?? 0 };
  return { 'total/s': count / row.seconds, ...(row.late?.[0] === undefined ? {} : ofSmall) };
}

function conclusionsOf(results: readonly CaseResult[], size: Size): string[] {
  const median = (name: string, figure: string): number =>
    results.find((result) => result.name === name)?.figures[figure]?.median ?? Number.NaN;
  const p99 = (name: string): number => median(name, 'small p99 ms');
  const share = median('all at once', 'total/s') / median('equal lanes', 'total/s');
  return [
    `throughput: ${shortNumber(share)} of that of equal lanes`,
    `small tenants over ${size.spreadSeconds} s: p99 ${shortNumber(p99('small over a time'))} ms late beside the big one`,
    `small tenants at once: p99 ${shortNumber(p99('all at once'))} ms late beside the big one, ${shortNumber(p99('small alone, at once'))} ms alone`,
  ];
}
