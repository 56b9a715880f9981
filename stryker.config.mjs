// Mutation testing of the decisions in src/core: docs/mutation-testing.md.
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const { projects } = createRequire(import.meta.url)('./jest.config.cjs');
// Stryker works on a copy: the paths are those of the copy, not of this folder.
const { rootDir: _, ...unit } = projects.find(({ displayName }) => displayName === 'unit');
const beside = (name) => join(import.meta.dirname, 'test', 'mutation', name);
const cache = join('node_modules', '.cache', 'stryker');

export default {
  packageManager: 'npm',
  plugins: ['@stryker-mutator/jest-runner'],
  testRunner: 'jest',
  jest: {
    projectType: 'custom',
    config: {
      ...unit,
      watchman: false,
      roots: ['<rootDir>/src/core', '<rootDir>/test/support/core'],
      testEnvironment: beside('first-failure.cjs'),
      testRunner: beside('jest-circus-until-killed.cjs'),
      testSequencer: beside('specs-beside.cjs'),
      setupFiles: ['<rootDir>/test/mutation/fewer-runs.cjs'],
      // A walk around every change of every zone, a quarter of a minute long: what only it finds wants a test of its own.
      testPathIgnorePatterns: ['\\.oracle\\.spec\\.ts$'],
    },
  },
  mutate: ['src/core/**/*.ts', '!src/core/**/*.spec.ts'],
  // What the specs of src/core need, and nothing else, is copied.
  ignorePatterns: [
    '**',
    '!src/core/**',
    '!test/support/core/**',
    '!test/mutation/**',
    '!package.json',
    '!tsconfig.json',
  ],
  // Outside of this folder, and not below a node_modules, where jest looks for no tests.
  tempDirName: join(tmpdir(), 'pontual-mutants'),
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: join(cache, 'incremental.json'),
  reporters: ['progress-append-only', 'clear-text', 'json', 'html'],
  clearTextReporter: { allowColor: false, logTests: false },
  jsonReporter: { fileName: join(cache, 'mutation.json') },
  htmlReporter: { fileName: join(cache, 'mutation.html') },
  concurrency: 2,
  // Each run of jest leaves some memory behind.
  maxTestRunnerReuse: 200,
  timeoutMS: 5_000,
  thresholds: { high: 95, low: 90, break: 90 },
};
