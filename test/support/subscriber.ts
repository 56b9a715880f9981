import { createClient, type Client } from 'graphql-ws';
import { WebSocket } from 'ws';

/** What one message of a subscription carries. */
export interface StreamResult<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: Readonly<Record<string, unknown>> }[];
}

/** A client on a WebSocket of its own, which is opened when the first operation begins. */
export interface Subscriber {
  /** The messages of an operation. An error that ends it is thrown from `next`. */
  iterate<Data>(query: string, variables?: Record<string, unknown>): AsyncIterableIterator<StreamResult<Data>>;
  close(): Promise<void>;
}

/** Connects as a browser would: graphql-transport-ws at /graphql, the key in connection_init. */
export function subscriber(url: string, key: string): Subscriber {
  const client: Client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 0,
  });
  return {
    iterate: <Data>(query: string, variables: Record<string, unknown> = {}) =>
      client.iterate<Data>({ query, variables }) as AsyncIterableIterator<StreamResult<Data>>,
    close: async () => client.dispose(),
  };
}
