import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const COMMAND = join(ROOT, 'node_modules/eslint/bin/eslint.js');
const PATIENCE_MS = 120_000;

/** Each breaks one rule that paths cannot see. */
const SEEDS: Readonly<Record<string, string>> = {
  'Date.now': 'export const at = Date.now();',
  'new Date() without an instant': 'export const at = new Date();',
  'Math.random': 'export const draw = Math.random();',
  'process.env': 'export const path = process.env.PATH;',
  enum: "export enum Colour { Red = 'red' }",
  any: 'export function read(value: any): unknown { return value; }',
  'a promise that nobody waits for': 'export function start(work: () => Promise<void>): void { work(); }',
  'a promise where a plain function is due':
    'export function later(work: () => Promise<void>): void { setTimeout(work, 1); }',
  'a switch that forgets a case':
    "export function name(kind: 'a' | 'b'): string { switch (kind) { case 'a': return 'A'; } return ''; }",
  'console.log': "export function say(): void { console.log('hello'); }",
};

const RULES: Readonly<Record<string, string>> = {
  'Date.now': 'no-restricted-syntax',
  'new Date() without an instant': 'no-restricted-syntax',
  'Math.random': 'no-restricted-syntax',
  'process.env': 'no-restricted-syntax',
  enum: 'no-restricted-syntax',
  any: '@typescript-eslint/no-explicit-any',
  'a promise that nobody waits for': '@typescript-eslint/no-floating-promises',
  'a promise where a plain function is due': '@typescript-eslint/no-misused-promises',
  'a switch that forgets a case': '@typescript-eslint/switch-exhaustiveness-check',
  'console.log': 'no-console',
};

const AMBIENT = ['Date.now', 'new Date() without an instant', 'Math.random', 'process.env'];

/** Where the time, chance and the environment are read, so that nobody else has to. */
const EXEMPT = ['src/platform/clock/a.ts', 'src/platform/config/a.ts', 'src/main.ts'];
const STRICT = [
  'src/core/retry/a.ts',
  'src/platform/events/a.ts',
  'src/modules/contacts/application/a.ts',
  'src/server.ts',
];

/** The rules that each file of a tree with the project's settings breaks. */
async function complaints(folder: string): Promise<Map<string, string[]>> {
  const output = await new Promise<string>((done, fail) => {
    execFile(process.execPath, [COMMAND, '.', '--format', 'json'], { cwd: folder }, (error, stdout, stderr) => {
      // Exit code 1 means that it complained.
      if (error && error.code !== 1) fail(new Error(stderr, { cause: error }));
      else done(stdout);
    });
  });
  const files = JSON.parse(output) as { filePath: string; messages: { ruleId: string | null; message: string }[] }[];
  return new Map(
    files.map(({ filePath, messages }) => [
      relative(folder, filePath),
      messages.map(({ ruleId, message }) => ruleId ?? message).sort(),
    ]),
  );
}

function fileOf(seed: string): string {
  return `src/modules/seeds/${Object.keys(SEEDS).indexOf(seed)}.ts`;
}

describe('the linter', () => {
  let folder: string;
  let found: Map<string, string[]>;

  beforeAll(async () => {
    // Real path: the linter finds its settings by comparing names.
    folder = await realpath(await mkdtemp(join(tmpdir(), 'pontual-lint-')));
    for (const name of ['eslint.config.mjs', 'tsconfig.json', 'package.json'])
      await cp(join(ROOT, name), join(folder, name));
    await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    const ambient = AMBIENT.map((seed, index) => SEEDS[seed]!.replace(/const \w+/, `const value${index}`)).join('\n');
    const files = [
      ...Object.entries(SEEDS).map(([seed, text]) => [fileOf(seed), text] as const),
      ...[...EXEMPT, ...STRICT].map((file) => [file, ambient] as const),
    ];
    for (const [file, text] of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      await writeFile(join(folder, file), `${text}\n`);
    }
    found = await complaints(folder);
  }, PATIENCE_MS);

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(Object.keys(SEEDS))('refuses %s', (seed) => {
    expect(found.get(fileOf(seed))).toEqual([RULES[seed]]);
  });

  it.each(EXEMPT)('lets %s read the time, chance and the environment', (file) => {
    expect(found.get(file)).toEqual([]);
  });

  it.each(STRICT)('does not let %s read the time, chance or the environment', (file) => {
    expect(found.get(file)).toEqual(AMBIENT.map(() => 'no-restricted-syntax'));
  });
});
