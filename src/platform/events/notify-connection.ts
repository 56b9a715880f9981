import { Socket } from 'node:net';
import { Client } from 'pg';
import type { DurationMs } from '../../core/values/time.js';
import type { Random } from '../clock/clock.js';
import { sqlState } from '../database/sql.js';
import { errorFacts, type Logger } from '../logging/logger.js';

const CHANNEL = 'pontual_events';
/** A statement or a goodbye that takes longer than this is not going to be answered. */
const PATIENCE_MS = 5_000;
const GOODBYE_MS = 1_000;

/** What the connection tells its owner. */
export interface NotifyConnectionEvents {
  readonly onPayload: (text: string) => void;
  /** It listens, from now on. */
  readonly onUp: () => void;
  readonly onDown: () => void;
}

export interface ReconnectTiming {
  readonly firstRetryMs: DurationMs;
  readonly maxRetryMs: DurationMs;
}

/**
 * One connection of its own for LISTEN and NOTIFY, outside every pool and every transaction: a pool would hand the
 * listening session to somebody else, and NOTIFY in a busy transaction takes a lock that all commits wait for. It comes
 * back by itself, with growing pauses, until it is stopped.
 */
export class NotifyConnection {
  private open: { readonly client: Client; readonly socket: Socket } | undefined;
  private attempt: { readonly socket: Socket; readonly settled: Promise<void> } | undefined;
  private retryTimer: NodeJS.Timeout | undefined;
  private failures = 0;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly timing: ReconnectTiming,
    private readonly random: Random,
    private readonly logger: Logger,
    private readonly events: NotifyConnectionEvents,
  ) {}

  get isUp(): boolean {
    return this.open !== undefined;
  }

  /** Resolves when the first attempt has succeeded or failed; a failed one is followed by others. */
  async start(): Promise<void> {
    await this.connect();
  }

  /**
   * Sends all payloads in one statement. refused: the server is well and will not take them, now or again. lost: nobody
   * knows whether they went out, and another connection is on its way.
   */
  async send(payloads: readonly string[]): Promise<'sent' | 'refused' | 'lost'> {
    const open = this.open;
    if (!open) return 'lost';
    try {
      await open.client.query('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [CHANNEL, payloads]);
      return 'sent';
    } catch (error) {
      if (isRefusal(error)) {
        this.logger.error('events.refused', { ...errorFacts(error), payloads: payloads.length });
        return 'refused';
      }
      this.lost(open.client, error);
      return 'lost';
    }
  }

  /** Gives the connection up as deaf although nothing has told so, and opens another. */
  giveUp(reason: string): void {
    if (this.open) this.lost(this.open.client, new Error(reason));
  }

  /** Resolves when the connection is closed and no other will be opened. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.retryTimer);
    this.attempt?.socket.destroy();
    await this.attempt?.settled;
    const open = this.open;
    this.open = undefined;
    if (!open) return;
    const timer = setTimeout(() => open.socket.destroy(), GOODBYE_MS);
    await open.client.end().catch((error: unknown) => this.logger.debug('events.goodbye-failed', errorFacts(error)));
    clearTimeout(timer);
  }

  private connect(): Promise<void> {
    const socket = new Socket();
    const settled = this.tryToConnect(socket).finally(() => (this.attempt = undefined));
    this.attempt = { socket, settled };
    return settled;
  }

  private async tryToConnect(socket: Socket): Promise<void> {
    const client = new Client({
      connectionString: this.url,
      application_name: 'pontual-events',
      // Ours, so that a connection whose other end is gone can be closed without waiting for it.
      stream: () => socket,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      connectionTimeoutMillis: PATIENCE_MS,
      query_timeout: PATIENCE_MS,
    });
    client.on('error', (error) => this.lost(client, error));
    client.on('end', () => this.lost(client, new Error('the connection ended')));
    client.on('notification', ({ payload }) => {
      if (this.open?.client === client) this.events.onPayload(payload ?? '');
    });
    try {
      await client.connect();
      await client.query(`LISTEN ${CHANNEL}`);
    } catch (error) {
      socket.destroy();
      return this.retryLater(error);
    }
    this.open = { client, socket };
    this.failures = 0;
    if (!this.stopped) this.events.onUp();
  }

  private lost(client: Client, error: unknown): void {
    if (this.open?.client !== client) return;
    const { socket } = this.open;
    this.open = undefined;
    socket.destroy();
    this.events.onDown();
    this.retryLater(error);
  }

  private retryLater(error: unknown): void {
    if (this.stopped) return;
    const { firstRetryMs, maxRetryMs } = this.timing;
    const pause =
      Math.min(maxRetryMs, firstRetryMs * 2 ** Math.min(this.failures, 16)) * (0.5 + this.random.next() / 2);
    this.failures += 1;
    this.logger.warn('events.connection-lost', { ...errorFacts(error), retryInMs: Math.round(pause) });
    this.retryTimer = setTimeout(() => void this.connect(), pause);
  }
}

/** The server's word on the statement. Class 08 and 57P speak of the connection instead. */
function isRefusal(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && !state.startsWith('08') && !state.startsWith('57P');
}
