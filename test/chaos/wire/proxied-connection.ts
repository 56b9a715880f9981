import type { Socket } from 'node:net';
import { MessageReader, type WireMessage } from './message-reader.js';
import { Replies, type UnitKind } from './replies.js';

/** What a connection asks of its proxy, and tells it. */
export interface ProxiedConnectionOptions {
  readonly losesReply: (kind: UnitKind) => boolean;
  readonly onLost: (kind: UnitKind) => void;
  readonly onEnd: () => void;
}

/** One connection through the proxy: near is the program's end, far the database's. */
export class ProxiedConnection {
  delayMs = 0;
  private readonly replies = new Replies();
  private readonly clientMessages = new MessageReader(true);
  private readonly serverMessages = new MessageReader(false);
  /** The messages of a reply that may be kept back, until it is known whether it is. */
  private held: WireMessage[] = [];
  private isHolding = false;
  private isSwallowing = false;
  private hasEnded = false;
  private readonly toNear: Buffer[] = [];
  private readonly toFar: Buffer[] = [];

  constructor(
    private readonly near: Socket,
    private readonly far: Socket,
    private readonly options: ProxiedConnectionOptions,
  ) {
    near.on('data', (chunk) => this.fromClient(chunk));
    far.on('data', (chunk) => this.fromServer(chunk));
    for (const socket of [near, far]) {
      // Told by 'close' as well.
      socket.on('error', () => undefined);
      socket.on('close', () => this.closed());
    }
  }

  get hasSwallowed(): boolean {
    return this.isSwallowing;
  }

  swallow(): void {
    this.isSwallowing = true;
  }

  /** Both ends see a reset. */
  reset(): void {
    this.hasEnded = true;
    this.near.resetAndDestroy();
    this.far.resetAndDestroy();
    this.options.onEnd();
  }

  private fromClient(chunk: Buffer): void {
    if (this.isSwallowing) return;
    for (const message of this.clientMessages.push(chunk)) this.replies.fromClient(message);
    this.pass(this.far, chunk);
  }

  private fromServer(chunk: Buffer): void {
    if (this.isSwallowing) return;
    for (const message of this.serverMessages.push(chunk)) {
      if (this.hasEnded) return;
      this.reply(message);
    }
  }

  private reply(message: WireMessage): void {
    const { kind, ends, isCommitted } = this.replies.fromServer(message);
    if (!this.isHolding && kind !== undefined && this.options.losesReply(kind)) this.isHolding = true;
    if (!this.isHolding) return this.pass(this.near, message.bytes);
    this.held.push(message);
    if (!ends) return;
    if (isCommitted && kind !== undefined && this.options.losesReply(kind)) {
      this.options.onLost(kind);
      return this.reset();
    }
    for (const { bytes } of this.held) this.pass(this.near, bytes);
    this.held = [];
    this.isHolding = false;
  }

  /** Bytes of one direction keep their order: each timer passes on the oldest, whatever its own length. */
  private pass(to: Socket, bytes: Buffer): void {
    const queue = to === this.near ? this.toNear : this.toFar;
    if (this.delayMs === 0 && queue.length === 0) {
      if (to.writable) to.write(bytes);
      return;
    }
    queue.push(bytes);
    setTimeout(() => {
      const next = queue.shift();
      if (next && to.writable && !this.isSwallowing) to.write(next);
    }, this.delayMs);
  }

  private closed(): void {
    if (this.hasEnded) return;
    // Where bytes are swallowed, the program does not hear that the database has closed the connection.
    if (this.isSwallowing && !this.near.destroyed) return;
    this.hasEnded = true;
    this.near.destroy();
    this.far.destroy();
    this.options.onEnd();
  }
}
