import { parseArgs } from 'node:util';
import { simulate, smallestFailure } from './simulate.js';

/** npm run simulate -- [--seeds N] [--from S]: plays N worlds and ends with 1 when one breaks a rule. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: 'string', default: '10000' }, from: { type: 'string', default: '1' } },
  });
  const count = wholeNumber('seeds', values.seeds);
  const from = wholeNumber('from', values.from);
  const startedAt = performance.now();
  const onWorld = (seed: number): void => {
    const done = seed - from + 1;
    if (done % 5_000 === 0) console.log(`${done} worlds, ${seconds(startedAt)} s`);
  };
  const { failure, worlds, virtualMs, ...sums } = await simulate(from, count, { onWorld });
  const figures = Object.entries(sums).map(([name, sum]) => `${sum} ${name}`);
  const hours = (virtualMs / 3_600_000).toFixed(0);
  console.log(`${worlds} worlds of ${hours} virtual hours in ${seconds(startedAt)} s: ${figures.join(', ')}`);
  if (!failure) return console.log('no rule was broken');
  console.log(`world ${failure.seed} broke a rule (npm run simulate -- --seeds 1 --from ${failure.seed}):`);
  for (const violation of failure.violations) console.log(`  ${violation}`);
  console.log(`the smallest world that still does:\n${await smallestFailure(failure.seed)}`);
  process.exitCode = 1;
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} has to be a whole number from 1, not ${text}`);
  return value;
}

function seconds(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1_000).toFixed(0);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
