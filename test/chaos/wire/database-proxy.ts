import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ProxiedConnection } from './proxied-connection.js';
import type { UnitKind } from './replies.js';

/** Replies that a proxy has kept from the program although the database had committed. */
export interface LostReplies {
  readonly commit: number;
  readonly write: number;
}

/** A fault of a proxy. Ending it leaves the others, of its own kind too, as they are. */
export interface ProxyFault {
  /** How many times it has done something: connections that it met, or replies that it kept. */
  readonly hits: number;
  end(): void;
}

/** A fault while it lasts. */
interface Lasting {
  readonly kind: 'delay' | 'swallow' | keyof LostReplies;
  /** Of a delay. */
  readonly ms: number;
  /** Replies that are still to be lost. */
  left: number;
  hits: number;
}

/** The way of one server process to PostgreSQL, which can fail in the ways in which networks do. */
export class DatabaseProxy {
  private readonly connections = new Set<ProxiedConnection>();
  private readonly faults = new Set<Lasting>();
  private readonly lostSoFar = { commit: 0, write: 0 };

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

  /** Until it ends, every byte takes this much longer, in both directions; of several delays the longest counts. */
  delay(ms: number): ProxyFault {
    return this.begin({ kind: 'delay', ms, left: 0, hits: this.connections.size });
  }

  /** Resets open connections: those for which the function says so; returns how many. */
  cut(isHit: () => boolean): number {
    const hit = [...this.connections].filter(isHit);
    for (const connection of hit) connection.reset();
    return hit.length;
  }

  /**
   * Takes what comes from both ends, on open and new connections, and passes nothing on. When the last such fault ends,
   * connections with bytes missing cannot go on: they are reset.
   */
  swallow(): ProxyFault {
    return this.begin({ kind: 'swallow', ms: 0, left: 0, hits: this.connections.size });
  }

  /** The next so many replies to COMMIT, or to statements that commit by themselves, do not arrive: a reset does. */
  loseNext(kind: keyof LostReplies, count: number): ProxyFault {
    return this.begin({ kind, ms: 0, left: count, hits: 0 });
  }

  /** Ends every fault. */
  heal(): void {
    this.faults.clear();
    this.settle();
  }

  async close(): Promise<void> {
    this.cut(() => true);
    await new Promise((resolve) => this.server.close(resolve));
  }

  private begin(fault: Lasting): ProxyFault {
    this.faults.add(fault);
    this.settle();
    const end = (): void => {
      if (this.faults.delete(fault)) this.settle();
    };
    return {
      get hits() {
        return fault.hits;
      },
      end,
    };
  }

  /** Brings the connections to what the faults that last ask for. */
  private settle(): void {
    for (const connection of [...this.connections]) {
      connection.delayMs = this.delayMs;
      if (this.isSwallowing) connection.swallow();
      else if (connection.hasSwallowed) connection.reset();
    }
  }

  private get delayMs(): number {
    return Math.max(0, ...[...this.faults].map((fault) => fault.ms));
  }

  private get isSwallowing(): boolean {
    return [...this.faults].some((fault) => fault.kind === 'swallow');
  }

  /** The fault that takes the next reply of the kind. */
  private taker(kind: UnitKind): Lasting | undefined {
    return [...this.faults].find((fault) => fault.kind === kind && fault.left > 0);
  }

  private join(near: Socket): void {
    const far = connect({ port: Number(this.target.port || 5432), host: this.target.hostname, noDelay: true });
    const connection = new ProxiedConnection(near, far, {
      losesReply: (kind) => this.taker(kind) !== undefined,
      onLost: (kind) => {
        const fault = this.taker(kind);
        if (kind === 'other' || !fault) return;
        fault.left -= 1;
        fault.hits += 1;
        this.lostSoFar[kind] += 1;
      },
      onEnd: () => this.connections.delete(connection),
    });
    for (const fault of this.faults) if (fault.kind === 'delay' || fault.kind === 'swallow') fault.hits += 1;
    connection.delayMs = this.delayMs;
    if (this.isSwallowing) connection.swallow();
    this.connections.add(connection);
  }
}
