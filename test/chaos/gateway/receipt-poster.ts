import { signatureHeaders, signingKey } from '../../../src/platform/secrets/standard-webhooks.js';
import type { GatewayChannel } from './gateway-setup.js';
import type { LedgerWriter } from './ledger.js';
import type { PlannedReceipt } from './receipts.js';

const ROUND_MS = 100;
const AGAIN_MS = 300;
const EVENTS_PER_POST = 200;
const POST_TIMEOUT_MS = 5_000;

interface Due {
  readonly channel: GatewayChannel;
  readonly deliveryId: string;
  readonly messageId: string;
  readonly effectAtMs: number;
  readonly receipt: PlannedReceipt;
  dueAtMs: number;
}

/** Posts status events until a server has stored each: servers die, and a provider comes again. */
export class ReceiptPoster {
  private waiting: Due[] = [];
  private posting = 0;
  private turn = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly servers: readonly string[],
    private readonly ledger: LedgerWriter,
  ) {
    this.timer = setInterval(() => this.postDue(), ROUND_MS);
  }

  /** Events that no server has stored yet. */
  get pending(): number {
    return this.waiting.length + this.posting;
  }

  add(channel: GatewayChannel, deliveryId: string, messageId: string, receipts: readonly PlannedReceipt[]): void {
    const effectAtMs = Date.now();
    for (const receipt of receipts) {
      const dueAtMs = effectAtMs + receipt.postAfterMs;
      this.waiting.push({ channel, deliveryId, messageId, effectAtMs, receipt, dueAtMs });
    }
  }

  /** Posts what is due of one delivery at once. */
  async postNow(deliveryId: string): Promise<void> {
    const due = this.take((item) => item.deliveryId === deliveryId && item.receipt.postAfterMs === 0);
    const [first] = due;
    if (first) await this.post(first.channel, due);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private postDue(): void {
    const nowMs = Date.now();
    const due = this.take((item) => item.dueAtMs <= nowMs);
    for (const channel of new Set(due.map((item) => item.channel))) {
      const items = due.filter((item) => item.channel === channel);
      for (let at = 0; at < items.length; at += EVENTS_PER_POST)
        void this.post(channel, items.slice(at, at + EVENTS_PER_POST));
    }
  }

  private take(isTaken: (item: Due) => boolean): Due[] {
    const taken = this.waiting.filter(isTaken);
    if (taken.length > 0) this.waiting = this.waiting.filter((item) => !isTaken(item));
    return taken;
  }

  private async post(channel: GatewayChannel, items: readonly Due[]): Promise<void> {
    this.posting += items.length;
    const isStored = await this.tryToPost(channel, items);
    this.posting -= items.length;
    if (!isStored) {
      const dueAtMs = Date.now() + AGAIN_MS;
      this.waiting.push(...items.map((item) => ({ ...item, dueAtMs })));
      return;
    }
    const atMs = Date.now();
    for (const { deliveryId, messageId, receipt } of items) {
      const { eventId, status } = receipt;
      this.ledger.write({ kind: 'receipt', atMs, channelId: channel.id, deliveryId, eventId, messageId, status });
    }
  }

  private async tryToPost(channel: GatewayChannel, items: readonly Due[]): Promise<boolean> {
    const body = JSON.stringify(items.map(eventOf));
    const server = this.servers[this.turn % this.servers.length] ?? '';
    this.turn += 1;
    try {
      const response = await fetch(`${server}${channel.webhookPath}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...signatureHeaders(keyOf(channel), `post-${this.turn}`, Date.now(), body),
        },
        body,
        signal: AbortSignal.timeout(POST_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      // The server is down, or does not answer: another one will take it.
      return false;
    }
  }
}

function eventOf({ deliveryId, messageId, effectAtMs, receipt }: Due) {
  const at = new Date(effectAtMs + receipt.happenedAfterMs).toISOString();
  return { eventId: receipt.eventId, deliveryId, messageId, status: receipt.status, at };
}

function keyOf(channel: GatewayChannel): Buffer {
  const key = signingKey(channel.secret);
  if (key === undefined) throw new Error(`the secret of ${channel.name} is none`);
  return key;
}
