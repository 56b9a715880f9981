import { MUTANTS, SCENARIOS, type ScenarioName } from './mutants.js';
import { firingInOneStatement } from './scenario-schedules.js';
import { play } from './world.js';

const PATIENCE_MS = 60_000;
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** `npm run guards` tries them all; otherwise one of three, and those that have been seen in the wild. */
const ALL = process.env['GUARDS'] === 'all';
const SEEN = ['a LIMIT that is computed once', 'the token in the reaper'];
const CASES = NAMES.flatMap((name) =>
  MUTANTS[name].map((mutant) => [mutant.guard, mutant.statement, name, mutant] as const),
).filter(([guard], place) => ALL || place % 3 === 0 || SEEN.includes(guard));

describe('sixteen clients at once', () => {
  it.each(NAMES)(
    'violate nothing (%s)',
    async (name) => {
      expect(await play(SCENARIOS[name], null)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.each(CASES)(
    'show that %s is missing in %s (%s)',
    async (_guard, _statement, name, mutant) => {
      const violations = await play(SCENARIOS[name], mutant);
      expect(violations).not.toEqual([]);
      // A mutant that no longer fits its statement fails as well, and proves nothing.
      expect(violations.join('\n')).not.toContain('has no such guard any more');
      expect(violations.join('\n')).not.toMatch(/failed 42/);
    },
    PATIENCE_MS,
  );

  it(
    'show that a lock and a guard of the version in one statement lose runs',
    async () => {
      expect(await play(firingInOneStatement, null)).not.toEqual([]);
    },
    PATIENCE_MS,
  );
});
