import { api } from './api.js';
import { cancel } from './cancel.js';
import { core } from './core.js';
import { dispatchInstant } from './dispatch-instant.js';
import { dispatchReal } from './dispatch-real.js';
import { lanes } from './lanes.js';
import { lateness } from './lateness.js';
import { live } from './live.js';
import { materialise } from './materialise.js';
import { planning } from './planning.js';
import { processes } from './processes.js';
import { writeDocs } from './report-docs.js';
import { waiting } from './waiting.js';

/** Every benchmark by its name on the command line. */
const BENCHMARKS: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  'dispatch-instant': dispatchInstant,
  'dispatch-real': dispatchReal,
  lateness,
  api,
  cancel,
  core,
  planning,
  lanes,
  live,
  materialise,
  processes,
  waiting,
};

export interface BenchOptions {
  /** Only that it starts and ends; its figures mean nothing. */
  readonly small: boolean;
  /** How often each case runs; a number of the benchmark's own when it is not said. */
  readonly rounds: number | undefined;
  /** Every argument that begins with --. */
  readonly flags: ReadonlySet<string>;
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--docs')) return writeDocs();
  const names = args.filter((arg, place) => !arg.startsWith('--') && args[place - 1] !== '--rounds');
  const unknown = names.filter((name) => !(name in BENCHMARKS));
  if (unknown.length > 0) {
    throw new Error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  }
  const flags = new Set(args.filter((arg) => arg.startsWith('--')));
  for (const [name, run] of Object.entries(BENCHMARKS)) {
    if (names.length === 0 || names.includes(name))
      await run({ small: args.includes('--small'), rounds: numberAfter(args, '--rounds'), flags });
  }
}

function numberAfter(args: readonly string[], option: string): number | undefined {
  const place = args.indexOf(option);
  if (place < 0) return undefined;
  const value = Number(args[place + 1]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${option} takes a whole number from 1 on`);
  return value;
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
