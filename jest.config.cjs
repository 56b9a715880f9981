const { availableParallelism } = require('node:os');

// Nest 12 and a few others ship ES modules only: they are transformed, everything else in node_modules is left as it is.
const transformed = ['@nestjs/', 'uuid/'];
const swc = {
  swcrc: false,
  sourceMaps: 'inline',
  jsc: {
    target: 'es2023',
    parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
};
const shared = {
  rootDir: __dirname,
  testEnvironment: 'node',
  moduleFileExtensions: ['ts', 'js', 'json', 'node'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.[tj]s$': ['@swc/jest', swc] },
  transformIgnorePatterns: [`/node_modules/(?!${transformed.join('|')})`],
};
const project = (displayName, roots, suffix, extra = {}) => ({
  ...shared,
  displayName,
  roots: roots.map((root) => `<rootDir>/${root}`),
  testRegex: `\\.${suffix}\\.ts$`,
  ...extra,
});
const database = {
  globalSetup: '<rootDir>/test/support/global-setup.ts',
  globalTeardown: '<rootDir>/test/support/global-teardown.ts',
};

module.exports = {
  // In one process, all files would share one heap, which slows the last of them to a crawl.
  maxWorkers: Math.max(2, availableParallelism() - 1),
  workerIdleMemoryLimit: '1GB',
  projects: [
    project('unit', ['src', 'test'], 'spec'),
    project('integration', ['test'], 'int-spec', database),
    project('e2e', ['test'], 'e2e-spec', database),
  ],
};
