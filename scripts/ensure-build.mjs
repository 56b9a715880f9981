import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { oneAtATime } from './one-at-a-time.mjs';
import { giveUp, inRoot, ROOT, sha256 } from './project.mjs';
import { runCommand } from './run-command.mjs';

/** In the output folder, which every build empties first: a build that fails or is killed leaves none. */
const STAMP = inRoot('dist', '.pontual-build');
const FOLDERS = ['src', 'demo'];
const FILES = ['ormconfig.ts', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json', 'package-lock.json'];

/** Compiles into dist/ when what goes into it has changed since the last build. Quiet when it has not. */
export async function ensureBuild() {
  if (!isBuildNeeded()) return;
  await oneAtATime(async () => {
    if (isBuildNeeded()) await build();
  });
}

function isBuildNeeded() {
  return !existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== sourceStamp();
}

async function build() {
  process.stdout.write('Building.\n');
  const stamp = sourceStamp();
  const { code } = await runCommand(
    process.execPath,
    [inRoot('node_modules', '@nestjs', 'cli', 'bin', 'nest.js'), 'build'],
    { cwd: ROOT },
  );
  if (code !== 0) giveUp(`The build failed (exit code ${code}); its messages are above. Nothing was started.`, code);
  writeFileSync(STAMP, stamp);
}

/** Of the content: a fresh checkout or a copy has new times on old files. */
function sourceStamp() {
  const files = [...FOLDERS.flatMap((folder) => filesBelow(inRoot(folder))), ...FILES.map((file) => inRoot(file))];
  const present = files.filter((file) => !/\.(spec|int-spec|e2e-spec)\.ts$/.test(file) && existsSync(file)).sort();
  return sha256(...present.flatMap((file) => [relative(ROOT, file), readFileSync(file)]));
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}
