import { cancel } from './cancel.js';
import { lateness } from './lateness.js';
import { planning } from './planning.js';

/** Every benchmark by its name on the command line. */
const BENCHMARKS: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = { lateness, cancel, planning };

/** `small`: only that it starts and ends; its figures mean nothing. */
export interface BenchOptions {
  readonly small: boolean;
}

async function main(args: readonly string[]): Promise<void> {
  const names = args.filter((arg) => !arg.startsWith('--'));
  const unknown = names.filter((name) => !(name in BENCHMARKS));
  if (unknown.length > 0) {
    throw new Error(`no such benchmark: ${unknown.join(', ')}; there are ${Object.keys(BENCHMARKS).join(', ')}`);
  }
  for (const [name, run] of Object.entries(BENCHMARKS)) {
    if (names.length === 0 || names.includes(name)) await run({ small: args.includes('--small') });
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
