import type { Arrival } from '../peers/gateway-process.js';
import { startChild } from './child.js';

/** A gateway in a process of its own, which takes every call. */
export interface BenchGateway {
  readonly pid: number;
  readonly url: string;
  /** Resolves when that many calls have come since they were told. */
  reached(count: number): Promise<void>;
  /** What has come since it was asked the last time. */
  arrivals(): Promise<readonly Arrival[]>;
  close(): Promise<void>;
}

export async function startBenchGateway(answerMs: number): Promise<BenchGateway> {
  const child = startChild('gateway-process.js', `${answerMs}`);
  return {
    pid: child.pid,
    url: await child.ask<string>('url'),
    reached: (count) => child.ask('reached', count),
    arrivals: () => child.ask<readonly Arrival[]>('arrivals'),
    close: () => child.close(),
  };
}
