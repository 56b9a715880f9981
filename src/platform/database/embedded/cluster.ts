import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isFileError, undefinedWhenMissing } from './file-errors.js';
import { giveToOwnerOf, rememberPlace } from './placement.js';
import { runProgram } from './programs.js';
import { type Cluster, EmbeddedPostgresError, type EmbeddedPostgresLog } from './types.js';

export const SUPERUSER = 'postgres';
const PASSWORD_FILE = 'postgres-password';

/**
 * Makes the cluster when there is none, and gives the superuser's password. The caller holds the start lock.
 *
 * initdb works in a folder of its own that is renamed at the end: a start that is killed on the way leaves nothing that the next one could take for a cluster.
 */
export async function ensureCluster(cluster: Cluster, log: EmbeddedPostgresLog): Promise<string> {
  const known = await readPassword(cluster);
  const majorVersion = (
    await readFile(join(cluster.dataDirectory, 'PG_VERSION'), 'utf8').catch(undefinedWhenMissing)
  )?.trim();
  if (majorVersion === undefined) {
    await assertAbsent(cluster);
    const password = known ?? (await makePassword(cluster));
    await initialise(cluster, password);
    await rememberPlace(cluster);
    log('info', 'embedded_postgres_created', { dataDirectory: cluster.dataDirectory });
    return password;
  }
  if (majorVersion !== cluster.binaries.version.split('.')[0]) {
    throw new EmbeddedPostgresError(
      `The database in ${cluster.dataDirectory} is of PostgreSQL ${majorVersion}, the installed programs are ${cluster.binaries.version}. ` +
        'Run the version that made it, or move the data with pg_dump.',
    );
  }
  if (known === undefined) {
    throw new EmbeddedPostgresError(
      `${join(cluster.home, PASSWORD_FILE)} is missing: without it nobody can log in to the database. Restore it.`,
    );
  }
  return known;
}

async function readPassword(cluster: Cluster): Promise<string | undefined> {
  const file = join(cluster.home, PASSWORD_FILE);
  const password = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isFileError(error, 'ENOENT')) return '';
    if (isFileError(error, 'EACCES')) {
      throw new EmbeddedPostgresError(
        `${file} belongs to another user. Start as that user or as root, or use another DATA_DIR.`,
        { cause: error },
      );
    }
    throw error;
  });
  // Empty is what a crash between creating and writing leaves; the cluster is made after the password is on disk.
  return password.trim() === '' ? undefined : password.trim();
}

async function makePassword(cluster: Cluster): Promise<string> {
  const password = randomBytes(24).toString('base64url');
  const path = join(cluster.home, PASSWORD_FILE);
  await rm(path, { force: true });
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(`${password}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await giveToOwnerOf(cluster.home, path);
  return password;
}

async function assertAbsent(cluster: Cluster): Promise<void> {
  const there = await stat(cluster.dataDirectory).catch(undefinedWhenMissing);
  if (there !== undefined) {
    throw new EmbeddedPostgresError(
      `${cluster.dataDirectory} is there but holds no database (no PG_VERSION). Remove it or use another DATA_DIR.`,
    );
  }
}

async function initialise(cluster: Cluster, password: string): Promise<void> {
  const parent = dirname(cluster.dataDirectory);
  const draftPrefix = `${basename(cluster.dataDirectory)}.init-`;
  for (const name of await readdir(parent)) {
    if (name.startsWith(draftPrefix)) await rm(join(parent, name), { recursive: true, force: true });
  }
  const draft = join(parent, `${draftPrefix}${randomBytes(4).toString('hex')}`);
  const passwordFile = `${draft}.password`;
  await mkdir(draft, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (cluster.user !== undefined) {
    await chown(draft, cluster.user.uid, cluster.user.gid);
    await chown(passwordFile, cluster.user.uid, cluster.user.gid);
  }
  try {
    const { code, output } = await runProgram(
      cluster.binaries.initdb,
      initdbArguments(draft, passwordFile),
      cluster.user,
    );
    if (code !== 0)
      throw new EmbeddedPostgresError(`PostgreSQL's initdb failed (exit code ${code}):\n${output.trim()}`);
    await rename(draft, cluster.dataDirectory);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw explainStartFailure(error);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function initdbArguments(dataDirectory: string, passwordFile: string): string[] {
  return [
    `--pgdata=${dataDirectory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own C.UTF-8 sorts by code point alike on every system, and needs no locale installed.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
  ];
}

/** A program that is there and yet "not found" was made for another C library. */
export function explainStartFailure(error: unknown): unknown {
  if (!isFileError(error, 'ENOENT', 'EACCES', 'EPERM')) return error;
  const reason =
    error.code === 'ENOENT'
      ? 'they need glibc, which for example Alpine Linux does not have'
      : 'this process may not run them';
  return new EmbeddedPostgresError(
    `PostgreSQL's programs cannot be started (${error.message}): ${reason}. Set DATABASE_URL instead.`,
    {
      cause: error,
    },
  );
}
