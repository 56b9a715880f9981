// Lets a plain Node process require this project's TypeScript. Jest does the same for test files by itself, with the same settings.
const { existsSync } = require('node:fs');
const Module = require('node:module');
const { dirname, join, resolve } = require('node:path');

/** `./x.js` means x.ts where that exists. Gives a function that undoes it. */
function resolveSources() {
  const original = Module._resolveFilename;
  Module._resolveFilename = (request, parent, ...rest) =>
    original(sourceOf(request, parent?.filename), parent, ...rest);
  return () => {
    Module._resolveFilename = original;
  };
}

function sourceOf(request, importer) {
  if (!/^\.\.?\/.*\.js$/.test(request) || !importer) return request;
  const source = resolve(dirname(importer), request.replace(/\.js$/, '.ts'));
  return existsSync(source) ? source : request;
}

/** Compiles .ts files when they are required. */
function compileSources() {
  const { transformFileSync } = require('@swc/core');
  const [, options] = require(join(__dirname, '..', '..', 'jest.config.cjs')).projects[0].transform['^.+\\.[tj]s$'];
  Module._extensions['.ts'] = (module, filename) => {
    module._compile(transformFileSync(filename, { ...options, filename }).code, filename);
  };
}

module.exports = { resolveSources, compileSources };
