import { chosen } from './harness/chosen.js';
import { againstBest } from './harness/conclusions.js';
import { unavailableCase, versionsOf, type Contender } from './harness/contenders.js';
import { startBenchGateway, type BenchGateway } from './harness/gateway.js';
import { latePeer, latePontual, type LateRun, type Pace } from './harness/late-runs.js';
import { startBenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { quantile, runRounds, type CaseResult, type Figures } from './harness/rounds.js';
import type { BenchOptions } from './main.js';

const PACES: readonly Pace[] = [
  { name: 'idle', when: 'due', count: 200, spacingMs: 100 },
  { name: '2000/min', when: 'due', count: 1_000, spacingMs: 30 },
  { name: 'now', when: 'now', count: 200, spacingMs: 50 },
];

const CONTENDERS: readonly Contender[] = [
  { name: 'timer', peer: 'http' },
  { name: 'bullmq', peer: 'bullmq', redis: 'everysec' },
  { name: 'pg-boss', peer: 'pg-boss' },
  { name: 'graphile-worker', peer: 'graphile-worker', pollMs: 250 },
  { name: 'graphile-worker-10ms', peer: 'graphile-worker', pollMs: 10 },
];

/**
 * How late a delivery reaches its gateway, a process of its own, from its due instant or from before it is asked for:
 * beside peers, of which those that ask by and by what is due do so as often as they can, and a bare timer.
 */
export async function lateness({ small, rounds, flags }: BenchOptions): Promise<void> {
  const paces = small ? PACES.map((pace) => ({ ...pace, count: 10 })) : PACES;
  const postgres = await startBenchPostgres(small);
  try {
    const all = paces.flatMap((pace) => [
      {
        name: `pontual ${pace.name}`,
        run: () => withGateway(pace, (gateway) => latePontual(postgres, gateway, pace, small)),
      },
      ...CONTENDERS.map((contender) => ({
        name: `${contender.name} ${pace.name}`,
        ...unavailableCase(contender),
        run: () => withGateway(pace, (gateway) => latePeer(postgres, gateway, pace, contender)),
      })),
    ]);
    const { cases, isPart } = chosen(all, flags);
    const results = await runRounds(cases, rounds ?? (small ? 1 : 3));
    finishReport(
      {
        benchmark: 'lateness',
        work: paces.map(inWords).join('; '),
        cases: results,
        conclusions: paces.flatMap((pace) => conclusionsOf(results, pace)),
        versions: versionsOf(postgres, CONTENDERS),
        plot: { figure: 'p99 ms', better: 'less' },
      },
      small || isPart,
    );
  } finally {
    await postgres.close();
  }
}

function inWords({ name, when, count, spacingMs }: Pace): string {
  const what = when === 'due' ? 'due at known instants' : 'asked for at once';
  return `${name}: ${count} deliveries ${what}, one each ${spacingMs} ms`;
}

/** Beside the libraries; a timer forgets everything with its process. */
function conclusionsOf(results: readonly CaseResult[], { name }: Pace): string[] {
  const ofPace = results
    .filter((result) => result.name.endsWith(` ${name}`) && !result.name.startsWith('timer'))
    .map((result) => ({ ...result, name: result.name.slice(0, -name.length - 1) }));
  return ['p50 ms', 'p99 ms'].flatMap((figure) =>
    againstBest(ofPace, figure, 'less').map((conclusion) => `${name}, ${conclusion}`),
  );
}

/** Gives the figures of the calls that a run made, by when each was due. */
async function withGateway({ count }: Pace, run: (gateway: BenchGateway) => Promise<LateRun>): Promise<Figures> {
  const gateway = await startBenchGateway(0);
  try {
    const { dueMs, cpu } = await run(gateway);
    const arrivals = await gateway.arrivals();
    const late = arrivals.map(([to, atMs]) => atMs - (dueMs.get(to) ?? Number.NaN)).sort((a, b) => a - b);
    if (late.length !== count || late.some(Number.isNaN) || new Set(arrivals.map(([to]) => to)).size !== count) {
      throw new Error(`the gateway was called ${late.length} times for ${count}`);
    }
    const percentiles = { 'p50 ms': 0.5, 'p90 ms': 0.9, 'p99 ms': 0.99, 'max ms': 1 };
    const figures = Object.entries(percentiles).map(([name, share]) => [name, quantile(late, share)] as const);
    return { 'min ms': quantile(late, 0), ...Object.fromEntries(figures), ...cpu };
  } finally {
    await gateway.close();
  }
}
