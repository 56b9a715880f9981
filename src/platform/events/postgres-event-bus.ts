import { randomUUID } from 'node:crypto';
import type { DurationMs } from '../../core/values/time.js';
import type { Clock, Random } from '../clock/clock.js';
import { errorFacts, type Logger } from '../logging/logger.js';
import type { BusEvent, BusSignal, TenantEvent } from './event.js';
import { EventBus, type EventFilter, type EventSubscription, type SubscriptionOptions } from './event-bus.js';
import { LocalFanOut } from './local-fan-out.js';
import { NotifyConnection, type ReconnectTiming } from './notify-connection.js';
import { Outbox } from './outbox.js';
import { Peers } from './peers.js';
import { BYE_BODY, HELLO_BODY, RESYNC_BODY, decodePayload, encodeEvents, encodePayload, isFrom } from './wire.js';

/** How often and how long; the defaults are right outside tests. */
export interface EventBusTiming extends ReconnectTiming {
  /** At most one batch of events in this time. */
  readonly flushMs: DurationMs;
  /** The same for a batch with a kick in it. */
  readonly kickMs: DurationMs;
  readonly heartbeatMs: DurationMs;
  /** A notification that does not come back within this time means that the connection is deaf. */
  readonly echoMs: DurationMs;
}

export const EVENT_BUS_TIMING: EventBusTiming = {
  flushMs: 50,
  kickMs: 25,
  heartbeatMs: 10_000,
  echoMs: 5_000,
  firstRetryMs: 100,
  maxRetryMs: 5_000,
};

/** Things that wait for a connection; past that the other replicas resync. */
const OUTBOX_CAPACITY = 20_000;
/** Payloads of one statement: about 1 MB. */
const PAYLOADS_PER_STATEMENT = 128;
/** A replica that misses three heartbeats and a half is gone. */
const SILENT_HEARTBEATS = 3.5;
const STOP_PATIENCE_MS = 1_000;

/**
 * {@link EventBus} over PostgreSQL's NOTIFY: one coalesced, autocommitted statement per replica per 50 ms, because NOTIFY
 * inside the dispatch transactions would halve their throughput. Replicas tell each other that they live; when no other
 * one does, nothing is sent at all.
 */
export class PostgresEventBus extends EventBus {
  /** This boot of this process: its own notifications come back to it and are recognised by it. */
  private readonly self = randomUUID();
  private readonly outbox = new Outbox(OUTBOX_CAPACITY);
  private readonly fanOut: LocalFanOut;
  private readonly connection: NotifyConnection;
  private readonly peers: Peers;
  private sequence = 0;
  /** Numbered payloads, oldest first, kept until the server has taken them. */
  private readonly unsent: string[] = [];
  private sending: Promise<void> | undefined;
  private flushTimer: { readonly handle: NodeJS.Timeout; readonly atMs: number } | undefined;
  private lastFlushMs = Number.NEGATIVE_INFINITY;
  private heartbeatTimer: NodeJS.Timeout | undefined;
  private echoTimer: NodeJS.Timeout | undefined;
  private helloQueued = false;
  private wasDown = false;
  private stopped = false;

  constructor(
    url: string,
    private readonly clock: Clock,
    random: Random,
    private readonly logger: Logger,
    private readonly timing: EventBusTiming = EVENT_BUS_TIMING,
  ) {
    super();
    this.fanOut = new LocalFanOut((error) => logger.error('events.handler-failed', errorFacts(error)));
    this.peers = new Peers(timing.heartbeatMs * SILENT_HEARTBEATS, clock.monotonicMs());
    this.connection = new NotifyConnection(url, timing, random, logger, {
      onPayload: (text) => this.receive(text),
      onUp: () => this.onUp(),
      onDown: () => this.onDown(),
    });
  }

  /** Resolves when it listens, or when the first attempt to do so has failed; then it goes on trying. */
  async start(): Promise<void> {
    this.heartbeatTimer = setInterval(() => this.hello(), this.timing.heartbeatMs);
    await this.connection.start();
    // So that whoever was told that this replica runs is heard by the others and hears them.
    await this.sending;
  }

  /** Sends what waits, says goodbye, ends every subscription; resolves when nothing is left running. */
  async stop(): Promise<void> {
    if (this.stopped) return;
    this.stopped = true;
    clearInterval(this.heartbeatTimer);
    clearTimeout(this.flushTimer?.handle);
    if (this.connection.isUp) await this.withinPatience(this.sayGoodbye());
    await this.connection.stop();
    await this.sending;
    clearTimeout(this.echoTimer);
    this.fanOut.end();
  }

  override publish(events: readonly BusEvent[]): void {
    for (const event of events) this.fanOut.deliver(event);
    if (this.stopped || events.length === 0) return;
    if (this.connection.isUp && !this.peers.mayListen(this.clock.monotonicMs())) {
      // Counted, so that a replica that was only silent learns from the next number that it missed something.
      this.sequence += 1;
      return;
    }
    for (const event of events) this.outbox.add(event);
    this.scheduleFlush();
  }

  override subscribe<K extends TenantEvent['kind']>(
    filter: EventFilter<K>,
    options?: SubscriptionOptions,
  ): EventSubscription<Extract<TenantEvent, { kind: K }>> {
    return this.fanOut.subscribe(filter, options);
  }

  override onEvent(handler: (signal: BusSignal) => void, wantsTenants?: () => boolean): () => void {
    return this.fanOut.onEvent(handler, wantsTenants);
  }

  private receive(text: string): void {
    if (isFrom(this.self, text)) return clearTimeout(this.echoTimer);
    const payload = decodePayload(text, this.fanOut.wantsTenants);
    if (!payload) {
      this.logger.warn('events.unreadable', { bytes: text.length });
      return this.fanOut.resync();
    }
    const { sender, sequence, body } = payload;
    if (body.kind === 'bye') return this.peers.leave(sender);
    const isStranger = !this.peers.isKnown(sender);
    const { isNew, missedSome } = this.peers.hear(sender, sequence, this.clock.monotonicMs());
    if (!isNew) return;
    if (missedSome || body.kind === 'resync') this.fanOut.resync();
    // A newcomer need not wait for the next heartbeat to know that it is heard.
    if (isStranger) this.hello();
    if (body.kind === 'events') for (const event of body.events) this.fanOut.deliver(event);
  }

  private onUp(): void {
    this.peers.restart(this.clock.monotonicMs());
    this.helloQueued = false;
    this.hello();
    if (!this.wasDown) return;
    this.logger.info('events.reconnected');
    this.fanOut.resync();
  }

  private onDown(): void {
    this.wasDown = true;
    clearTimeout(this.echoTimer);
    clearTimeout(this.flushTimer?.handle);
    this.flushTimer = undefined;
  }

  /** Tells the others that this replica listens, and sees by the echo that it does. */
  private hello(): void {
    if (this.stopped || !this.connection.isUp || this.helloQueued) return;
    this.helloQueued = true;
    this.queue(HELLO_BODY);
    this.pump();
  }

  private queue(body: string): void {
    this.sequence += 1;
    this.unsent.push(encodePayload(this.self, this.sequence, body));
  }

  private scheduleFlush(): void {
    if (this.stopped || this.sending || !this.connection.isUp || this.outbox.isEmpty) return;
    const nowMs = this.clock.monotonicMs();
    const spacing = this.outbox.hasKick ? this.timing.kickMs : this.timing.flushMs;
    const atMs = Math.max(nowMs, this.lastFlushMs + spacing);
    if (this.flushTimer && this.flushTimer.atMs <= atMs) return;
    clearTimeout(this.flushTimer?.handle);
    this.flushTimer = { handle: setTimeout(() => this.flush(), atMs - nowMs), atMs };
  }

  private flush(): void {
    this.flushTimer = undefined;
    this.lastFlushMs = this.clock.monotonicMs();
    this.queueOutbox();
    this.pump();
  }

  private queueOutbox(): void {
    const { events, overflowed } = this.outbox.take();
    if (overflowed) this.queue(RESYNC_BODY);
    for (const body of encodeEvents(events)) this.queue(body);
  }

  private pump(): void {
    if (this.sending || this.unsent.length === 0) return;
    this.sending = this.sendAll().finally(() => {
      this.sending = undefined;
      this.scheduleFlush();
    });
  }

  /** What was lost on the way stays queued, in its order and with its numbers, for the next connection. */
  private async sendAll(): Promise<void> {
    while (this.unsent.length > 0) {
      const batch = this.unsent.slice(0, PAYLOADS_PER_STATEMENT);
      this.expectEcho();
      if ((await this.connection.send(batch)) === 'lost') return;
      // Refused ones are let go too: the gap in the numbers tells the other replicas to resync.
      this.unsent.splice(0, batch.length);
      this.helloQueued = false;
    }
  }

  /** Whatever is sent comes back to a connection that listens. */
  private expectEcho(): void {
    clearTimeout(this.echoTimer);
    this.echoTimer = setTimeout(() => this.connection.giveUp('no notification comes back'), this.timing.echoMs);
  }

  private async sayGoodbye(): Promise<void> {
    await this.sending;
    this.queueOutbox();
    this.queue(BYE_BODY);
    this.pump();
    await this.sending;
  }

  private async withinPatience(work: Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_PATIENCE_MS)));
    await Promise.race([work, patience]);
    clearTimeout(timer);
  }
}
