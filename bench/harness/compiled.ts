import { transformFileSync, type Options } from '@swc/core';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BENCH } from './node.js';

const PEERS = join(BENCH, 'peers');

let compiled: string | undefined;

/**
 * The folder of the peers as plain JavaScript, made once: their memory is measured, and a compiler in the same process
 * would be counted with it. It goes when this process ends.
 */
export function compiledPeers(): string {
  compiled ??= compile();
  return compiled;
}

function compile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pontual-bench-peers-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(PEERS).filter((file) => file.endsWith('.ts'))) {
    const { code } = transformFileSync(join(PEERS, name), swcOptions());
    writeFileSync(join(folder, name.replace(/\.ts$/, '.js')), code);
  }
  return folder;
}

/** Those of the tests, so that a file means the same everywhere. */
function swcOptions(): Options {
  const { projects } = createRequire(__filename)(join(BENCH, '..', 'jest.config.cjs')) as {
    readonly projects: readonly { readonly transform: Readonly<Record<string, readonly [string, Options]>> }[];
  };
  const options = projects[0]?.transform['^.+\\.[tj]s$']?.[1];
  if (options === undefined) throw new Error('the tests have no settings of the compiler');
  return { ...options, sourceMaps: false };
}
