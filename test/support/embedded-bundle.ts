import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Client } from 'pg';
import {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/platform/database/embedded/embedded-postgres.js';

export const SMALL = { shared_buffers: '32MB' };

/** Another process that uses the server; see embedded-holder.ts. */
export interface Holder {
  readonly url: string;
  readonly pid: number;
  readonly reused: boolean;
  readonly process: ChildProcess;
}

/** A data directory and its users: this process and others. */
export interface EmbeddedBundle {
  readonly dataDir: string;
  /** Uses the server in this process. */
  start(): Promise<EmbeddedPostgres>;
  /** Uses the server in a process of its own. */
  hold(): Promise<Holder>;
  /** Ends every use, so that the server is down. */
  quiet(): Promise<void>;
  remove(): Promise<void>;
}

export async function embeddedBundle(): Promise<EmbeddedBundle> {
  const dataDir = await mkdtemp(join(tmpdir(), 'pontual-embedded-'));
  // mkdtemp hides the folder from everybody; the user that root runs PostgreSQL as must pass through.
  await chmod(dataDir, 0o711);
  const servers: EmbeddedPostgres[] = [];
  const holders: ChildProcess[] = [];
  const bundle: EmbeddedBundle = {
    dataDir,
    start: async () => {
      const server = await startEmbeddedPostgres({ dataDir, settings: SMALL });
      servers.push(server);
      return server;
    },
    hold: async () => {
      const support = __dirname;
      const args = [
        '--require',
        join(support, 'typescript-register.cjs'),
        join(support, 'embedded-holder.ts'),
        dataDir,
      ];
      const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      holders.push(child);
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      return { ...(JSON.parse(line) as Omit<Holder, 'process'>), process: child };
    },
    quiet: async () => {
      for (const child of holders.splice(0)) await endProcess(child, 'SIGKILL');
      // One more start finds what a test has left running, whatever state it was in.
      if (existsSync(join(dataDir, 'postgres', 'postmaster.pid'))) await bundle.start();
      await Promise.all(servers.splice(0).map((server) => server.stop()));
    },
    remove: async () => {
      await bundle.quiet();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
  return bundle;
}

export async function endProcess(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

/** One statement on a connection of its own. */
export async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

export async function isAccepting(url: string): Promise<boolean> {
  return ask(url, 'select 1').then(
    () => true,
    () => false,
  );
}
