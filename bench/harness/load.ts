import { Pool } from 'undici';
import { quantile } from './rounds.js';

/** What a server answered while it was asked as fast as it could. */
export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Load {
  readonly urls: readonly string[];
  readonly key: string;
  /** Each with one request under way, over all servers. */
  readonly connections: number;
  readonly seconds: number;
  /** The body of the n-th request. */
  readonly bodyOf: (n: number) => string;
}

/*
 * Half a page instead of a load generator's packages: each connection asks again when it has its answer. Against answers
 * of a millisecond and more of the server's time the client's 50 µs do not matter.
 */

/** Throws when anything is answered with an error. */
export async function load({ urls, key, connections, seconds, bodyOf }: Load): Promise<LoadResult> {
  const pools = urls.map((url) => new Pool(url, { connections: Math.ceil(connections / urls.length) }));
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${key}` };
  const durations: number[] = [];
  const startedMs = performance.now();
  let asked = 0;
  const askAgainAndAgain = async (pool: Pool): Promise<void> => {
    while (performance.now() - startedMs < seconds * 1_000) {
      asked += 1;
      const body = bodyOf(asked);
      const askedAtMs = performance.now();
      const response = await pool.request({ path: '/graphql', method: 'POST', headers, body });
      const text = await response.body.text();
      durations.push(performance.now() - askedAtMs);
      if (response.statusCode !== 200 || text.includes('"errors":[')) throw new Error(`a request failed: ${text}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: connections }, (_, n) => askAgainAndAgain(pools[n % pools.length] as Pool)));
  } finally {
    await Promise.all(pools.map((pool) => pool.destroy()));
  }
  const sorted = durations.sort((a, b) => a - b);
  return {
    perSecond: sorted.length / ((performance.now() - startedMs) / 1_000),
    p50Ms: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
}
