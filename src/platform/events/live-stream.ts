import type { EventSubscription } from './event-bus.js';
import type { Resync, TenantEvent } from './event.js';

/** How often a stream in which nothing happens asks whether it may go on. */
const ASK_EVERY_MS = 2_500;

/** Whether the reader of a stream may still read it. */
export interface StreamGuard {
  isAllowed(): Promise<boolean>;
  /** What a reader is told who may not. */
  refusal(): Error;
}

/** What a subscription of the API iterates over; `return` and `throw` end it at once, also while a `next` waits. */
export interface LiveStream<T> extends AsyncIterableIterator<T> {
  return(): Promise<IteratorResult<T>>;
  throw(error?: unknown): Promise<IteratorResult<T>>;
}

/**
 * Turns events into what `resolve` makes of them, batch by batch: what came while the reader was busy is resolved
 * together. Before each item, and every few seconds while there is none, the guard is asked; its no ends the
 * stream with its refusal. Whichever way it ends, the subscription is released.
 *
 * Not a plain async generator: the `return` of one waits until its pending `next` is answered, which for a stream
 * without events is never.
 */
export function openStream<E extends TenantEvent, T>(
  events: EventSubscription<E>,
  guard: StreamGuard,
  resolve: (signals: readonly (E | Resync)[]) => AsyncIterable<T>,
): LiveStream<T> {
  let isRefused = false;
  const ask = (): void => {
    guard.isAllowed().then(
      (allowed) => {
        isRefused = !allowed;
        if (isRefused) void events.return();
      },
      // Nobody can tell at this moment: nothing is told without an answer, and the next question is near.
      () => undefined,
    );
  };

  async function* items(): AsyncGenerator<T> {
    const asking = setInterval(ask, ASK_EVERY_MS);
    try {
      for (let next = await events.next(); next.done !== true; next = await events.next()) {
        for await (const item of resolve([next.value, ...events.takeBuffered()])) {
          if (!(await guard.isAllowed())) throw guard.refusal();
          yield item;
        }
      }
      if (isRefused) throw guard.refusal();
    } finally {
      clearInterval(asking);
      await events.return();
    }
  }

  const generator = items();
  const release = async (): Promise<IteratorResult<T>> => {
    await events.return();
    return generator.return(undefined);
  };
  return {
    next: () => generator.next(),
    return: release,
    throw: async (error?: unknown) => {
      await release();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
