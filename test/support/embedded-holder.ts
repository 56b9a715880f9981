import { startEmbeddedPostgres } from '../../src/platform/database/embedded/embedded-postgres.js';

/**
 * A process that uses the embedded server of the folder in its first argument: prints one line of JSON when it has it,
 * and lets go of it on SIGTERM.
 */
async function main(): Promise<void> {
  const dataDir = process.argv[2];
  if (dataDir === undefined) throw new Error('usage: embedded-holder <data directory>');
  const server = await startEmbeddedPostgres({ dataDir });
  const alive = setInterval(() => undefined, 60_000);
  process.on('SIGTERM', () => {
    void server.stop().then(() => clearInterval(alive));
  });
  process.stdout.write(`${JSON.stringify({ url: server.url, pid: server.pid, reused: server.reused })}\n`);
}

void main();
