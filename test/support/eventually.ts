import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;

/**
 * Waits until the condition holds, asking again and again; for what another process or the database does in its own
 * time. It holds when it neither returns false nor throws, so it may be an expectation; the last failure is what a test
 * shows when time is up.
 */
export async function eventually(condition: () => unknown, withinMs = 20_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  for (;;) {
    const failure = await failureOf(condition);
    if (failure === undefined) return;
    if (performance.now() > giveUpAt) throw failure;
    await wait(POLL_MS);
  }
}

async function failureOf(condition: () => unknown): Promise<Error | undefined> {
  try {
    const held = await condition();
    return held === false ? new Error('The condition did not come true in time.') : undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
