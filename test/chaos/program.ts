import { transformFile, type Options } from '@swc/core';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { createRequire } from 'node:module';

export const ROOT = join(__dirname, '..', '..');

/** The program, compiled: it starts twice as fast as from its sources, and stays as it is while they change. */
export interface CompiledProgram {
  readonly folder: string;
  /** The file to start. */
  readonly main: string;
  remove(): Promise<void>;
}

/** Compiles the program as it is now into a folder of its own. */
export async function compileProgram(): Promise<CompiledProgram> {
  const folder = await mkdtemp(join(tmpdir(), `pontual-chaos-program-${process.pid}-`));
  const sources = (await readdir(join(ROOT, 'src'), { recursive: true }))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => join(ROOT, 'src', name));
  const options = swcOptions();
  for (const source of [...sources, join(ROOT, 'ormconfig.ts')]) {
    const target = join(folder, relative(ROOT, source)).replace(/\.ts$/, '.js');
    const { code } = await transformFile(source, { ...options, filename: source });
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, code);
  }
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  return { folder, main: join(folder, 'src', 'main.js'), remove };
}

/** As the tests compile it. */
function swcOptions(): Options {
  const config = createRequire(__filename)(join(ROOT, 'jest.config.cjs')) as {
    projects: readonly { transform: Readonly<Record<string, [string, Options]>> }[];
  };
  const [, options] = Object.values(config.projects[0]?.transform ?? {})[0] ?? [];
  if (options === undefined) throw new Error('jest.config.cjs says nothing about how sources are compiled');
  return options;
}
