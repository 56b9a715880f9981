import { setTimeout as wait } from 'node:timers/promises';

/** What a server said in the end. */
export type Answer<Data> =
  | { readonly kind: 'done'; readonly data: Data; readonly askedAtMs: number; readonly answeredAtMs: number }
  /** Also when an earlier try did it and got no answer: then what was asked for may not be possible any more. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string; readonly askedAtMs: number }
  /** Nobody answered in time. */
  | { readonly kind: 'unanswered'; readonly askedAtMs: number };

interface GraphqlAnswer<Data> {
  readonly data?: Data | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

const TRY_MS = 4_000;
const PAUSE_MS = 150;
const PATIENCE_MS = 120_000;

/** Refusals that are about the moment and not about what was asked. */
const PASSING = new Set(['INTERNAL', 'INTERNAL_SERVER_ERROR', 'UNAVAILABLE']);

/**
 * A client that asks the next server when one does not answer. What it asks must be idempotent, because the one that did
 * not answer may have done it.
 */
export class PersistentClient {
  private turn = 0;

  constructor(
    private readonly servers: readonly string[],
    private readonly key: string,
    private readonly signal: AbortSignal,
  ) {}

  /** `answeredAtMs` is when the last answer came, `askedAtMs` when the first try began. */
  async ask<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Answer<Data>> {
    const askedAtMs = Date.now();
    const giveUpAtMs = performance.now() + PATIENCE_MS;
    while (performance.now() < giveUpAtMs && !this.signal.aborted) {
      const answer = await this.tryOnce<Data>(query, variables);
      const error = answer?.errors?.[0];
      if (answer?.data !== undefined && answer.data !== null && error === undefined)
        return { kind: 'done', data: answer.data, askedAtMs, answeredAtMs: Date.now() };
      const code = error?.extensions?.code;
      if (error && code !== undefined && !PASSING.has(code))
        return { kind: 'refused', code, message: error.message, askedAtMs };
      await wait(PAUSE_MS);
    }
    return { kind: 'unanswered', askedAtMs };
  }

  /** As ask, for what nothing can be said against. */
  async get<Data>(query: string, variables: Readonly<Record<string, unknown>> = {}): Promise<Data> {
    const answer = await this.ask<Data>(query, variables);
    if (answer.kind === 'done') return answer.data;
    throw new Error(`asked for ${query.slice(0, 60)}: ${JSON.stringify(answer)}`);
  }

  private async tryOnce<Data>(
    query: string,
    variables: Readonly<Record<string, unknown>>,
  ): Promise<GraphqlAnswer<Data> | undefined> {
    const server = this.servers[this.turn % this.servers.length] ?? '';
    try {
      const response = await fetch(`${server}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${this.key}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.any([this.signal, AbortSignal.timeout(TRY_MS)]),
      });
      return (await response.json()) as GraphqlAnswer<Data>;
    } catch {
      // Down, frozen or cut off: the next one.
      this.turn += 1;
      return undefined;
    }
  }
}
