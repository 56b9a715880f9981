import { createRequire } from 'node:module';
import { join } from 'node:path';

export const PEERS = ['bullmq', 'pg-boss', 'graphile-worker', 'http'] as const;
export type PeerName = (typeof PEERS)[number];

/**
 * What a job does, for which each peer has settings of its own: `instant` nothing, `real` a call of a gateway with a status
 * row before and after, `late` a call of a gateway at its instant.
 */
export type Work = 'instant' | 'real' | 'late';

/** About 300 bytes as JSON. */
export interface Job {
  readonly id: number;
  readonly to: string;
  readonly text: string;
}

export interface PeerSetup {
  readonly peer: PeerName;
  readonly work: Work;
  readonly redisPort?: number;
  readonly databaseUrl?: string;
  readonly gatewayUrl?: string;
  /** How often it looks for what has become due, where that can be chosen. */
  readonly pollMs?: number;
}

/** A job library at the settings at which it is best. */
export interface Peer {
  /** Puts a block of jobs in; `dueMs` is the wall-clock time of each. */
  enqueue(jobs: readonly Job[], dueMs?: readonly number[]): Promise<void>;
  /** Begins to work. */
  start(handle: (job: Job) => Promise<void>): Promise<void>;
  /** Resolves when every job that was handled is also recorded as done. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

/** Calls in flight at once in all. */
export const CONCURRENCY = 100;

/** The text of every message, so that a job is about as large as real ones are. */
export const TEXT = 'Sua consulta foi confirmada. Chegue quinze minutos antes e traga um documento com foto. '
  .repeat(3)
  .trim();

/** The one with that number; recipients are those of the program's audience. */
export function jobOf(id: number): Job {
  return { id, to: `+55659${80_000_000 + id}`, text: TEXT };
}

/** A package of bench/package.json, of which the types may be missing. */
export function loadPackage<Package>(name: string): Package {
  return createRequire(join(required('PONTUAL_BENCH', process.env.PONTUAL_BENCH), 'package.json'))(name) as Package;
}

export function required<Value>(name: string, value: Value | undefined): Value {
  if (value === undefined) throw new Error(`${name} is missing`);
  return value;
}
