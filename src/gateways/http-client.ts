import { Pool, type Dispatcher } from 'undici';
import type { GatewayClock } from '../core/gateway/gateway-factory.js';
import type { DurationMs } from '../core/values/time.js';

/** A provider's answers are short; what is longer is cut off here and then cannot be read. */
const MAX_ANSWER_BYTES = 64 * 1024;

const MAX_CONNECT_MS: DurationMs = 10_000;

/** Who gets the calls, and how. */
export interface HttpClientOptions {
  /** Scheme, host and port. */
  readonly origin: string;
  /** Connections kept open at most; each carries one call at a time. */
  readonly connections: number;
  /** From the call of {@link HttpClient.post} to the end of the answer. */
  readonly timeoutMs: DurationMs;
  readonly clock: GatewayClock;
}

/**
 * What became of one request.
 * - answered: status and headers came, and the body as far as it is within the limit.
 * - notSent: not one byte of the request was handed to a connection. Proof, not likelihood.
 * - lost: it was handed to a connection, and no complete answer came. Nobody knows whether it was processed.
 */
export type HttpAnswer =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
      readonly body: string;
    }
  | { readonly kind: 'notSent'; readonly reason: string }
  | { readonly kind: 'lost'; readonly reason: string };

/** HTTP calls that are made once: no retries, no redirects, no proxies from the environment, no pipelining. */
export class HttpClient {
  private readonly pool: Pool;
  private closed: Promise<void> | undefined;

  constructor(private readonly options: HttpClientOptions) {
    this.pool = new Pool(options.origin, {
      connections: options.connections,
      pipelining: 1,
      connect: { timeout: Math.min(options.timeoutMs, MAX_CONNECT_MS) },
      // One deadline of ours covers connecting, headers and body.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** Makes one request. Never rejects. */
  post(
    path: string,
    headers: Readonly<Record<string, string>>,
    body: string,
    signal: AbortSignal,
  ): Promise<HttpAnswer> {
    return new Promise((resolve) => {
      const call = new Call(this.options, signal, resolve);
      if (signal.aborted) return call.abandon('aborted');
      this.pool.dispatch({ method: 'POST', path, headers: { ...headers }, body }, call);
    });
  }

  /** Takes no further requests, and resolves when those under way are settled and all connections are closed. */
  close(): Promise<void> {
    this.closed ??= this.pool.close();
    return this.closed;
  }
}

/**
 * One request on its way. undici calls `onRequestStart` for this very request before it writes the first byte of it, on a
 * new connection and on a reused one alike; so a request whose `onRequestStart` was never called has not left. Anything
 * that happens after it, a reset of an idle connection included, proves nothing.
 */
class Call implements Dispatcher.DispatchHandler {
  private readonly begunMs: number;
  private readonly cancelDeadline: () => void;
  private controller: Dispatcher.DispatchController | undefined;
  private isSettled = false;
  private status = 0;
  private headers: Record<string, string | string[] | undefined> = {};
  private readonly chunks: Buffer[] = [];
  private bytes = 0;

  constructor(
    private readonly options: HttpClientOptions,
    private readonly signal: AbortSignal,
    private readonly resolve: (answer: HttpAnswer) => void,
  ) {
    this.begunMs = options.clock.monotonicMs();
    this.cancelDeadline = options.clock.after(options.timeoutMs, () => this.abandon(this.timeoutReason));
    signal.addEventListener('abort', this.onAbort, { once: true });
  }

  /** Gives the call up: it is not sent if it has not left, and lost if it has. */
  abandon(reason: string): void {
    this.settleFailed(reason);
    this.controller?.abort(new Error(reason));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Thrown before anything is written, undici drops the request.
    if (this.isSettled) throw new Error('abandoned before it left');
    if (this.controller !== undefined) throw new Error('a request is never written twice');
    // A process that was stopped meanwhile (suspended, swapped out) must not send what its timer has not yet given up.
    if (this.options.clock.monotonicMs() - this.begunMs >= this.options.timeoutMs) {
      this.settleFailed(this.timeoutReason);
      throw new Error('too late to be sent');
    }
    this.controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Call['headers']): void {
    // Called again after an informational answer (1xx); the last one counts.
    this.status = status;
    this.headers = headers;
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = MAX_ANSWER_BYTES - this.bytes;
    this.chunks.push(chunk.subarray(0, room));
    this.bytes += Math.min(chunk.length, room);
    if (chunk.length > room) {
      this.onResponseEnd();
      controller.abort(new Error('the answer is too long'));
    }
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.chunks).toString('utf8');
    this.settle({ kind: 'answered', status: this.status, headers: this.headers, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.settleFailed(describe(error));
  }

  private readonly onAbort = () => this.abandon('aborted');

  private get timeoutReason(): string {
    return `no complete answer within ${this.options.timeoutMs} ms`;
  }

  private settleFailed(reason: string): void {
    this.settle({ kind: this.controller === undefined ? 'notSent' : 'lost', reason });
  }

  private settle(answer: HttpAnswer): void {
    if (this.isSettled) return;
    this.isSettled = true;
    this.cancelDeadline();
    this.signal.removeEventListener('abort', this.onAbort);
    this.resolve(answer);
  }
}

function describe(error: Error): string {
  const { code } = error as { code?: unknown };
  // Several addresses were tried and none worked: each has its own error.
  const message =
    error instanceof AggregateError && error.message === '' ? error.errors.map(String).join('; ') : error.message;
  return typeof code === 'string' && !message.includes(code) ? `${code}: ${message}` : message;
}
