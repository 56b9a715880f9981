import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';

/** A TCP connection to PostgreSQL that can break in the ways in which networks do. */
export class FaultyProxy {
  private readonly pairs = new Set<{ near: Socket; far: Socket; frozen: boolean }>();
  private refusing = false;
  private freezeNew = false;
  private contacted: () => void = () => undefined;
  private readonly contact = new Promise<void>((resolve) => (this.contacted = resolve));

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async before(databaseUrl: string): Promise<FaultyProxy> {
    const target = new URL(databaseUrl);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = new URL(databaseUrl);
    url.hostname = '127.0.0.1';
    url.port = String((server.address() as AddressInfo).port);
    const proxy = new FaultyProxy(server, url.toString());
    server.on('connection', (near) => proxy.join(near, connect(Number(target.port || 5432), target.hostname)));
    return proxy;
  }

  /** Closes the open connections in a way that both ends notice. */
  cut(): void {
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }

  /** From now on nothing passes on the open connections, and neither end hears of it. New ones pass, unless told otherwise. */
  freeze({ also }: { also?: 'new' } = {}): void {
    for (const pair of this.pairs) pair.frozen = true;
    this.freezeNew = also === 'new';
  }

  /** New connections are reset, or again let through. */
  refuse(refusing: boolean): void {
    this.refusing = refusing;
  }

  untilContacted(): Promise<void> {
    return this.contact;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private join(near: Socket, far: Socket): void {
    const pair = { near, far, frozen: this.freezeNew };
    this.pairs.add(pair);
    const pass = (from: Socket, to: Socket) => {
      from.on('data', (chunk) => pair.frozen || to.write(chunk));
      from.on('error', () => to.destroy());
      from.on('close', () => {
        if (to.destroyed) this.pairs.delete(pair);
        else if (!pair.frozen) to.destroy();
      });
    };
    pass(near, far);
    pass(far, near);
    if (this.refusing) near.resetAndDestroy();
    this.contacted();
  }
}
