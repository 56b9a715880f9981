import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { ManualGatewayClock } from '../../test/support/manual-gateway-clock.js';
import { json, ScriptedHttpServer, silence } from '../../test/support/scripted-http-server.js';
import { UnrulyServer, type Mischief } from '../../test/support/unruly-server.js';
import { HttpClient, type HttpAnswer } from './http-client.js';

const TIMEOUT_MS = 5_000;

describe('HttpClient', () => {
  const closing: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0)) await close();
  });

  const clientFor = (origin: string, connections = 4) => {
    const clock = new ManualGatewayClock();
    const client = new HttpClient({ origin, connections, timeoutMs: TIMEOUT_MS, clock });
    closing.push(() => client.close());
    const post = (id = 'id-1', signal: AbortSignal = new AbortController().signal) =>
      client.post('/messages', { 'idempotency-key': id }, JSON.stringify({ id }), signal);
    return { client, clock, post };
  };
  const serverFor = async (script: Parameters<typeof ScriptedHttpServer.start>[0]) => {
    const server = await ScriptedHttpServer.start(script);
    closing.push(() => server.stop());
    return server;
  };

  it('answers with status, headers and body, and uses a connection again', async () => {
    const server = await serverFor(json(201, { ok: true }, { 'x-a': 'b' }));
    const { post } = clientFor(server.url, 1);
    for (const _ of [1, 2]) {
      expect(await post()).toMatchObject({
        kind: 'answered',
        status: 201,
        headers: { 'x-a': 'b' },
        body: '{"ok":true}',
      });
    }
    expect(server.requests).toHaveLength(2);
    expect(server.requests[1]?.socket === server.requests[0]?.socket).toBe(true);
  });

  it('does not take an answer that comes twice for that of the next request', async () => {
    const server = await UnrulyServer.start(() => 'answerTwice');
    closing.push(() => server.stop());
    const { post } = clientFor(server.origin, 1);
    for (const id of ['a', 'b', 'c', 'd']) {
      expect(await post(id)).toMatchObject({ kind: 'answered', body: JSON.stringify({ messageId: `m-${id}` }) });
    }
    expect(server.ledger).toEqual(['a', 'b', 'c', 'd']);
  });

  it('follows no redirect', async () => {
    const server = await serverFor(json(307, {}, { location: '/elsewhere' }));
    expect(await clientFor(server.url).post()).toMatchObject({ kind: 'answered', status: 307 });
    expect(server.requests).toHaveLength(1);
  });

  it('takes the last answer after informational ones', async () => {
    const server = await serverFor((request, response) => {
      response.writeProcessing();
      json(200, { ok: true })(request, response);
    });
    expect(await clientFor(server.url).post()).toMatchObject({ kind: 'answered', status: 200, body: '{"ok":true}' });
  });

  it('reads no more than 64 kB of an answer', async () => {
    const server = await serverFor((_request, response) => {
      response.writeHead(200);
      response.end('x'.repeat(10_000_000));
    });
    const answer = await clientFor(server.url).post();
    expect(answer.kind === 'answered' && answer.body.length).toBe(65_536);
  });

  it('has lost what was aborted or timed out after it left, and stops reading', async () => {
    const server = await serverFor(silence);
    const { clock, post } = clientFor(server.url);
    const abort = new AbortController();
    const [aborted, late] = [post('a', abort.signal), post('b')];
    await server.received(2);
    abort.abort();
    expect(await aborted).toEqual({ kind: 'lost', reason: 'aborted' });
    clock.advance(TIMEOUT_MS);
    expect(await late).toEqual({ kind: 'lost', reason: 'no complete answer within 5000 ms' });
    expect(clock.pending).toBe(0);
  });

  it('has lost an answer whose headers came and whose body did not', async () => {
    const server = await serverFor((_request, response) => {
      response.writeHead(200, { 'content-length': '10' });
      response.write('{');
    });
    const { clock, post } = clientFor(server.url);
    const sending = post();
    await server.received(1);
    clock.advance(TIMEOUT_MS);
    expect(await sending).toMatchObject({ kind: 'lost' });
  });

  it('has not sent what still waited for a connection when it was aborted or timed out, and does not send it later', async () => {
    const server = await serverFor(silence);
    const { clock, post } = clientFor(server.url, 1);
    const first = post('first');
    await server.received(1);
    const abort = new AbortController();
    const [aborted, late] = [post('aborted', abort.signal), post('late')];
    abort.abort();
    expect(await aborted).toEqual({ kind: 'notSent', reason: 'aborted' });
    server.answerWith(json(200, {}));
    clock.advance(TIMEOUT_MS);
    expect((await first).kind).toBe('lost');
    expect((await late).kind).toBe('notSent');
    expect(await post('after')).toMatchObject({ kind: 'answered' });
    expect(server.requests.map(({ headers }) => headers['idempotency-key'])).toEqual(['first', 'after']);
  });

  it('has not sent what a stopped process comes to too late, even before its timer says so', async () => {
    const server = await serverFor(json(200, {}));
    const clock = new ManualGatewayClock();
    let elapsedMs = 0;
    const client = new HttpClient({
      origin: server.url,
      connections: 1,
      timeoutMs: TIMEOUT_MS,
      clock: { nowMs: () => 0, monotonicMs: () => elapsedMs, after: (delayMs, run) => clock.after(delayMs, run) },
    });
    closing.push(() => client.close());
    const sending = client.post('/', {}, '{}', new AbortController().signal);
    elapsedMs = TIMEOUT_MS;
    expect((await sending).kind).toBe('notSent');
    expect(server.requests).toEqual([]);
  });

  it('has not sent to an address where nothing listens', async () => {
    const server = await ScriptedHttpServer.start(silence);
    const { url } = server;
    await server.stop();
    const answer = await clientFor(url).post();
    expect(answer.kind).toBe('notSent');
    expect((answer as { reason: string }).reason).toContain('ECONNREFUSED');
  });

  it('has not sent to a name that does not exist', async () => {
    // RFC 6761, section 6.4: .invalid never resolves.
    expect((await clientFor('http://pontual.invalid').post()).kind).toBe('notSent');
  });

  it('has not sent when the TLS handshake fails', async () => {
    const received: Buffer[] = [];
    const plain = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        received.push(chunk);
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      });
    });
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    closing.push(() => new Promise((resolve) => plain.close(() => resolve())));
    const answer = await clientFor(`https://127.0.0.1:${(plain.address() as AddressInfo).port}`).post('secret-id');
    expect(answer.kind).toBe('notSent');
    expect(Buffer.concat(received).toString('latin1')).not.toContain('secret-id');
  });

  it('has not sent what it was not able to begin', async () => {
    const server = await serverFor(json(200, {}));
    const { client } = clientFor(server.url);
    const answer = await client.post('/', { 'x-a': 'broken\nline' }, '{}', new AbortController().signal);
    expect(answer.kind).toBe('notSent');
    expect(server.requests).toEqual([]);
  });

  it('never says that a request was not sent that reached a server, and never sends one twice', async () => {
    const mischiefs: readonly Mischief[] = ['answer', 'answerAndCut', 'cut', 'cutAtOnce', 'cutWithinAnswer', 'babble'];
    const weights = [...Array<Mischief>(6).fill('answer'), ...Array<Mischief>(4).fill('answerAndCut'), ...mischiefs];
    let turn = 0;
    const server = await UnrulyServer.start(() => weights[(turn++ * 7) % weights.length] ?? 'answer');
    closing.push(() => server.stop());
    const { post } = clientFor(server.origin, 8);
    const answers = new Map<string, HttpAnswer>();
    const next = Array.from({ length: 1_000 }, (_, index) => `id-${index}`);
    const worker = async () => {
      for (let id = next.pop(); id !== undefined; id = next.pop()) answers.set(id, await post(id));
    };
    await Promise.all(Array.from({ length: 8 }, worker));
    const reached = new Map<string, number>();
    for (const id of server.ledger) reached.set(id, (reached.get(id) ?? 0) + 1);
    const count = (kind: HttpAnswer['kind']) => [...answers.values()].filter((answer) => answer.kind === kind).length;
    expect([...reached.values()].filter((times) => times > 1)).toEqual([]);
    for (const [id, answer] of answers) {
      if (answer.kind === 'notSent') expect(reached.has(id)).toBe(false);
      if (answer.kind === 'answered') expect(reached.get(id)).toBe(1);
    }
    // The mischief was real: some calls were lost, and many were not.
    expect(count('lost')).toBeGreaterThan(100);
    expect(count('answered')).toBeGreaterThan(300);
  });
});
