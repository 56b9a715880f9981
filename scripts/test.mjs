// npm test [-- arguments of jest, such as a part of a path]
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endWithNpm } from './end-with-npm.mjs';
import { ensureInstall } from './ensure-install.mjs';
import { inRoot, ROOT } from './project.mjs';
import { runCommand } from './run-command.mjs';

const cache = (name) => inRoot('node_modules', '.cache', name);
const program = (...path) => inRoot('node_modules', ...path);

/** Each counts as one test. */
const CHECKS = [
  [
    'format',
    program('prettier', 'bin', 'prettier.cjs'),
    ['--check', '.', '--cache', `--cache-location=${cache('prettier')}`, '--log-level=warn'],
  ],
  [
    'lint',
    program('eslint', 'bin', 'eslint.js'),
    ['.', '--cache', `--cache-location=${cache('eslint')}`, '--cache-strategy=content'],
  ],
  [
    'types',
    program('typescript', 'bin', 'tsc'),
    ['--noEmit', '-p', 'tsconfig.json', '--tsBuildInfoFile', cache('types.tsbuildinfo')],
  ],
  [
    'architecture',
    program('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
    ['src', 'test', '--config', '.dependency-cruiser.cjs'],
  ],
];

/** All of them, also when one fails: a person wants to see everything that is wrong. */
async function main() {
  endWithNpm();
  await ensureInstall();
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const [name, file, args] of CHECKS) {
    const { code, output } = await timed(name, () =>
      runCommand(process.execPath, [file, ...args], { cwd: ROOT, capture: true }),
    );
    if (code !== 0) process.stdout.write(`${output.trim()}\n\n`);
    total[code === 0 ? 'passed' : 'failed'] += 1;
  }
  const tests = await runJest(process.argv.slice(2));
  for (const outcome of Object.keys(total)) total[outcome] += tests[outcome];
  const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
  process.stdout.write(`${total.passed} passed, ${total.failed} failed${skipped}\n`);
  process.exitCode = total.failed === 0 ? 0 : 1;
}

async function timed(name, run) {
  const startedAt = performance.now();
  const result = await run();
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stdout.write(`${result.code === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)\n`);
  return result;
}

async function runJest(args) {
  const report = join(tmpdir(), `pontual-jest-${process.pid}.json`);
  try {
    const { code } = await timed('tests', () =>
      runCommand(process.execPath, [program('jest', 'bin', 'jest.js'), '--json', `--outputFile=${report}`, ...args], {
        cwd: ROOT,
        // Jest's report for people goes to stderr; its stdout only says where the file is.
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    return count(existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined, code);
  } finally {
    rmSync(report, { force: true });
  }
}

/** A file of tests that cannot even be loaded has no failed test, and neither has a run that ends early: both count as one. */
function count(report, code) {
  const passed = report?.numPassedTests ?? 0;
  const skipped = (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  const failed = (report?.numFailedTests ?? 0) + (report?.numRuntimeErrorTestSuites ?? 0);
  return { passed, skipped, failed: failed === 0 && code !== 0 ? 1 : failed };
}

await main();
