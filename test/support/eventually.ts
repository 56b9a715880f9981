import { setTimeout as wait } from 'node:timers/promises';

const POLL_MS = 20;

/** Waits until the condition holds, asking again and again; for what another process or the database does in its own time. */
export async function eventually(condition: () => Promise<boolean> | boolean, withinMs = 20_000): Promise<void> {
  const giveUpAt = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > giveUpAt) throw new Error(`The condition did not come true within ${withinMs} ms.`);
    await wait(POLL_MS);
  }
}
