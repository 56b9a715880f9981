import { readFile, stat } from 'node:fs/promises';
import { runProgram } from './programs.js';
import { EmbeddedPostgresError, type RunUser } from './types.js';

/** PostgreSQL refuses to run as root; these exist on practically every system, the first found is taken. */
const UNPRIVILEGED = ['postgres', '_postgres', 'nobody'] as const;

/** Whether this process is root. Windows has no such number and counts as not. */
export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

/** The user that a server started by root runs as. */
export async function unprivilegedUser(): Promise<RunUser> {
  const users = parsePasswd(await readFile('/etc/passwd', 'utf8'));
  for (const name of UNPRIVILEGED) {
    const user = users.get(name);
    if (user !== undefined) return user;
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL does not run as root, and there is no user ${UNPRIVILEGED.join(', ')} to run it as. ` +
      'Start as an ordinary user, or set DATABASE_URL.',
  );
}

/** The user that owns a folder. */
export async function ownerOf(path: string): Promise<RunUser> {
  const { uid, gid } = await stat(path);
  return { uid, gid };
}

/** The entries of a passwd file by name; lines that are not entries are left out. Numbers are unsigned, as stat gives them. */
export function parsePasswd(text: string): Map<string, RunUser> {
  const users = new Map<string, RunUser>();
  for (const entry of text.split('\n')) {
    const [name, , uid, gid] = entry.split(':');
    if (name === undefined || !isNumber(uid) || !isNumber(gid)) continue;
    users.set(name, { uid: Number(uid) >>> 0, gid: Number(gid) >>> 0 });
  }
  return users;
}

/**
 * Whether the user can enter a folder and read the given files in it. Asked of the kernel by a process of that user, because
 * permission bits alone do not say it (access lists, mounts, security modules).
 */
export async function canReach(user: RunUser, folder: string, files: readonly string[] = []): Promise<boolean> {
  const script = 'cd "$0" || exit 1; for file in "$@"; do test -r "$file" || exit 1; done';
  const { code } = await runProgram('/bin/sh', ['-c', script, folder, ...files], user);
  return code === 0;
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^-?\d+$/.test(text);
}
