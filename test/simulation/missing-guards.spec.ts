import { MUTANTS } from './model/mutants.js';
import { simulate } from './simulate.js';

const WORLDS = 1_000;
const PATIENCE_MS = 900_000;

/** Where to begin for what few worlds show, so that nobody waits for the others. */
const FROM: Readonly<Record<string, number>> = {
  'the token in the reaper': 570,
  'the lock under which an intent reads its schedule': 400,
  'the lock of a lane': 390,
};

describe('simulated worlds of a program with one guard less', () => {
  it.each(Object.entries(MUTANTS))(
    'show that %s is missing',
    async (name, repositories) => {
      const { failure } = await simulate(FROM[name] ?? 1, WORLDS, { repositories });
      expect(failure).toBeDefined();
    },
    PATIENCE_MS,
  );
});
