import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { runInNewContext } from 'node:vm';
import { buildSchema, parse, type DocumentNode } from 'graphql';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocket, WebSocketServer } from 'ws';
import { IDE_SCRIPT } from './ide-script.js';

type Fetcher = (
  params: { query: string; variables?: unknown; operationName?: string },
  options: { headers?: Record<string, string>; documentAST?: DocumentNode },
) => Promise<unknown> | AsyncIterableIterator<unknown>;

interface Sent {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: { readonly query: string; readonly variables: Record<string, unknown> };
}

const PLACEHOLDER = { Authorization: 'Bearer <your API key>' };
const GRAPHQL_WS = readFileSync(
  join(dirname(require.resolve('graphql-ws/package.json')), 'umd/graphql-ws.min.js'),
  'utf8',
);

class FixedDate extends Date {
  static override now(): number {
    return Date.parse('2026-01-02T03:04:05.000Z');
  }
}

/** The page's script in a browser of cardboard: what it shows GraphiQL, and what it sends. */
function openPage(origin = 'http://pontual.test') {
  const sent: Sent[] = [];
  const storage = new Map<string, string>();
  const answers: unknown[] = [];
  let props: { fetcher: Fetcher; defaultTabs: { query: string; headers: string }[] } | undefined;
  const ready: (() => void)[] = [];
  const globals: Record<string, unknown> = {
    Date: FixedDate,
    URL,
    WebSocket,
    setTimeout,
    clearTimeout,
    location: { href: `${origin}/graphql` },
    document: { currentScript: { src: `${origin}/graphql/ide/1/ide.js` }, getElementById: () => null },
    window: { addEventListener: (_name: string, handler: () => void) => ready.push(handler) },
    sessionStorage: {
      getItem: (key: string) => storage.get(key) ?? null,
      setItem: (key: string, value: string) => storage.set(key, value),
    },
    YogaGraphiQL: { renderYogaGraphiQL: (_root: unknown, given: typeof props) => (props = given) },
    fetch: (url: URL, request: { headers: Record<string, string>; body: string }) => {
      sent.push({ url: url.href, headers: request.headers, body: JSON.parse(request.body) as Sent['body'] });
      return Promise.resolve({ json: () => Promise.resolve(answers.shift() ?? { data: {} }) });
    },
  };
  globals['self'] = globals;
  runInNewContext(GRAPHQL_WS, globals);
  runInNewContext(IDE_SCRIPT, globals);
  for (const handler of ready) handler();
  if (!props) throw new Error('GraphiQL was not shown');
  const { fetcher } = props;
  const run = (query: string, headers: Record<string, string> = PLACEHOLDER, variables: unknown = undefined) =>
    fetcher({ query, variables }, { headers, documentAST: parse(query) });
  return {
    props,
    sent,
    answers,
    storage,
    run,
    environment: globals['MonacoEnvironment'] as { getWorkerUrl(id: string, label: string): string },
  };
}

describe('the page of the IDE', () => {
  it('opens with the tabs, each with a place for the key', () => {
    const { props } = openPage();
    expect(props.defaultTabs.map(({ query }) => /(mutation|subscription) (\w+)/.exec(query)?.[2])).toEqual([
      'Create',
      'Schedule',
      'Watch',
      'Cancel',
      'Retry',
    ]);
    for (const { headers } of props.defaultTabs) expect(JSON.parse(headers)).toEqual(PLACEHOLDER);
  });

  it('finds its workers beside itself', () => {
    expect(openPage().environment.getWorkerUrl('any', 'json')).toBe('http://pontual.test/graphql/ide/1/json.worker.js');
  });

  it('sends the key of the tab, and further headers', async () => {
    const { run, sent } = openPage();
    await run('{ viewer { name } }', { Authorization: 'Bearer mine', 'X-Trace': '1' });
    expect(sent).toMatchObject([
      { url: 'http://pontual.test/graphql', headers: { authorization: 'Bearer mine', 'X-Trace': '1' } },
    ]);
  });

  it('takes the last key where a tab has only the placeholder, and sends none before there is one', async () => {
    const { run, sent } = openPage();
    await run('{ viewer { name } }');
    await run('{ viewer { name } }', { authorization: 'Bearer mine' });
    await run('{ viewer { name } }');
    expect(sent.map(({ headers }) => headers['authorization'])).toEqual([undefined, 'Bearer mine', 'Bearer mine']);
  });

  it('fills in ids of things that an answer named, and instants', async () => {
    const { run, sent, answers } = openPage();
    answers.push({ data: { contact: { id: 'c-1' }, message: { id: 'm-1' }, other: null } });
    await run('mutation { contact: createContact { id } }');
    await run('mutation { a }', PLACEHOLDER, {
      contact: '<contact>',
      all: ['<message>', '<nothing>'],
      at: '<in 30 seconds>',
      count: 3,
    });
    expect(sent[1]!.body.variables).toEqual({
      contact: 'c-1',
      all: ['m-1', '<nothing>'],
      at: '2026-01-02T03:04:35.000Z',
      count: 3,
    });
  });

  describe('with a server', () => {
    let server: Server;
    let sockets: WebSocketServer;
    let dispose: () => Promise<void> | void;
    const released = { count: 0 };

    beforeAll(async () => {
      server = createServer();
      sockets = new WebSocketServer({ server, path: '/graphql' });
      async function* ticks() {
        try {
          for (let tick = 1; ; tick += 1) {
            await new Promise((resolve) => setImmediate(resolve));
            yield { tick };
          }
        } finally {
          released.count += 1;
        }
      }
      const subscriptions = useServer(
        {
          schema: buildSchema('type Query { a: Int } type Subscription { tick: Int! }'),
          roots: { subscription: { tick: () => ticks() } },
          onConnect: ({ connectionParams }) => connectionParams?.['authorization'] === 'Bearer mine',
        },
        sockets,
      );
      dispose = () => subscriptions.dispose();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    });

    afterAll(async () => {
      await dispose();
      await new Promise((resolve) => server.close(resolve));
    });

    const page = () => openPage(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);

    it('subscribes over graphql-transport-ws with the key, and stops when told to', async () => {
      const events = page().run('subscription { tick }', {
        Authorization: 'Bearer mine',
      }) as AsyncIterableIterator<unknown>;
      expect(await events.next()).toMatchObject({ done: false, value: { data: { tick: 1 } } });
      expect(await events.next()).toMatchObject({ done: false, value: { data: { tick: 2 } } });
      const closed = new Promise((resolve) => [...sockets.clients][0]?.once('close', resolve));
      await events.return?.();
      await closed;
      expect(released.count).toBe(1);
    });

    it('says in words that the key was refused', async () => {
      const events = page().run('subscription { tick }', {
        Authorization: 'Bearer other',
      }) as AsyncIterableIterator<unknown>;
      await expect(events.next()).rejects.toEqual({
        message: 'The connection was closed: 4403 Forbidden. Put a valid API key into the Headers.',
      });
    });
  });
});
