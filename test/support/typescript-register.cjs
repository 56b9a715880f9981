// node --require test/support/typescript-register.cjs some-file.ts
const { compileSources, resolveSources } = require('./typescript-loader.cjs');

compileSources();
resolveSources();
