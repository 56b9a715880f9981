import { PlanAge } from './plan-age.js';

/** After which of so many statements of `rows` rows each the plans were too old. */
function renewals(statements: number, rows: number): number[] {
  const age = new PlanAge();
  const values = [7, 'a word', Array.from({ length: rows }, () => 'x'), ['one']];
  return Array.from({ length: statements }, (_, index) => index + 1).filter(() => age.isOverWith(values));
}

describe("the age of a connection's plans", () => {
  it('is over after the first hundred rows, and each time that they have doubled', () => {
    expect(renewals(100, 10)).toEqual([10, 20, 40, 80]);
  });

  it('counts the rows of the longest list', () => {
    expect(renewals(3, 99)).toEqual([2]);
    expect(renewals(1, 100)).toEqual([1]);
  });

  it('does not grow by statements that look up one thing, or nothing', () => {
    const age = new PlanAge();
    const over = Array.from({ length: 1_000 }, () => age.isOverWith([]) || age.isOverWith(['a word', 7, null, []]));
    expect(over).not.toContain(true);
  });
});
