import { createClient, type Client } from 'graphql-ws';
import WebSocket from 'ws';

/** A running Pontual server. */
export interface Server {
  readonly url: string;
  readonly key: string;
}

/** One query or mutation over HTTP; throws with the server's words when it is refused. */
export async function ask<Data>(server: Server, query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${server.key}` },
    body: JSON.stringify({ query, variables }),
  });
  const answer = (await response.json()) as { data: Data | null; errors?: { message: string }[] };
  if (answer.errors || answer.data === null) {
    throw new Error((answer.errors ?? []).map((error) => error.message).join('\n') || `HTTP ${response.status}`);
  }
  return answer.data;
}

/** A WebSocket for subscriptions. */
export function openSocket(server: Server): Client {
  return createClient({
    url: `${server.url.replace(/^http/, 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${server.key}` },
  });
}
