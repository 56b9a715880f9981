import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Heard, Subscription, SubscribersCommand } from './subscribers-process.js';

/** Subscribers in a process of their own, so that they do not share the server's turns, nor the benchmark's. */
export interface Subscribers {
  readonly pid: number;
  /** What they have heard since they were opened, or since they were asked. */
  heard(): Promise<Heard>;
  close(): Promise<void>;
}

const REGISTER = join(__dirname, '..', '..', 'test', 'support', 'typescript-register.cjs');

/** Resolves when all are subscribed. */
export async function startSubscribers(
  serverUrl: string,
  subscriptions: readonly Subscription[],
): Promise<Subscribers> {
  const child = fork(join(__dirname, 'subscribers-process.ts'), {
    execArgv: ['--require', REGISTER],
    // JSON would turn a NaN into null.
    serialization: 'advanced',
  });
  const exited = once(child, 'exit').then(() => {
    throw new Error('the process of the subscribers ended');
  });
  exited.catch(() => undefined);
  const ask = async (command: SubscribersCommand): Promise<unknown> => {
    const answer = once(child, 'message') as Promise<[unknown]>;
    child.send(command);
    const [said] = await Promise.race([answer, exited]);
    return said;
  };
  const url = `${serverUrl.replace(/^http/, 'ws')}/graphql`;
  await ask({ kind: 'open', url, subscriptions });
  return {
    pid: child.pid ?? 0,
    heard: async () => (await ask({ kind: 'tell' })) as Heard,
    close: async () => {
      child.disconnect();
      await exited.catch(() => undefined);
    },
  };
}
