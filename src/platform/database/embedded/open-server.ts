import { setTimeout as wait } from 'node:timers/promises';
import { Keeper } from './keeper.js';
import { clearForeignPostmasterFile, isPortFree, launchPostmaster, randomFreePort } from './postmaster.js';
import { postmasterState, readPostmasterFile } from './postmaster-file.js';
import { type Cluster, EmbeddedPostgresError, type EmbeddedPostgresLog, type PostgresSettings } from './types.js';

const RETRY_MS = 100;
/** Recovery after a crash replays up to max_wal_size of log, which takes minutes on a slow disk. */
const PATIENCE_MS = 300_000;

/** A running server of the cluster and this process's connection to it. */
export interface OpenServer {
  readonly keeper: Keeper;
  readonly pid: number;
  readonly port: number;
  /** It ran already when this process asked for it. */
  readonly reused: boolean;
}

export interface OpenRequest {
  readonly cluster: Cluster;
  readonly password: string;
  readonly settings: PostgresSettings;
  /** The only port that will do, because its URL is in use; undefined: any, preferably the one from before a crash. */
  readonly port: number | undefined;
  readonly log: EmbeddedPostgresLog;
  readonly signal: AbortSignal;
}

/** Finds the cluster's running server, or starts one. The caller holds the start lock. */
export async function openServer(request: OpenRequest): Promise<OpenServer> {
  const { cluster, password, log, signal } = request;
  const deadlineMs = performance.now() + PATIENCE_MS;
  let portOfBefore = (await readPostmasterFile(cluster.dataDirectory))?.port;
  let launched = false;
  let obstacle = 'it runs, but takes no connections';
  while (performance.now() < deadlineMs) {
    signal.throwIfAborted();
    const found = await findServer(cluster, password);
    if (found !== 'none' && found !== 'busy') {
      log('info', launched ? 'embedded_postgres_started' : 'embedded_postgres_found', {
        pid: found.pid,
        port: found.port,
      });
      return { ...found, reused: !launched };
    }
    if (found === 'none') {
      const port = request.port ?? (await freePort(portOfBefore));
      const outcome = await launchPostmaster(cluster, port, request.settings, deadlineMs, signal);
      launched = outcome.kind === 'started';
      if (outcome.kind === 'portTaken') portOfBefore = undefined;
      if (outcome.kind === 'heldBack') await clearForeignPostmasterFile(cluster);
      if (outcome.kind === 'started') continue;
      obstacle = outcome.said;
    }
    await wait(RETRY_MS, undefined, { signal });
  }
  throw new EmbeddedPostgresError(
    `PostgreSQL in ${cluster.dataDirectory} does not come up (${obstacle.trim()}); its messages are in ${cluster.logFile}.`,
  );
}

/** `none`: nothing runs on the cluster. `busy`: something does, but it is starting, stopping or full. */
export async function findServer(
  cluster: Cluster,
  password: string,
): Promise<Omit<OpenServer, 'reused'> | 'none' | 'busy'> {
  const file = await readPostmasterFile(cluster.dataDirectory);
  if (file === undefined || (await postmasterState(file.pid, cluster.dataDirectory)) !== 'alive') return 'none';
  if (file.status !== 'ready' || file.port === undefined) return 'busy';
  const keeper = await Keeper.connect(cluster, file.port, password);
  return keeper === undefined ? 'busy' : { keeper, pid: file.pid, port: file.port };
}

async function freePort(wanted: number | undefined): Promise<number> {
  return wanted !== undefined && (await isPortFree(wanted)) ? wanted : randomFreePort();
}
