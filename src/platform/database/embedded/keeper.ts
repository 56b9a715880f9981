import { Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Client, DatabaseError } from 'pg';
import { SUPERUSER } from './cluster.js';
import { isFileError } from './file-errors.js';
import { type Cluster, EmbeddedPostgresError } from './types.js';

/** The name by which processes recognise each other's keepers. */
const KEEPER_NAME = 'pontual-keeper';
const LEAVE_PATIENCE_MS = 2_000;
const POLL_MS = 50;
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The connection that a process holds for as long as it uses the embedded server. By it the other processes know that the
 * server is in use (a killed process loses it by itself), and by it this process learns that the server has died.
 */
export class Keeper {
  /** Whether the connection has ended, by whichever side. */
  isLost = false;
  private lostListener: () => void = () => undefined;

  private constructor(
    private readonly client: Client,
    private readonly socket: Socket,
  ) {
    client.once('end', () => {
      this.isLost = true;
      this.lostListener();
    });
  }

  /**
   * Connects and makes sure that this is the cluster's own server. undefined: it takes no connections yet, or no more.
   * The password does not go to a stranger: the port is that of a process which was seen to run this cluster.
   */
  static async connect(cluster: Cluster, port: number, password: string): Promise<Keeper | undefined> {
    const socket = new Socket();
    const client = new Client({
      host: '127.0.0.1',
      port,
      user: SUPERUSER,
      password,
      database: 'postgres',
      ssl: false,
      application_name: KEEPER_NAME,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
      stream: () => socket,
    });
    // Without a listener a connection that breaks would end this process; `end` follows and is what counts.
    client.on('error', () => undefined);
    const keeper = new Keeper(client, socket);
    try {
      await client.connect();
      const { rows } = await client.query<{ data_directory: string }>('show data_directory');
      if (rows[0]?.data_directory === cluster.dataDirectory) return keeper;
      await keeper.close();
      return undefined;
    } catch (error) {
      await keeper.close();
      if (error instanceof DatabaseError && (error.code === '28P01' || error.code === '28000')) {
        throw new EmbeddedPostgresError(
          `The password kept in ${cluster.home} is not that of the database in ${cluster.dataDirectory}.`,
          { cause: error },
        );
      }
      if (isPassing(error)) return undefined;
      throw error;
    }
  }

  /**
   * Only waits from now on: calls back when the connection ends. A program that has nothing else to do may end meanwhile,
   * which lets go of the server like being killed does.
   */
  watch(onLost: () => void): void {
    this.lostListener = onLost;
    this.socket.unref();
    if (this.isLost) onLost();
  }

  /** Creates the program's own database when it is missing. */
  async ensureDatabase(name: string): Promise<void> {
    const { rowCount } = await this.client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount === 0) await this.client.query(`create database ${this.client.escapeIdentifier(name)}`);
  }

  /**
   * Whether somebody else uses the server; `lost` when it died before it could answer. Another keeper is another process of this program, and settles it. Other
   * connections of this program (`pontual…`) may be this process's own, just being closed: they get two seconds to go.
   */
  async isServerUsedByOthers(): Promise<boolean | 'lost'> {
    this.socket.ref();
    const startedAt = performance.now();
    for (;;) {
      const found = await this.countOthers();
      if (found === 'lost') return 'lost';
      if (found.clients === 0) return false;
      if (found.keepers > 0 || performance.now() - startedAt > LEAVE_PATIENCE_MS) return true;
      await wait(POLL_MS);
    }
  }

  private async countOthers(): Promise<{ keepers: number; clients: number } | 'lost'> {
    try {
      const { rows } = await this.client.query<{ keepers: number; clients: number }>(
        `select count(*) filter (where application_name = $1)::int as keepers, count(*)::int as clients
           from pg_stat_activity
          where backend_type = 'client backend' and application_name like 'pontual%' and pid <> pg_backend_pid()`,
        [KEEPER_NAME],
      );
      return rows[0] ?? { keepers: 0, clients: 0 };
    } catch (error) {
      if (isPassing(error)) return 'lost';
      throw error;
    }
  }

  async close(): Promise<void> {
    this.lostListener = () => undefined;
    this.socket.ref();
    await this.client.end();
  }
}

/** Failures of a server that is starting, stopping, full or dying: class 57P and 53300, and those of the connection itself. */
function isPassing(error: unknown): boolean {
  if (error instanceof DatabaseError) return error.code === '53300' || (error.code?.startsWith('57P') ?? false);
  if (isFileError(error, 'ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT')) return true;
  // pg gives these no code.
  return error instanceof Error && /Connection terminated|not queryable|timeout expired/.test(error.message);
}
