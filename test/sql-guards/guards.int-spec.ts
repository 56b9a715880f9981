import { EQUIVALENTS } from './equivalents.js';
import { MUTANTS, SCENARIOS, type ScenarioName } from './mutants.js';
import { writingStatements, writingStatementsOf } from './named-statements.js';
import { firingInOneStatement } from './scenario-schedules.js';
import { asTable, type Outcome } from './table.js';
import { play } from './world.js';

const PATIENCE_MS = 60_000;
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

/** `npm run guards` tries them all; otherwise one of eight, and those that have been seen in the wild. */
const ALL = process.env['GUARDS'] === 'all';
const SEEN = ['a LIMIT that is computed once', 'the token in the reaper'];
const EVERY = 8;
const CASES = NAMES.flatMap((name) =>
  MUTANTS[name].map((mutant) => [mutant.guard, mutant.statement, name, mutant] as const),
).filter(([guard], place) => ALL || place % EVERY === 0 || SEEN.includes(guard));

const seen = new Set<string>();
const outcomes: Outcome[] = [];
afterAll(() => {
  if (ALL) process.stdout.write(asTable(outcomes));
});

describe('sixteen clients at once', () => {
  it.each(NAMES)(
    'violate nothing (%s)',
    async (name) => {
      expect(await play(SCENARIOS[name], null, seen)).toEqual([]);
    },
    PATIENCE_MS,
  );

  it.each(CASES)(
    'show that %s is missing in %s (%s)',
    async (_guard, _statement, name, mutant) => {
      const startedAt = performance.now();
      const violations = await play(SCENARIOS[name], mutant);
      outcomes.push({ mutant, scenario: name, violations, ms: performance.now() - startedAt });
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

  // Last, because it asks what the scenarios have sent.
  it('leave out no statement that writes or locks', () => {
    const written = writingStatements();
    expect(written.length).toBeGreaterThan(50);
    expect(written.filter((name) => !seen.has(name))).toEqual([]);
  });
});

describe('a statement that writes or locks', () => {
  it('is found in the source by its name', () => {
    const source = `
const READ = { name: 'a-read', text: 'SELECT 1' };
const LOCK = {
  name: 'a-lock',
  text: \`${'${READ.text}'} FOR UPDATE\`,
};
const WRITE = { name: 'a-write', text: 'UPDATE t SET a = 1' };
`;
    expect(writingStatementsOf(source)).toEqual(['a-lock', 'a-write']);
  });
});

(ALL ? describe : describe.skip)('a guard behind another', () => {
  it.each(EQUIVALENTS.map((equivalent) => [equivalent.mutant.guard, equivalent.mutant.statement, equivalent] as const))(
    'leaves nothing to be seen without %s in %s',
    async (_guard, _statement, { mutant, scenarios }) => {
      for (const name of scenarios) expect(await play(SCENARIOS[name], mutant)).toEqual([]);
    },
    PATIENCE_MS,
  );
});
