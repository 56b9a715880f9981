import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PeerName, PeerSetup, Work } from '../peers/peer.js';
import { startChild, type Child } from './child.js';
import { postgresStore, type MeteredStore } from './meter.js';
import { BENCH, benchNodeVersion } from './node.js';
import type { BenchPostgres } from './postgres.js';
import { redisVersion, startBenchRedis, type RedisDurability } from './redis.js';

/** A peer as it is measured; one peer may be measured with several settings. */
export interface Contender {
  readonly name: string;
  readonly peer: PeerName;
  readonly redis?: RedisDurability;
  readonly pollMs?: number;
}

/** A peer's process, ready to be asked, and where it keeps its jobs. */
export interface OpenPeer {
  readonly child: Child;
  readonly stores: readonly MeteredStore[];
  /** Nothing is left of it. */
  close(): Promise<void>;
}

/** pg-boss and graphile-worker ask for it. */
const OLDEST_NODE = 22;

/** For a case: why it cannot run on this machine, and how to get what it needs. */
export function unavailableCase(contender: Contender): { readonly unavailable?: string } {
  const reason = unavailable(contender);
  return reason === undefined ? {} : { unavailable: reason };
}

function unavailable({ peer, redis }: Contender): string | undefined {
  if (peer === 'http') return undefined;
  if (packageVersion(peer) === undefined) return `${peer} is not installed: npm install in bench/`;
  const node = benchNodeVersion();
  if (Number(/\d+/.exec(node)?.[0]) < OLDEST_NODE) {
    return `it needs Node ${OLDEST_NODE}, this is ${node}: npm install in bench/ brings a newer one`;
  }
  if (redis !== undefined && redisVersion() === undefined)
    return 'redis-server is missing: apt-get install redis-server';
  return undefined;
}

/** What was measured with what. */
export function versionsOf(postgres: BenchPostgres, contenders: readonly Contender[]): Record<string, string> {
  const packages = [...new Set(contenders.map(({ peer }) => peer))].filter((peer) => peer !== 'http');
  const redis = contenders.some((contender) => contender.redis !== undefined) ? redisVersion() : undefined;
  return {
    Node: benchNodeVersion(),
    PostgreSQL: postgres.version,
    ...(redis === undefined ? {} : { Redis: redis }),
    ...Object.fromEntries(packages.map((name) => [name, packageVersion(name) ?? 'not installed'])),
  };
}

/** Starts a peer with stores of its own, empty. */
export async function openPeer(
  { peer, redis, pollMs }: Contender,
  work: Work,
  postgres: BenchPostgres,
  gatewayUrl?: string,
): Promise<OpenPeer> {
  const closers: (() => Promise<void>)[] = [];
  const stores: MeteredStore[] = [];
  const close = async (): Promise<void> => {
    for (const closer of closers.reverse()) await closer();
  };
  let setup: PeerSetup = { peer, work, ...(gatewayUrl === undefined ? {} : { gatewayUrl }) };
  if (pollMs !== undefined) setup = { ...setup, pollMs };
  try {
    if (redis !== undefined) {
      const server = await startBenchRedis(redis);
      closers.push(() => server.close());
      stores.push(server.store);
      setup = { ...setup, redisPort: server.port };
    }
    // BullMQ's status rows are in PostgreSQL, too.
    if (peer !== 'http' && (redis === undefined || work === 'real')) {
      const databaseUrl = await postgres.freshDatabase();
      closers.push(() => postgres.dropDatabase(databaseUrl));
      stores.push(postgresStore(postgres, databaseUrl));
      setup = { ...setup, databaseUrl };
    }
    const child = startChild('child.js', JSON.stringify(setup));
    closers.push(() => child.close());
    await child.ask('ready');
    return { child, stores, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function packageVersion(name: string): string | undefined {
  try {
    const text = readFileSync(join(BENCH, 'node_modules', name, 'package.json'), 'utf8');
    return (JSON.parse(text) as { version: string }).version;
  } catch {
    return undefined;
  }
}
