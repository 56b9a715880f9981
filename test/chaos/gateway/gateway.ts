import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { ROOT } from '../program.js';
import type { GatewaySetup } from './gateway-setup.js';

/** What the gateway still has to do. */
export interface GatewayRest {
  /** Status events that no server has stored yet. */
  readonly receipts: number;
  /** Effects and answers that are still to come. */
  readonly timers: number;
}

/** The gateway's process, seen from the harness. */
export interface Gateway {
  readonly url: string;
  setUp(setup: GatewaySetup): Promise<void>;
  pending(): Promise<GatewayRest>;
  close(): Promise<void>;
}

/** Starts it; everything that happens there is written to the ledger file. */
export async function startGateway(ledgerFile: string): Promise<Gateway> {
  const child = spawn(
    process.execPath,
    [
      '--require',
      join(__dirname, '..', 'preload', 'leash.cjs'),
      '--require',
      join(ROOT, 'test', 'support', 'typescript-register.cjs'),
      join(__dirname, 'gateway-process.ts'),
      ledgerFile,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const [url] = (await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => {
      throw new Error('the gateway did not start');
    }),
  ])) as [string];
  return {
    url,
    setUp: async (setup) => {
      const response = await fetch(`${url}/setup`, { method: 'POST', body: JSON.stringify(setup) });
      if (!response.ok) throw new Error(`the gateway refused its setup: HTTP ${response.status}`);
    },
    pending: async () => {
      const response = await fetch(`${url}/pending`);
      return (await response.json()) as GatewayRest;
    },
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await exited;
    },
  };
}
