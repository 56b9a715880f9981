import { scenarioOf, simulate } from './simulate.js';
import { playScenario } from './world.js';

/** A tenth of a second each at most; `npm run simulate` plays more of them. */
const WORLDS = 1_000;
const PATIENCE_MS = 900_000;

describe('simulated worlds', () => {
  it(
    'break no rule, whatever goes wrong in them',
    async () => {
      const { failure, worlds, effects } = await simulate(1, WORLDS);
      expect(failure).toBeUndefined();
      expect(worlds).toBe(WORLDS);
      expect(effects).toBeGreaterThan(WORLDS);
    },
    PATIENCE_MS,
  );

  it('are the same for the same seed', async () => {
    for (const seed of [3, 7, 30]) {
      expect(await playScenario(scenarioOf(seed))).toEqual(await playScenario(scenarioOf(seed)));
    }
  });
});
