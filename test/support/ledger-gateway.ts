import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One call as the gateway saw it. */
export interface LedgerEntry {
  readonly deliveryId: string;
  readonly attempt: number;
  readonly to: string;
  readonly text: string;
  readonly idempotencyKey: string | undefined;
  /** Wall-clock time of arrival of the request's body, in milliseconds. */
  readonly atMs: number;
}

/** A stand-in for a customer's HTTP service: it writes every call down before it answers. */
export interface LedgerGateway {
  readonly url: string;
  readonly entries: readonly LedgerEntry[];
  /** Resolves when that many calls have come. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

export interface LedgerOptions {
  /** How long an answer takes. */
  readonly answerMs?: number;
  /** What to answer, instead of accepting. */
  readonly answer?: (entry: LedgerEntry) => {
    readonly status: number;
    readonly body?: unknown;
    readonly headers?: Record<string, string>;
  };
}

export async function startLedgerGateway({ answerMs = 0, answer }: LedgerOptions = {}): Promise<LedgerGateway> {
  const entries: LedgerEntry[] = [];
  const waiting: { count: number; resolve: () => void }[] = [];
  const server = createServer((request, response) => {
    readBody(request, (body) => {
      const { deliveryId, attempt, to, text } = JSON.parse(body) as LedgerEntry;
      const key = request.headers['idempotency-key'];
      const entry = {
        deliveryId,
        attempt,
        to,
        text,
        idempotencyKey: typeof key === 'string' ? key : undefined,
        atMs: performance.timeOrigin + performance.now(),
      };
      entries.push(entry);
      for (const waiter of waiting) if (entries.length >= waiter.count) waiter.resolve();
      if (answerMs === 0) reply(entry, response);
      else setTimeout(() => reply(entry, response), answerMs);
    });
  });
  const reply = (entry: LedgerEntry, response: ServerResponse): void => {
    const { status, body, headers } = answer?.(entry) ?? { status: 200, body: { messageId: `gw-${entry.deliveryId}` } };
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body ?? {}));
  };
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/send`,
    entries,
    reached: (count) =>
      entries.length >= count ? Promise.resolve() : new Promise((resolve) => waiting.push({ count, resolve })),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => done(Buffer.concat(chunks).toString('utf8')));
}
