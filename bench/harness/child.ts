import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answer, Question } from '../peers/answer.js';
import { compiledPeers } from './compiled.js';
import { BENCH, BENCH_NODE } from './node.js';

/** A process of the benchmark's own that answers questions. */
export interface Child {
  readonly pid: number;
  /** Rejects with what went wrong there, also when it ends meanwhile. */
  ask<Value = void>(name: string, argument?: unknown): Promise<Value>;
  /** Lets it end, and waits until it has. */
  close(): Promise<void>;
}

const CLOSE_MS = 10_000;

/** No answer takes as long. */
const ANSWER_MS = 600_000;

/** Runs a file of bench/peers, on the Node that all contenders share. */
export function startChild(file: string, argument: string): Child {
  const called = `${file} ${argument}`;
  const child = spawn(BENCH_NODE, [join(compiledPeers(), file), argument], {
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NODE_ENV: 'production',
      NODE_PATH: join(BENCH, '..', 'node_modules'),
      PONTUAL_BENCH: BENCH,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const waiting = new Map<number, (answer: Answer) => void>();
  let asked = 0;
  child.on('message', (answer: Answer) => waiting.get(answer.id)?.(answer));
  return {
    pid: child.pid ?? 0,
    ask: async <Value>(name: string, asking: unknown) => {
      asked += 1;
      const question: Question = { id: asked, name, argument: asking };
      const answered = new Promise<Answer>((resolve) => waiting.set(question.id, resolve));
      child.send(question);
      let timer: NodeJS.Timeout | undefined;
      const answer = await Promise.race([
        answered,
        new Promise<never>((_resolve, reject) => {
          timer = setTimeout(() => reject(new Error(`${called} does not answer to ${name}`)), ANSWER_MS);
        }),
        exited.then(([code]) => {
          throw new Error(`${called} ended with ${code as number}`);
        }),
      ]);
      clearTimeout(timer);
      waiting.delete(question.id);
      if (answer.error !== undefined) throw new Error(`${called}: ${answer.error}`);
      return answer.value as Value;
    },
    close: async () => {
      if (child.connected) child.disconnect();
      const killer = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
      await exited;
      clearTimeout(killer);
    },
  };
}
