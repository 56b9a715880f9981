import { resolveSources } from './typescript-loader.cjs';

/**
 * Jest compiles what a global setup imports, but does not apply moduleNameMapper to it: `./x.js` would not find `x.ts`. So
 * the rest of the setup is loaded while a resolver that knows is in place.
 */
export default async function globalSetup(): Promise<void> {
  const undo = resolveSources();
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would be resolved before the resolver is in place
    const { startTestServer } = require('./test-server.js') as typeof import('./test-server.js');
    await startTestServer();
  } finally {
    undo();
  }
}
