import { IDE_TABS } from './ide-examples.js';

/** What stands in the Headers of a new tab. */
const HEADERS = '{\n  "Authorization": "Bearer <your API key>"\n}\n';

/**
 * The page's own script: GraphiQL with our tabs, and operations over HTTP or, for subscriptions, graphql-transport-ws.
 *
 * It is plain JavaScript for the browser, so it lies here as text. The key that was used last and the ids of the newest
 * answers are remembered for the life of the browser tab, and stand in where a placeholder does; the key is never written
 * to lasting storage.
 */
const BROWSER_SCRIPT = String.raw`
(() => {
  'use strict';
  const base = new URL('.', document.currentScript.src);
  const endpoint = new URL('/graphql', location.href);
  const KEY = 'pontual-authorization';
  const LOGO =
    '<svg viewBox="0 0 24 24" width="26" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round">' +
    '<circle cx="12" cy="12" r="9"/><path d="M12 7v5l3 3"/></svg>';
  /** With the name that an answer gave to a thing: its id. */
  const SEEN = 'pontual-seen-';

  self.MonacoEnvironment = {
    globalAPI: false,
    getWorkerUrl: (_module, label) => new URL(label + '.worker.js', base).href,
  };

  const isPlaceholder = (text) => typeof text !== 'string' || text.trim() === '' || text.includes('<');

  function authorizationOf(headers) {
    const name = Object.keys(headers).find((key) => key.toLowerCase() === 'authorization');
    const given = name === undefined ? undefined : headers[name];
    if (isPlaceholder(given)) return sessionStorage.getItem(KEY) ?? undefined;
    sessionStorage.setItem(KEY, given);
    return given;
  }

  function headersOf(given, authorization) {
    const others = Object.entries(given).filter(([key]) => key.toLowerCase() !== 'authorization');
    return { ...Object.fromEntries(others), ...(authorization === undefined ? {} : { authorization }) };
  }

  function filledIn(value) {
    if (Array.isArray(value)) return value.map(filledIn);
    if (value !== null && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filledIn(inner)]));
    }
    if (typeof value !== 'string') return value;
    const name = /^<([^>]+)>$/.exec(value.trim())?.[1];
    const seconds = /^in (\d+) seconds?$/.exec(name ?? '')?.[1];
    if (seconds !== undefined) return new Date(Date.now() + Number(seconds) * 1000).toISOString();
    return sessionStorage.getItem(SEEN + name) ?? value;
  }

  function remember(result) {
    for (const [name, value] of Object.entries(result?.data ?? {})) {
      if (typeof value?.id === 'string') sessionStorage.setItem(SEEN + name, value.id);
    }
    return result;
  }

  function isSubscription(document, operationName) {
    const operations = (document?.definitions ?? []).filter((definition) => definition.kind === 'OperationDefinition');
    const chosen = operations.find((definition) => definition.name?.value === operationName) ?? operations[0];
    return chosen?.operation === 'subscription';
  }

  /** One socket for each running subscription: it carries the key that its tab had. */
  function subscribe(params, authorization) {
    const url = new URL(endpoint);
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
    const client = graphqlWs.createClient({ url: url.href, retryAttempts: 0, connectionParams: { authorization } });
    const iterator = client.iterate(params);
    return {
      [Symbol.asyncIterator]() { return this; },
      return: () => iterator.return(),
      throw: (error) => iterator.throw(error),
      next: () => iterator.next().catch((cause) => { throw readable(cause); }),
    };
  }

  /** A refused socket arrives as a close event, which shows as {}. */
  function readable(cause) {
    if (cause instanceof Error || typeof cause?.code !== 'number') return cause;
    const hint = cause.code === 4403 ? ' Put a valid API key into the Headers.' : '';
    // Not an Error: GraphiQL would print its stack.
    return { message: 'The connection was closed: ' + cause.code + ' ' + cause.reason + '.' + hint };
  }

  async function send(params, headers) {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify(params),
    });
    return remember(await response.json());
  }

  function fetcher(params, options = {}) {
    const given = options.headers ?? {};
    const authorization = authorizationOf(given);
    const operation = { ...params, variables: filledIn(params.variables ?? {}) };
    return isSubscription(options.documentAST, params.operationName)
      ? subscribe(operation, authorization)
      : send(operation, headersOf(given, authorization));
  }

  window.addEventListener('DOMContentLoaded', () => {
    YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
      fetcher,
      defaultHeaders: HEADERS,
      defaultTabs: TABS.map((tab) => ({ ...tab, headers: HEADERS })),
      title: 'Pontual',
      logo: LOGO,
      // Ours does nothing: the default would write every keystroke into the address.
      onEditQuery: () => undefined,
      shouldPersistHeaders: false,
      showPersistHeadersSettings: false,
      defaultEditorToolsVisibility: 'headers',
    });
  });
})();
`;

/** The text of the page's script, tabs included. */
export const IDE_SCRIPT = `const HEADERS = ${JSON.stringify(HEADERS)};\nconst TABS = ${JSON.stringify(IDE_TABS)};\n${BROWSER_SCRIPT}`;

/**
 * The page's own style. GraphiQL's tabs can be dragged; when their row changes its width while it loads, they are left
 * with a shift that is applied as soon as the mouse goes down, so that the tab jumps away from under the click.
 */
export const IDE_STYLE = `html, body, #root { height: 100%; margin: 0 }
.graphiql-tabs > [role='tab'] { transform: none !important }
`;
