import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { behaviourOf, type Behaviour } from './behaviour.js';
import type { GatewayChannel, GatewaySetup } from './gateway-setup.js';
import { LedgerWriter } from './ledger.js';
import { ReceiptPoster } from './receipt-poster.js';
import { receiptsOf, type PlannedReceipt } from './receipts.js';

/** What Pontual posts, as far as the gateway reads it. */
interface Posted {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly channelId: string;
  readonly to: string;
  readonly text: string;
}

/** A call on its way through the gateway. */
interface Call extends Posted {
  readonly channel: GatewayChannel;
  readonly idempotencyKey: string;
  readonly subject: string;
  readonly messageId: string;
}

/** Time for receipts that come before the answer. */
const EARLY_RECEIPTS_MS = 60;

/**
 * A customer's HTTP service in a process of its own: `gateway-process <ledger file>`. It prints its address, takes its
 * setup by POST /setup, says by GET /pending what it still has to do, and writes everything down.
 */
class GatewayProcess {
  private readonly ordinals = new Map<string, number>();
  private readonly ordinalOf = new Map<string, number>();
  private readonly honoured = new Map<string, string>();
  private setup: GatewaySetup = { seed: '', isPlain: false, pace: { fromMs: 0, toMs: 0 }, channels: [], servers: [] };
  /** Effects and answers that are still to come. */
  private timers = 0;
  private channels = new Map<string, GatewayChannel>();
  private poster: ReceiptPoster | undefined;

  constructor(private readonly ledger: LedgerWriter) {}

  serve(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    // A caller that goes away leaves its call unmade.
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8');
      if (request.url === '/setup') return this.begin(JSON.parse(body) as GatewaySetup, response);
      if (request.url === '/pending')
        return send(response, 200, { receipts: this.poster?.pending ?? 0, timers: this.timers });
      this.take(JSON.parse(body) as Posted, String(request.headers['idempotency-key']), response);
    });
  }

  private begin(setup: GatewaySetup, response: ServerResponse): void {
    this.setup = setup;
    this.channels = new Map(setup.channels.map((channel) => [channel.id, channel]));
    this.poster ??= new ReceiptPoster(setup.servers, this.ledger);
    send(response, 200, {});
  }

  private take(posted: Posted, idempotencyKey: string, response: ServerResponse): void {
    const atMs = Date.now();
    const { deliveryId, attempt, channelId, to, text } = posted;
    const channel = this.channels.get(channelId);
    if (!channel) throw new Error(`nobody has told of channel ${channelId}`);
    const ordinal = this.ordinal(deliveryId, `${channel.name}|${to}|${text}`);
    const behaviour = behaviourOf(this.setup, { channel: channel.name, to, text, ordinal, attempt }, channel.timeoutMs);
    this.ledger.write({
      kind: 'call',
      atMs,
      channelId,
      deliveryId,
      attempt,
      idempotencyKey,
      behaviour: behaviour.name,
    });
    const subject = `${channel.name}|${to}|${text}|${ordinal}|${attempt}`;
    const known = channel.idempotent ? this.honoured.get(idempotencyKey) : undefined;
    const messageId = known ?? `m-${deliveryId}-${attempt}`;
    this.treat({ ...posted, channel, idempotencyKey, subject, messageId }, known !== undefined, behaviour, response);
  }

  private treat(call: Call, isKnown: boolean, behaviour: Behaviour, response: ServerResponse): void {
    let receipts: readonly PlannedReceipt[] = [];
    if (isKnown) {
      // It was taken before; the same answer again, as an idempotent service gives it.
      this.after(behaviour.answerAfterMs ?? 0, () => send(response, 200, { messageId: call.messageId }));
      return;
    }
    if (behaviour.effectAfterMs !== null) {
      receipts = receiptsOf(this.setup.seed, call.messageId, call.subject);
      this.after(behaviour.effectAfterMs, () => this.effect(call, receipts));
    }
    if (behaviour.answerAfterMs === null) return;
    const isEarly = behaviour.effectAfterMs === 0 && receipts.some((receipt) => receipt.postAfterMs === 0);
    this.after(behaviour.answerAfterMs + (isEarly ? EARLY_RECEIPTS_MS : 0), () => answer(response, behaviour, call));
  }

  private effect(call: Call, receipts: readonly PlannedReceipt[]): void {
    const { channelId, deliveryId, attempt, messageId, channel, idempotencyKey } = call;
    // Two calls with one key may be under way at once: only the first of them has an effect.
    if (channel.idempotent && this.honoured.has(idempotencyKey)) return;
    this.honoured.set(idempotencyKey, messageId);
    this.ledger.write({ kind: 'effect', atMs: Date.now(), channelId, deliveryId, attempt, messageId });
    this.poster?.add(channel, deliveryId, messageId, receipts);
    void this.poster?.postNow(deliveryId);
  }

  private after(ms: number, work: () => void): void {
    if (ms <= 0) return work();
    this.timers += 1;
    setTimeout(() => {
      this.timers -= 1;
      work();
    }, ms);
  }

  private ordinal(deliveryId: string, subject: string): number {
    const known = this.ordinalOf.get(deliveryId);
    if (known !== undefined) return known;
    const ordinal = this.ordinals.get(subject) ?? 0;
    this.ordinals.set(subject, ordinal + 1);
    this.ordinalOf.set(deliveryId, ordinal);
    return ordinal;
  }
}

function answer(response: ServerResponse, behaviour: Behaviour, { messageId, channel }: Call): void {
  switch (behaviour.answer) {
    case 'accept':
      return send(response, 200, { messageId });
    case 'acceptTwice': {
      // In one piece: what comes a moment later on a connection that is kept is the next call's answer to any client.
      const { socket } = response;
      const body = JSON.stringify({ messageId });
      socket?.cork();
      response.end(body);
      socket?.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      );
      socket?.uncork();
      return;
    }
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'garbage':
      response.end('<html>thank you</html>');
      return;
    case 'refuse':
      return send(response, 422, { code: 'NOT_ON_WHATSAPP', message: `unknown number, says ${channel.name}` });
    case 'busy':
      response.setHeader('retry-after', '1');
      return send(response, 429, {});
    case 'broken500':
      return send(response, 500, {});
    case 'broken502':
      return send(response, 502, {});
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

function main(): void {
  const path = process.argv[2];
  if (path === undefined) throw new Error('usage: gateway-process <ledger file>');
  const gateway = new GatewayProcess(new LedgerWriter(path));
  const server = createServer((request, response) => gateway.serve(request, response));
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
  });
}

main();
