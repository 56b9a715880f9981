import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureCluster, SUPERUSER } from '../../src/platform/database/embedded/cluster.js';
import { placeCluster, prepareHome } from '../../src/platform/database/embedded/placement.js';
import { readPostmasterFile } from '../../src/platform/database/embedded/postmaster-file.js';
import { randomFreePort, stopPostmaster } from '../../src/platform/database/embedded/postmaster.js';
import { PROGRAM_ENVIRONMENT, spawnIdentity } from '../../src/platform/database/embedded/programs.js';
import { settingArguments } from '../../src/platform/database/embedded/settings.js';
import type { PostgresSettings } from '../../src/platform/database/embedded/types.js';

const DELAY_MS = 1;
const START_MS = 30_000;

/** Waits before every call by which PostgreSQL makes its log durable, as a disk without a write cache does. */
const SOURCE = `
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
static void delay(void) {
  struct timespec left = { 0, ${DELAY_MS} * 1000000L };
  while (nanosleep(&left, &left) != 0) {}
}
int fsync(int file) {
  static int (*next)(int);
  if (!next) next = (int (*)(int)) dlsym(RTLD_NEXT, "fsync");
  delay();
  return next(file);
}
int fdatasync(int file) {
  static int (*next)(int);
  if (!next) next = (int (*)(int)) dlsym(RTLD_NEXT, "fdatasync");
  delay();
  return next(file);
}
`;

/** Why there can be no slow disk here; undefined when there can. */
export function slowDiskUnavailable(): string | undefined {
  const hasCompiler = spawnSync('cc', ['--version'], { stdio: 'ignore' }).status === 0;
  return process.platform === 'linux' && hasCompiler
    ? undefined
    : 'a slow disk needs Linux and a C compiler (apt-get install gcc libc6-dev)';
}

/** A PostgreSQL in `dataDir` of which every fsync and fdatasync takes a millisecond more. */
export async function startSlowPostgres({
  dataDir,
  settings,
}: {
  readonly dataDir: string;
  readonly settings: PostgresSettings;
}): Promise<{ readonly url: string; readonly pid: number; stop(): Promise<void> }> {
  const preload = await compilePreload();
  const cluster = await placeCluster(await prepareHome(dataDir));
  const password = await ensureCluster(cluster, () => undefined);
  const port = await randomFreePort();
  const log = await open(cluster.logFile, 'a');
  const child = spawn(
    cluster.binaries.postgres,
    ['-D', cluster.dataDirectory, '-p', `${port}`, ...settingArguments(settings)],
    {
      cwd: '/',
      env: { ...PROGRAM_ENVIRONMENT, LD_PRELOAD: preload.library },
      stdio: ['ignore', log.fd, log.fd],
      ...spawnIdentity(cluster.user),
    },
  );
  await log.close();
  const ended = once(child, 'exit');
  const stop = async (): Promise<void> => {
    await stopPostmaster(cluster);
    await ended;
    await rm(preload.folder, { recursive: true, force: true });
  };
  const untilMs = performance.now() + START_MS;
  while ((await readPostmasterFile(cluster.dataDirectory))?.status !== 'ready') {
    if (child.exitCode !== null || performance.now() > untilMs) {
      child.kill('SIGQUIT');
      throw new Error(`PostgreSQL does not start on a slow disk; its messages are in ${cluster.logFile}`);
    }
    await wait(20);
  }
  const url = `postgresql://${SUPERUSER}:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  return { url, pid: child.pid ?? 0, stop };
}

async function compilePreload(): Promise<{ readonly folder: string; readonly library: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'pontual-bench-slow-'));
  // The user that root runs PostgreSQL as must reach it.
  await chmod(folder, 0o711);
  const [source, library] = [join(folder, 'slow.c'), join(folder, 'slow.so')];
  await writeFile(source, SOURCE);
  execFileSync('cc', ['-shared', '-fPIC', '-O2', '-o', library, source, '-ldl']);
  return { folder, library };
}
