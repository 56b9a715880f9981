import { setTimeout as wait } from 'node:timers/promises';
import { ensureCluster, SUPERUSER } from './cluster.js';
import { findServer, openServer, type OpenRequest, type OpenServer } from './open-server.js';
import { placeCluster, prepareHome } from './placement.js';
import { stopPostmaster } from './postmaster.js';
import { withStartLock } from './start-lock.js';
import type { EmbeddedPostgresLog, PostgresSettings } from './types.js';

export { EmbeddedPostgresError, type EmbeddedPostgresLog, type PostgresSettings } from './types.js';

const DATABASE = 'pontual';
const REVIVE_RETRY_MS = 1_000;

export interface EmbeddedPostgresOptions {
  /** Folder for the database, its password and its log; made when missing. */
  readonly dataDir: string;
  readonly log?: EmbeddedPostgresLog;
  /** Settings over the defaults; they count when this call starts the server, not when it finds one running. */
  readonly settings?: PostgresSettings;
}

export interface EmbeddedPostgres {
  /** Connection URL with the superuser's password, valid until `stop`. Its database exists; what is in it is the caller's affair. */
  readonly url: string;
  /** Whether the server was running already: left by a killed process, or shared with another one. */
  readonly reused: boolean;
  /** Number of the server's main process; another one after the server died and was started again. */
  readonly pid: number;
  /**
   * Lets go of the server, and stops it when no other process uses it. Close your own connections first: those named
   * `pontual…` that are still open after two seconds count as another process's, and the server stays up.
   * Calling it again gives the same promise.
   */
  stop(): Promise<void>;
}

/**
 * Gives a real PostgreSQL for the data directory: finds the one that runs there, or makes and starts one on a free port of
 * 127.0.0.1. Any number of processes may call it at the same time for one directory; they share one server, and the last
 * one that stops ends it. A server that dies while a process uses it is started again on the same port, with everything
 * that was committed.
 *
 * Throws EmbeddedPostgresError, with words for a person, when there is no PostgreSQL for this platform or it cannot run.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  const home = await prepareHome(options.dataDir);
  const abort = new AbortController();
  return withStartLock(home, async () => {
    const cluster = await placeCluster(home);
    const password = await ensureCluster(cluster, log);
    const settings = options.settings ?? {};
    const request: OpenRequest = { cluster, password, settings, port: undefined, log, signal: abort.signal };
    const server = await openServer(request);
    try {
      await server.keeper.ensureDatabase(DATABASE);
    } catch (error) {
      await server.keeper.close();
      throw error;
    }
    return new SharedServer({ ...request, port: server.port }, server, abort);
  });
}

class SharedServer implements EmbeddedPostgres {
  readonly url: string;
  readonly reused: boolean;
  private reviving: Promise<void> = Promise.resolve();
  private stopped: Promise<void> | undefined;

  constructor(
    private readonly request: OpenRequest,
    private server: OpenServer,
    private readonly abort: AbortController,
  ) {
    this.url = `postgresql://${SUPERUSER}:${encodeURIComponent(request.password)}@127.0.0.1:${server.port}/${DATABASE}`;
    this.reused = server.reused;
    this.watch();
  }

  get pid(): number {
    return this.server.pid;
  }

  stop(): Promise<void> {
    this.stopped ??= this.letGo();
    return this.stopped;
  }

  private async letGo(): Promise<void> {
    this.abort.abort();
    await this.reviving;
    await withStartLock(this.request.cluster.home, () => this.stopUnlessShared());
  }

  /** Under the start lock: a process that is about to use the server has its keeper already, or does not look for the server yet. */
  private async stopUnlessShared(): Promise<void> {
    const { cluster, password, log } = this.request;
    const server = this.server.keeper.isLost ? await findServer(cluster, password) : this.server;
    if (server === 'none') return;
    if (server === 'busy') {
      log('warn', 'embedded_postgres_left_running', { reason: 'it takes no connections, so nobody knows who uses it' });
      return;
    }
    const isUsed = await server.keeper.isServerUsedByOthers();
    await server.keeper.close();
    // It died while it was asked: nothing is left to stop, and whoever else used it starts it again.
    if (isUsed === 'lost') return;
    if (isUsed) {
      log('info', 'embedded_postgres_left_running', { reason: 'another process uses it', pid: server.pid });
      return;
    }
    await stopPostmaster(cluster);
    log('info', 'embedded_postgres_stopped', { pid: server.pid });
  }

  private watch(): void {
    this.server.keeper.watch(() => {
      if (!this.abort.signal.aborted) this.reviving = this.revive();
    });
  }

  /** Every process that lost the server does this: the first starts it, the others find it. */
  private async revive(): Promise<void> {
    const { cluster, log, port, signal } = this.request;
    log('warn', 'embedded_postgres_lost', { pid: this.server.pid });
    while (!signal.aborted) {
      try {
        this.server = await withStartLock(cluster.home, () => openServer(this.request));
        this.watch();
        if (this.server.port !== port) {
          log('error', 'embedded_postgres_moved', { port: this.server.port, advice: 'restart this program' });
        }
        return;
      } catch (error) {
        if (signal.aborted) return;
        log('error', 'embedded_postgres_restart_failed', { reason: String(error) });
        // Ends early when the caller stops, which the loop's condition sees.
        await wait(REVIVE_RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }
}
