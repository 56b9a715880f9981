import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ProxiedConnection } from './proxied-connection.js';

/** Replies that a proxy has kept from the program although the database had committed. */
export interface LostReplies {
  readonly commit: number;
  readonly write: number;
}

/** The way of one server process to PostgreSQL, which can fail in the ways in which networks do. */
export class DatabaseProxy {
  private readonly connections = new Set<ProxiedConnection>();
  private readonly toLose = { commit: 0, write: 0 };
  private readonly lostSoFar = { commit: 0, write: 0 };
  private delayMs = 0;
  private isSwallowing = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (near) => this.join(near));
  }

  static async before(databaseUrl: string): Promise<DatabaseProxy> {
    const server = createServer({ noDelay: true });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new DatabaseProxy(server, new URL(databaseUrl));
  }

  /** The database's URL by way of this proxy. */
  get url(): string {
    const url = new URL(this.target);
    url.hostname = '127.0.0.1';
    url.port = String((this.server.address() as AddressInfo).port);
    return url.toString();
  }

  get lost(): LostReplies {
    return { ...this.lostSoFar };
  }

  /** From now on every byte takes this much longer, in both directions; 0: no longer. */
  delay(ms: number): void {
    this.delayMs = ms;
    for (const connection of this.connections) connection.delayMs = ms;
  }

  /** Resets open connections: those for which the function says so. */
  cut(isHit: () => boolean): void {
    for (const connection of [...this.connections]) if (isHit()) connection.reset();
  }

  /** Takes what comes from both ends, on open and new connections, and passes nothing on. */
  swallow(): void {
    this.isSwallowing = true;
    for (const connection of this.connections) connection.swallow();
  }

  /** The next so many replies to COMMIT, or to statements that commit by themselves, do not arrive: a reset does. */
  loseNext(kind: keyof LostReplies, count: number): void {
    this.toLose[kind] = count;
  }

  /** Ends every fault. A connection with bytes missing cannot go on: it is reset. */
  heal(): void {
    this.delay(0);
    this.toLose.commit = 0;
    this.toLose.write = 0;
    this.isSwallowing = false;
    for (const connection of [...this.connections]) if (connection.hasSwallowed) connection.reset();
  }

  async close(): Promise<void> {
    this.cut(() => true);
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket): void {
    const far = connect({ port: Number(this.target.port || 5432), host: this.target.hostname, noDelay: true });
    const connection = new ProxiedConnection(near, far, {
      losesReply: (kind) => (kind === 'commit' || kind === 'write') && this.toLose[kind] > 0,
      onLost: (kind) => {
        if (kind === 'other') return;
        this.toLose[kind] -= 1;
        this.lostSoFar[kind] += 1;
      },
      onEnd: () => this.connections.delete(connection),
    });
    connection.delayMs = this.delayMs;
    if (this.isSwallowing) connection.swallow();
    this.connections.add(connection);
  }
}
