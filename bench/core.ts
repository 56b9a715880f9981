import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchOptions } from './main.js';
import { CALIBRATION, CORE_TASKS } from './harness/core-tasks.js';
import { measure, type MicroTimes } from './harness/micro.js';
import { finishReport } from './harness/report.js';
import { shortNumber, spreadOf } from './harness/rounds.js';

const BASELINE = join(__dirname, 'core-baseline.json');

/** Slower than the baseline by more than this, on a machine of the same speed, is worth a look. */
const TOLERANCE = 1.5;

/** Of each decision its fastest round as a multiple of the calibration's. */
type Multiples = Readonly<Record<string, number>>;

/** As it is kept. Another Node compiles otherwise, so its version is kept too. */
interface Baseline {
  readonly node: string;
  readonly multiples: Multiples;
}

/**
 * The decisions of the core, one call each. `--update` keeps the figures as the baseline; `--compare` says how they
 * compare with it, and ends with 1 when something has become slower.
 */
export function core({ small, rounds, flags }: BenchOptions): Promise<void> {
  const sizing = small ? { warmUpMs: 2, roundMs: 1, rounds: 2 } : { warmUpMs: 300, roundMs: 10, rounds: rounds ?? 40 };
  const times = measure([CALIBRATION, ...CORE_TASKS], sizing);
  const multiples = multiplesOf(times);
  const cases = [CALIBRATION, ...CORE_TASKS].map(({ name }) => ({
    name,
    runs: sizing.rounds,
    figures: { µs: spreadOf((times.get(name) ?? []).map((ns) => ns / 1_000)) },
  }));
  const slower = flags.has('--compare') ? compare(multiples) : [];
  finishReport(
    {
      benchmark: 'core',
      work: 'decisions of the core, one call each',
      cases,
      conclusions: slower.map((name) => `slower than the baseline: ${name}`),
      versions: { Node: process.version },
    },
    small,
  );
  if (slower.length > 0) process.exitCode = 1;
  if (flags.has('--update')) update(multiples);
  return Promise.resolve();
}

/** Interference only ever makes a round longer, so the fastest round says most. */
function multiplesOf(times: MicroTimes): Multiples {
  const fastest = (name: string): number => Math.min(...(times.get(name) ?? []));
  return Object.fromEntries(CORE_TASKS.map(({ name }) => [name, fastest(name) / fastest(CALIBRATION.name)]));
}

/** Prints each ratio to the baseline; returns what is slower than it may be. */
function compare(multiples: Multiples): string[] {
  if (!existsSync(BASELINE)) throw new Error(`there is no ${BASELINE}: make it with --update`);
  const baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline;
  if (baseline.node !== process.version)
    console.log(`  the baseline is of Node ${baseline.node}, not ${process.version}`);
  const ratios = Object.entries(multiples).map(([name, multiple]) => ({
    name,
    ratio: multiple / (baseline.multiples[name] ?? Number.NaN),
  }));
  for (const { name, ratio } of ratios) console.log(`  ${shortNumber(ratio)} of the baseline: ${name}`);
  return ratios.filter(({ ratio }) => ratio > TOLERANCE).map(({ name }) => name);
}

function update(multiples: Multiples): void {
  const rounded = Object.entries(multiples).map(([name, multiple]) => [name, Number(multiple.toPrecision(4))]);
  const baseline = { node: process.version, multiples: Object.fromEntries(rounded) as Multiples } satisfies Baseline;
  writeFileSync(BASELINE, `${JSON.stringify(baseline, null, 2)}\n`);
}
