import { MUTANTS } from './model/mutants.js';
import { simulate } from './simulate.js';

const WORLDS = 1_000;
const PATIENCE_MS = 900_000;

const seen: string[] = [];
afterAll(() => {
  process.stdout.write(`Missing guards, the world that showed each and how:\n${seen.join('\n')}\n`);
});

describe('simulated worlds of a program with one guard less', () => {
  it.each(Object.entries(MUTANTS))(
    'show that %s is missing, by the rule that it keeps',
    async (name, { rule, ...program }) => {
      const { failure } = await simulate(1, WORLDS, { rule, ...program });
      expect(failure?.violations[0]).toMatch(rule);
      seen.push(`  ${name}: ${program.kind ?? 'any'} world ${failure?.seed}, ${failure?.violations[0]}`);
    },
    PATIENCE_MS,
  );
});
