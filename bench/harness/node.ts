import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const BENCH = join(__dirname, '..');

const INSTALLED = join(BENCH, 'node_modules', 'node', 'bin', 'node');

/** The Node that every contender runs on: the one of bench/package.json when it is installed, else this one. */
export const BENCH_NODE = existsSync(INSTALLED) ? INSTALLED : process.execPath;

/** Like v24.1.0. */
export function benchNodeVersion(): string {
  return BENCH_NODE === process.execPath
    ? process.version
    : execFileSync(BENCH_NODE, ['--version'], { encoding: 'utf8' }).trim();
}
