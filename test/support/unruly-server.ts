import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the server does when a request has come. */
export type Mischief =
  /** A proper answer; the connection stays open. */
  | 'answer'
  /** The same proper answer two times; the connection stays open. */
  | 'answerTwice'
  /** A proper answer, and the connection is cut at once, so that whoever uses it again is reset. */
  | 'answerAndCut'
  /** No answer; the connection is cut when the request is complete. */
  | 'cut'
  /** No answer; the connection is cut at the first byte. */
  | 'cutAtOnce'
  /** The beginning of an answer, then the cut. */
  | 'cutWithinAnswer'
  /** Something that is not HTTP. */
  | 'babble';

const ID = /idempotency-key: (\S+)\r\n/i;
const LENGTH = /content-length: (\d+)\r\n/i;

/** A TCP server that answers HTTP requests badly, and writes down the idempotency key of every request that reached it. */
export class UnrulyServer {
  /** In order of arrival, repetitions included. */
  readonly ledger: string[] = [];
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly choose: () => Mischief,
  ) {
    server.on('connection', (socket) => this.serve(socket));
  }

  static async start(choose: () => Mischief): Promise<UnrulyServer> {
    const unruly = new UnrulyServer(createServer(), choose);
    unruly.server.listen(0, '127.0.0.1');
    await once(unruly.server, 'listening');
    return unruly;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, 'close');
  }

  private serve(socket: Socket): void {
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    // The client may reset too.
    socket.on('error', () => undefined);
    let received = '';
    let mischief: Mischief | undefined;
    let isNoted = false;
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      mischief ??= this.choose();
      const id = ID.exec(received)?.[1];
      if (id !== undefined && !isNoted) {
        isNoted = true;
        this.ledger.push(id);
      }
      if (mischief === 'cutAtOnce') socket.resetAndDestroy();
      else if (isComplete(received)) {
        reply(socket, mischief, id ?? '');
        received = '';
        mischief = undefined;
        isNoted = false;
      }
    });
  }
}

function isComplete(received: string): boolean {
  const headersEnd = received.indexOf('\r\n\r\n');
  return headersEnd >= 0 && received.length >= headersEnd + 4 + Number(LENGTH.exec(received)?.[1] ?? 0);
}

function reply(socket: Socket, mischief: Mischief, id: string): void {
  const body = JSON.stringify({ messageId: `m-${id}` });
  const answer = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  if (mischief === 'answer') socket.write(answer);
  if (mischief === 'answerTwice') socket.write(`${answer}${answer}`);
  if (mischief === 'answerAndCut') socket.write(answer, () => socket.resetAndDestroy());
  if (mischief === 'cut') socket.resetAndDestroy();
  if (mischief === 'cutWithinAnswer') socket.write(answer.slice(0, answer.length - 5), () => socket.destroy());
  if (mischief === 'babble') socket.write('EHLO nobody\r\n\r\n');
}
