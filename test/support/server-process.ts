import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');
const START_TIMEOUT_MS = 60_000;

/** The program in a process of its own, as a user runs it, so that it can be killed. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** What it wrote, for a failing test to show. */
  output(): string;
  /** kill -9: nothing is finished, nothing is told. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

const FROM_SOURCES = [
  '--require',
  join(ROOT, 'test', 'support', 'typescript-register.cjs'),
  join(ROOT, 'src', 'main.ts'),
];

/** Starts it and waits until it says where it is. `args` are those of `node`; without them it runs from its sources. */
export async function startServerProcess(
  environment: Readonly<Record<string, string>>,
  args: readonly string[] = FROM_SOURCES,
  node = process.execPath,
): Promise<ServerProcess> {
  const child = spawn(node, args, {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'test',
      HOST: '127.0.0.1',
      PORT: '0',
      LOG_LEVEL: 'warn',
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk.toString()));
  const output = (): string => chunks.join('');
  const url = await greetingOf(child, output);
  return {
    url,
    pid: child.pid ?? 0,
    output,
    kill: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      if (child.exitCode !== null) return child.exitCode;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      const [code] = (await exited) as [number | null];
      return code;
    },
  };
}

async function greetingOf(child: ChildProcess, output: () => string): Promise<string> {
  let found: (url: string) => void = () => undefined;
  const greeting = new Promise<string>((resolve) => (found = resolve));
  const look = (): void => {
    const url = /GraphQL:\s+(http:\S+)\/graphql/.exec(output())?.[1];
    if (url !== undefined) found(url.replace('localhost', '127.0.0.1'));
  };
  child.stdout?.on('data', look);
  const exited = once(child, 'exit').then(() => {
    throw new Error(`the server ended before it was ready:\n${output()}`);
  });
  const late = new Promise<never>((_resolve, reject) => {
    setTimeout(() => reject(new Error(`the server did not start in time:\n${output()}`)), START_TIMEOUT_MS).unref();
  });
  try {
    return await Promise.race([greeting, exited, late]);
  } finally {
    exited.catch(() => undefined);
    late.catch(() => undefined);
  }
}
