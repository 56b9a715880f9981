import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

/** A request as it came, complete. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The connection that it came on; the same object for requests that share one. */
  readonly socket: Socket;
}

/** What the server does with a request. A function that answers nothing leaves the caller waiting. */
export type Script = (request: ReceivedRequest, response: ServerResponse) => void;

/** A local HTTP server that keeps a ledger of what reached it and answers as the test says. */
export class ScriptedHttpServer {
  readonly requests: ReceivedRequest[] = [];
  private readonly waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  private constructor(
    private readonly server: Server,
    private script: Script,
  ) {
    server.on(
      'request',
      (incoming: IncomingMessage, response: ServerResponse) => void this.receive(incoming, response),
    );
  }

  static async start(script: Script): Promise<ScriptedHttpServer> {
    const server = createServer();
    const scripted = new ScriptedHttpServer(server, script);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return scripted;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** From the next request on. */
  answerWith(script: Script): void {
    this.script = script;
  }

  /** Resolves when that many requests have come in all. */
  received(count: number): Promise<void> {
    if (this.requests.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiting.push({ count, resolve }));
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private async receive(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
      socket: incoming.socket,
    };
    this.requests.push(request);
    for (const { resolve } of this.waiting.filter(({ count }) => count <= this.requests.length)) resolve();
    this.script(request, response);
  }
}

/** Answers with a JSON body. */
export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): Script {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** Never answers. */
export const silence: Script = () => undefined;
