import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ROOT, sha256 } from './project.mjs';

const LOCK = join(tmpdir(), `pontual-setup-${process.getuid?.() ?? 'user'}-${sha256(ROOT).slice(0, 12)}.lock`);
const POLL_MS = 200;

/** Two starts at the same time must not install or build into the same folders: the second one waits for the first. */
export async function oneAtATime(work) {
  let told = false;
  while (!tryLock()) {
    const holder = readHolder();
    if (holder !== undefined && isRunning(holder)) {
      if (!told)
        process.stdout.write(`Waiting for process ${holder}, which is installing or building here (${LOCK}).\n`);
      told = true;
      await wait(POLL_MS);
    } else if (holder !== undefined) {
      breakLockOf(holder);
    }
  }
  const release = () => rmSync(LOCK, { force: true });
  // `work` may end the process.
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

function tryLock() {
  const draft = `${LOCK}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    // A link appears with its content, or not at all.
    linkSync(draft, LOCK);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** undefined: it has been released meanwhile. */
function readHolder() {
  try {
    return Number(readFileSync(LOCK, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Somebody else may have broken it first and hold a new one: that one is put back. */
function breakLockOf(holder) {
  const taken = `${LOCK}.${process.pid}.broken`;
  try {
    renameSync(LOCK, taken);
    if (Number(readFileSync(taken, 'utf8')) !== holder) linkSync(taken, LOCK);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(taken, { force: true });
  }
}

function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code !== 'ESRCH';
  }
}
