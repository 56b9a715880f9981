import { readFileSync } from 'node:fs';

const POLL_MS = 500;

/**
 * npm runs a script as npm → sh → node, and a signal to npm ends the shell but never reaches Node: the program would run
 * on, unseen, with the port taken. So when the shell or npm is gone, this process gets the SIGTERM that it has missed.
 * Only under npm: who starts Node itself may want it to outlive him.
 */
export function endWithNpm() {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const npm = npmBehindShell(parent);
  const timer = setInterval(() => {
    if (process.ppid === parent && (npm === undefined || parentOf(parent) === npm)) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGTERM');
  }, POLL_MS);
  timer.unref();
}

/** undefined: the shell has put Node in its own place, so that npm is the parent; or this system has no /proc to tell. */
function npmBehindShell(parent) {
  const [, flag] = readOrEmpty(`/proc/${parent}/cmdline`).split('\0');
  return flag === '-c' ? parentOf(parent) : undefined;
}

/** undefined: the process is gone. */
function parentOf(pid) {
  // "pid (name) state ppid …", and a name may hold spaces and brackets.
  const ppid = /\) \S (\d+) [^)]*$/.exec(readOrEmpty(`/proc/${pid}/stat`))?.[1];
  return ppid === undefined ? undefined : Number(ppid);
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ESRCH' || error.code === 'EACCES') return '';
    throw error;
  }
}
