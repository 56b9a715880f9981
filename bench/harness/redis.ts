import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { randomFreePort } from '../../src/platform/database/embedded/postmaster.js';
import type { MeteredStore } from './meter.js';

/** How much a crash of the machine may lose: everything, or a second. */
export type RedisDurability = 'no' | 'everysec';

/** A Redis of the benchmark's own, empty at first. */
export interface BenchRedis {
  readonly port: number;
  readonly store: MeteredStore;
  close(): Promise<void>;
}

const START_MS = 10_000;

/** Like 7.0.15; undefined when there is none on this machine. */
export function redisVersion(): string | undefined {
  try {
    return /v=(\S+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))?.[1];
  } catch {
    return undefined;
  }
}

export async function startBenchRedis(durability: RedisDurability): Promise<BenchRedis> {
  const folder = await mkdtemp(join(tmpdir(), 'pontual-bench-redis-'));
  const port = await randomFreePort();
  const appendOnly = durability === 'no' ? ['no'] : ['yes', '--appendfsync', durability];
  const child = spawn(
    'redis-server',
    ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder, '--appendonly', ...appendOnly],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const close = async (): Promise<void> => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await Promise.race([
      untilAnswered(port),
      ended.then(() => {
        throw new Error('redis-server ended before it was ready');
      }),
    ]);
  } catch (error) {
    await close();
    throw error;
  }
  const store = {
    pid: child.pid ?? 0,
    settle: () => Promise.resolve(),
    // Its append-only file is rewritten on the way, so its size is not what was written.
    loggedBytes: () => Promise.resolve(Number.NaN),
  };
  return { port, store, close };
}

async function untilAnswered(port: number): Promise<void> {
  const untilMs = performance.now() + START_MS;
  while (performance.now() < untilMs) {
    const socket = connect(port, '127.0.0.1');
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isOpen) return;
    await wait(20);
  }
  throw new Error(`redis-server was not ready after ${START_MS} ms`);
}
