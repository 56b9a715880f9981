import { open, readdir, readFile, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { isFileError, undefinedWhenMissing } from './file-errors.js';
import { EmbeddedPostgresError } from './types.js';

const PREFIX = 'postgres.lock.';
const POLL_MS = 25;
const HEARTBEAT_MS = 1_000;
/** A holder that lives writes every second; one whose number now belongs to another process does not. */
const SILENCE_MS = 10_000;
const PATIENCE_MS = 600_000;
const LINE_LENGTH = 48;

/**
 * Runs `work` while no other process does so for the same folder: starting and stopping the server are serialised by it.
 *
 * Node has no lock that the kernel frees when a process dies, and removing a dead process's lock file is itself a race.
 * So locks have generations: the file with the highest number counts, it is never removed, and a released or dead
 * one is followed by creating the next number, which only one process can do. A process that was
 * slow and created a number below the highest sees that and withdraws.
 */
export async function withStartLock<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const lock = await acquire(folder);
  let beat = 0;
  let lastBeat: Promise<unknown> = Promise.resolve();
  const heartbeat = setInterval(() => {
    beat += 1;
    // A heartbeat that cannot be written (disk full) only makes the lock look old; the work itself will meet the cause.
    lastBeat = lock.write(line(`held ${process.pid} ${beat}`), 0).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    // A heartbeat still under way would otherwise write "held" over "free".
    await lastBeat;
    await lock.write(line('free'), 0);
    await lock.close();
  }
}

async function acquire(folder: string): Promise<FileHandle> {
  const startedAt = performance.now();
  let seen = '';
  let seenAt = startedAt;
  for (;;) {
    const generation = Math.max(0, ...(await generations(folder)));
    const text =
      generation === 0
        ? line('free')
        : await readFile(lockPath(folder, generation), 'utf8').catch(undefinedWhenMissing);
    const now = performance.now();
    if (text !== undefined && `${generation} ${text}` !== seen) {
      seen = `${generation} ${text}`;
      seenAt = now;
    }
    if (text !== undefined && (isFree(text) || now - seenAt > SILENCE_MS)) {
      const lock = await take(folder, generation + 1);
      if (lock !== undefined) return lock;
    }
    if (now - startedAt > PATIENCE_MS) {
      throw new EmbeddedPostgresError(
        `Another process has been starting or stopping the database in ${folder} for too long.`,
      );
    }
    await wait(POLL_MS);
  }
}

async function take(folder: string, generation: number): Promise<FileHandle | undefined> {
  const path = lockPath(folder, generation);
  const handle = await open(path, 'wx', 0o644).catch((error: unknown) => {
    if (isFileError(error, 'EEXIST')) return undefined;
    throw error;
  });
  if (handle === undefined) return undefined;
  await handle.write(line(`held ${process.pid} 0`), 0);
  const others = (await generations(folder)).filter((other) => other !== generation);
  if (others.some((other) => other > generation)) {
    await handle.close();
    await rm(path, { force: true });
    return undefined;
  }
  await Promise.all(others.map((other) => rm(lockPath(folder, other), { force: true })));
  return handle;
}

async function generations(folder: string): Promise<number[]> {
  const names = await readdir(folder);
  return names
    .filter((name) => name.startsWith(PREFIX))
    .map((name) => Number(name.slice(PREFIX.length)))
    .filter((generation) => Number.isSafeInteger(generation));
}

/** An unreadable line is one that is being written: it counts as held until it has been silent for too long. */
function isFree(text: string): boolean {
  const [word, pid] = text.trim().split(' ');
  if (word === 'free') return true;
  return word === 'held' && pid !== undefined && !processExists(Number(pid));
}

function processExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there and belongs to someone else.
    return !isFileError(error, 'ESRCH');
  }
}

/** All lines have one length, so that one overwrites the other in a single write. */
function line(text: string): string {
  return `${text.padEnd(LINE_LENGTH - 1)}\n`;
}

function lockPath(folder: string, generation: number): string {
  return join(folder, `${PREFIX}${generation}`);
}
