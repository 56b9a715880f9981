import { createHash, randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import {
  access,
  chmod,
  chown,
  cp,
  lstat,
  mkdir,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { binariesAt, locateBinaries } from './binaries.js';
import { isFileError, undefinedWhenMissing } from './file-errors.js';
import { canReach, isRoot, ownerOf, unprivilegedUser } from './run-user.js';
import { type Binaries, type Cluster, EmbeddedPostgresError, type RunUser } from './types.js';

const LOCATION_FILE = 'postgres-location';

/** Makes the caller's data directory when missing and gives its real path, by which it is the same for every process. */
export async function prepareHome(dataDir: string): Promise<string> {
  try {
    await makeFolder(dataDir, 0o711);
    await access(dataDir, constants.W_OK | constants.X_OK);
    return await realpath(dataDir);
  } catch (cause) {
    if (!isFileError(cause, 'EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST')) throw cause;
    throw new EmbeddedPostgresError(
      `The data directory ${dataDir} cannot be written (${cause.message}). Set DATA_DIR to another one.`,
      { cause },
    );
  }
}

/**
 * Decides where the cluster of a data directory lives and which user runs it. The caller holds the start lock.
 *
 * An ordinary user runs it as himself, in `<home>/postgres`. Root runs it as the cluster's owner, or for a new one as an
 * unprivileged user; when that user cannot get at the data directory or the programs (both often lie below /root), they
 * are put where he can, and `<home>/postgres-location` remembers where.
 */
export async function placeCluster(home: string): Promise<Cluster> {
  const installed = await locateBinaries();
  const logFile = join(home, 'postgres.log');
  const existing = await existingDataDirectory(home);
  if (!isRoot()) {
    const dataDirectory = existing ?? join(home, 'postgres');
    if (existing !== undefined) await assertOwnedByMe(existing);
    return { home, dataDirectory, logFile, binaries: installed, user: undefined };
  }
  const user = existing === undefined ? await unprivilegedUser() : await ownerOf(existing);
  const dataDirectory = existing ?? (await newDataDirectory(home, user));
  return { home, dataDirectory, logFile, binaries: await reachableBinaries(installed, user), user };
}

/** Remembers a cluster that lives outside its data directory. Written last, so that it never names one that is half made. */
export async function rememberPlace(cluster: Cluster): Promise<void> {
  if (dirname(cluster.dataDirectory) === cluster.home) return;
  const file = join(cluster.home, LOCATION_FILE);
  await writeFile(`${file}.new`, `${cluster.dataDirectory}\n`, { flush: true });
  await rename(`${file}.new`, file);
}

async function existingDataDirectory(home: string): Promise<string | undefined> {
  const location = (await readFile(join(home, LOCATION_FILE), 'utf8').catch(undefinedWhenMissing))?.trim();
  if (location === undefined) return (await isThere(join(home, 'postgres'))) ? join(home, 'postgres') : undefined;
  if (await isThere(location)) return location;
  throw new EmbeddedPostgresError(
    `The database of ${home} was in ${location}, and that folder is gone. ` +
      `Put it back, or remove ${join(home, LOCATION_FILE)} to start with an empty database.`,
  );
}

async function assertOwnedByMe(dataDirectory: string): Promise<void> {
  const { uid } = await ownerOf(dataDirectory);
  const me = process.getuid?.();
  if (me === undefined || me === uid) return;
  throw new EmbeddedPostgresError(
    `The database in ${dataDirectory} belongs to another user (uid ${uid}, this is uid ${me}). ` +
      'Start as that user or as root, or use another DATA_DIR.',
  );
}

async function newDataDirectory(home: string, user: RunUser): Promise<string> {
  if (await canReach(user, home)) return join(home, 'postgres');
  const shared = await sharedFolder(user);
  const folder = join(shared, createHash('sha256').update(home).digest('hex').slice(0, 16));
  await makeFolder(folder, 0o711);
  // A name of its own: when the data directory is deleted or moved, a new one at its path does not take over that database.
  return join(folder, `postgres-${randomBytes(4).toString('hex')}`);
}

async function reachableBinaries(installed: Binaries, user: RunUser): Promise<Binaries> {
  if (await canReachBinaries(user, installed)) return installed;
  const shared = await sharedFolder(user);
  const target = join(shared, `binaries-${installed.version}-${process.arch}`);
  const copied = binariesAt(target, installed.version);
  if (await canReachBinaries(user, copied)) return copied;
  // Another data directory's start may copy at the same time: each into its own folder, and the first rename wins.
  const draft = `${target}.${randomBytes(4).toString('hex')}`;
  await cp(installed.root, draft, { recursive: true, verbatimSymlinks: true });
  await openForAll(draft);
  await rename(draft, target).catch(async (error: unknown) => {
    await rm(draft, { recursive: true });
    if (!isFileError(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  });
  if (await canReachBinaries(user, copied)) return copied;
  throw new EmbeddedPostgresError(
    `The user with uid ${user.uid} cannot read PostgreSQL's programs in ${target}. Set DATABASE_URL instead.`,
  );
}

async function canReachBinaries(user: RunUser, binaries: Binaries): Promise<boolean> {
  return canReach(user, binaries.root, [
    'bin/postgres',
    'bin/initdb',
    'bin/pg_ctl',
    'lib/postgresql',
    'share/postgresql/postgres.bki',
  ]);
}

/** A folder of ours that every user can enter. One that somebody else made, or may write to, is not used: root runs programs from it. */
async function sharedFolder(user: RunUser): Promise<string> {
  const candidates = ['/var/lib/pontual', join(tmpdir(), 'pontual'), '/tmp/pontual'];
  for (const folder of candidates) {
    const usable = await makeFolder(folder, 0o755).then(
      () => true,
      (error: unknown) => {
        if (isFileError(error, 'EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EEXIST')) return false;
        throw error;
      },
    );
    if (usable && (await isOurs(folder)) && (await canReach(user, folder))) return folder;
  }
  throw new EmbeddedPostgresError(
    `None of ${candidates.join(', ')} can hold a database that PostgreSQL's user can reach. Use a DATA_DIR that is not below a private folder such as /root, or set DATABASE_URL.`,
  );
}

async function isOurs(folder: string): Promise<boolean> {
  const facts = await lstat(folder);
  return facts.isDirectory() && facts.uid === process.getuid?.() && (facts.mode & 0o022) === 0;
}

/** Makes a folder; its permissions are set only when this call made it, whatever the umask is. */
async function makeFolder(folder: string, mode: number): Promise<void> {
  const made = await mkdir(folder, { recursive: true });
  if (made !== undefined) await chmod(folder, mode);
}

/** Root may have installed with a umask that hides the files from everybody else. */
async function openForAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await openForAll(path);
    else if (entry.isFile()) await chmod(path, ((await stat(path)).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
}

/** Files that root makes in the data directory belong to the directory's owner, who may start without root the next time. */
export async function giveToOwnerOf(home: string, path: string): Promise<void> {
  if (!isRoot()) return;
  const owner = await ownerOf(home);
  await chown(path, owner.uid, owner.gid);
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(undefinedWhenMissing)) !== undefined;
}
