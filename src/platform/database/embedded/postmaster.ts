import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { explainStartFailure } from './cluster.js';
import { isFileError } from './file-errors.js';
import { postmasterFilePath, postmasterState, readPostmasterFile } from './postmaster-file.js';
import { PROGRAM_ENVIRONMENT, runProgram, spawnIdentity } from './programs.js';
import { openServerLog } from './server-log.js';
import { settingArguments } from './settings.js';
import { type Cluster, EmbeddedPostgresError, type PostgresSettings } from './types.js';

const POLL_MS = 20;
const FAST_STOP_SECONDS = 30;
const IMMEDIATE_STOP_SECONDS = 30;
const LAST_BREATH_TURNS = 250;

/**
 * - `started`: the new server accepts connections
 * - `portTaken`: another program listens on the port
 * - `heldBack`: PostgreSQL believes that a server still runs here: one that was killed stays a zombie for up to two seconds,
 *   and its children take a moment to notice; trying again is the answer
 */
export type LaunchOutcome =
  { readonly kind: 'started' } | { readonly kind: 'portTaken' | 'heldBack'; readonly said: string };

/**
 * Starts a server for the cluster and waits until it accepts connections. It outlives this process: detached, so that a
 * Ctrl-C in the terminal does not reach it. Throws when it ends for any other reason, with what it said, and at the
 * deadline; a server that is still recovering then goes on, and the next start finds it.
 */
export async function launchPostmaster(
  cluster: Cluster,
  port: number,
  settings: PostgresSettings,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<LaunchOutcome> {
  const log = await openServerLog(cluster);
  let failure: Error | undefined;
  let exitCode: number | undefined;
  try {
    const args = ['-D', cluster.dataDirectory, '-p', String(port), ...settingArguments(settings)];
    const child = spawn(cluster.binaries.postgres, args, {
      cwd: '/',
      env: PROGRAM_ENVIRONMENT,
      detached: true,
      stdio: ['ignore', log.handle.fd, log.handle.fd],
      windowsHide: true,
      ...spawnIdentity(cluster.user),
    });
    child.once('error', (error) => (failure = error));
    child.once('exit', (code) => (exitCode = code ?? -1));
    child.unref();
    while (performance.now() < deadlineMs) {
      if (failure !== undefined) throw explainStartFailure(failure);
      if (exitCode !== undefined) return explainExit(exitCode, await log.tail());
      const file = await readPostmasterFile(cluster.dataDirectory);
      if (file !== undefined && file.pid === child.pid && file.status === 'ready') return { kind: 'started' };
      await wait(POLL_MS, undefined, { signal });
    }
    throw new EmbeddedPostgresError(
      `PostgreSQL in ${cluster.dataDirectory} is not ready yet, perhaps still recovering; its messages are in ${cluster.logFile}. Start again later.`,
    );
  } finally {
    await log.handle.close();
  }
}

function explainExit(code: number, said: string): LaunchOutcome {
  // PostgreSQL has no exit code for these; its texts are in English by the fixed environment (LC_ALL=C).
  if (/could not bind|could not create any TCP\/IP sockets/.test(said)) return { kind: 'portTaken', said };
  if (/lock file "postmaster.pid"|pre-existing shared memory block/.test(said)) return { kind: 'heldBack', said };
  throw new EmbeddedPostgresError(`PostgreSQL ended while starting (exit code ${code}):\n${said.trim()}`);
}

/**
 * Removes the file that a killed server left when its process number now belongs to another program: PostgreSQL would
 * take that program for a running server and refuse to start for ever. The caller holds the start lock.
 */
export async function clearForeignPostmasterFile(cluster: Cluster): Promise<void> {
  const file = await readPostmasterFile(cluster.dataDirectory);
  if (file === undefined) return;
  if ((await postmasterState(file.pid, cluster.dataDirectory)) !== 'other') return;
  await rm(postmasterFilePath(cluster.dataDirectory), { force: true });
}

/**
 * Stops the cluster's server: open connections are ended, committed data are safe. Should that take too long, it is ended like in a
 * crash, which its log recovers from at the next start. The caller holds the start lock.
 */
export async function stopPostmaster(cluster: Cluster): Promise<void> {
  const stop = (mode: string, seconds: number): ReturnType<typeof runProgram> =>
    runProgram(
      cluster.binaries.pgCtl,
      ['stop', `--pgdata=${cluster.dataDirectory}`, `--mode=${mode}`, `--timeout=${seconds}`, '--wait', '--silent'],
      cluster.user,
    );
  const pid = (await readPostmasterFile(cluster.dataDirectory))?.pid;
  if (pid === undefined) return;
  const isAlive = async (): Promise<boolean> => (await postmasterState(pid, cluster.dataDirectory)) === 'alive';
  const fast = await stop('fast', FAST_STOP_SECONDS);
  if (fast.code !== 0 && (await isAlive())) {
    const immediate = await stop('immediate', IMMEDIATE_STOP_SECONDS);
    if (immediate.code !== 0) throw new EmbeddedPostgresError(`PostgreSQL does not stop: ${immediate.output.trim()}`);
  }
  // pg_ctl looks at the file only, which goes a moment before the process.
  for (let turn = 0; turn < LAST_BREATH_TURNS && (await isAlive()); turn += 1) await wait(POLL_MS);
}

/** A port of 127.0.0.1 that nobody listens on at the moment, picked by the kernel. */
export async function randomFreePort(): Promise<number> {
  return bindOnce(0);
}

/** Whether nobody listens on the port of 127.0.0.1 at the moment. */
export async function isPortFree(port: number): Promise<boolean> {
  return bindOnce(port).then(
    () => true,
    (error: unknown) => {
      if (isFileError(error, 'EADDRINUSE', 'EACCES')) return false;
      throw error;
    },
  );
}

function bindOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(address !== null && typeof address === 'object' ? address.port : port));
    });
  });
}
