import { EQUIVALENTS } from './equivalents.js';
import { IN_SHORT } from './in-short.js';
import { isMeant } from './mutated-database.js';
import { MUTANTS, SCENARIOS, type ScenarioName } from './mutants.js';
import { writingStatements, writingStatementsOf } from './named-statements.js';
import { firingInOneStatement } from './scenario-schedules.js';
import { asTable, type Outcome } from './table.js';
import { play } from './world.js';

const PATIENCE_MS = 60_000;
const NAMES = Object.keys(SCENARIOS) as ScenarioName[];

const ALL = process.env['GUARDS'] === 'all';
const EVERY_CASE = NAMES.flatMap((name) =>
  MUTANTS[name].map((mutant) => [mutant.guard, mutant.statement, name, mutant] as const),
);
const CASES = EVERY_CASE.filter(([guard, statement]) => ALL || IN_SHORT[statement] === guard);

/** What PostgreSQL says of a statement that it cannot read or whose parameters do not fit: that proves nothing. */
const UNREADABLE = /failed (08|42)/;

const seen = new Map<string, string>();
const outcomes: Outcome[] = [];
afterAll(() => {
  if (ALL) process.stdout.write(asTable(outcomes));
});

describe('guarded statements, under sixteen clients at once or one that comes too late', () => {
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
      expect(violations.join('\n')).not.toMatch(UNREADABLE);
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

  // Last, because they ask what the scenarios have sent.
  it('are what every mutant fits, also those that are not tried with each change', () => {
    const mutants = [...EVERY_CASE.map(([, , , mutant]) => mutant), ...EQUIVALENTS.map(({ mutant }) => mutant)];
    const fits = (mutant: (typeof mutants)[number]): boolean =>
      [...seen].some(([name, text]) => isMeant(mutant, name) && mutant.mutate(text) !== text);
    expect(mutants.filter((mutant) => !fits(mutant)).map(({ statement, guard }) => `${statement}: ${guard}`)).toEqual(
      [],
    );
  });

  it('leave out no statement that writes or locks', () => {
    const written = writingStatements();
    expect(written.length).toBeGreaterThan(50);
    expect(written.filter((name) => !seen.has(name))).toEqual([]);
  });
});

describe('a statement that writes or locks', () => {
  it('has a guard that is left out once', () => {
    const tried = new Set([
      ...EVERY_CASE.map(([, statement]) => statement),
      ...EQUIVALENTS.map((one) => one.mutant.statement),
    ]);
    expect(writingStatements().filter((name) => !tried.has(name))).toEqual([]);
  });

  it('has one that is left out with each change, if it claims, intends, records or reaps', () => {
    const short = new Set(CASES.map(([, statement]) => statement));
    expect(Object.keys(IN_SHORT).filter((statement) => !short.has(statement))).toEqual([]);
    const dispatching = writingStatements().filter((name) => name.startsWith('dispatch-'));
    expect(dispatching.filter((name) => !short.has(name))).toEqual([]);
  });

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

// Minutes of attempts that show nothing, which `npm run guards` makes: what `npm test` has to show is what bites.
(ALL ? describe : describe.skip)('a guard behind another', () => {
  it.each(EQUIVALENTS.map((equivalent) => [equivalent.mutant.guard, equivalent.mutant.statement, equivalent] as const))(
    'leaves nothing to be seen without %s in %s',
    async (_guard, _statement, { mutant, scenarios }) => {
      for (const name of scenarios) expect(await play(SCENARIOS[name], mutant)).toEqual([]);
    },
    PATIENCE_MS,
  );
});
