/**
 * Under mutation a property is tried a fifth as often as it asks for and a hundred times at most, and always with the same
 * values: the score must not depend on luck, nor a mutant take a minute. A counterexample is not made smaller either,
 * nobody reads it.
 */
const MOST_RUNS = 100;

jest.mock('fast-check', () => {
  const actual = jest.requireActual('fast-check').default;
  actual.configureGlobal({ seed: 1, numRuns: MOST_RUNS, endOnFailure: true });
  const runsOf = (asked) => (asked === undefined ? MOST_RUNS : Math.min(Math.ceil(asked / 5), MOST_RUNS));
  const assert = (property, { numRuns, ...parameters } = {}) =>
    actual.assert(property, { ...parameters, numRuns: runsOf(numRuns) });
  const limited = { ...actual, assert };
  return { __esModule: true, ...limited, default: limited };
});
