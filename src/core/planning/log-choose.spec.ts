import { logChoose } from './log-choose.js';

/** By its definition, factor by factor. */
function slowly(all: number, chosen: number): number {
  let sum = 0;
  for (let i = 1; i <= chosen; i += 1) sum += Math.log(all - chosen + i) - Math.log(i);
  return sum;
}

describe('logChoose', () => {
  it.each([
    [5, 2, 10],
    [10, 10, 1],
    [10, 0, 1],
    [0, 0, 1],
    [1, 1, 1],
    [52, 5, 2_598_960],
  ])('of %i and %i is the logarithm of %i', (all, chosen, ways) => {
    expect(logChoose(all, chosen)).toBeCloseTo(Math.log(ways), 9);
  });

  it.each([
    [255, 100],
    [256, 100],
    [257, 1],
    [300, 299],
    [600, 300],
    [5_000, 255],
    [5_000, 256],
    [43_201, 1_000],
  ])('of %i and %i is what its factors make, across the bound of its table', (all, chosen) => {
    expect(Math.abs(logChoose(all, chosen) - slowly(all, chosen))).toBeLessThan(1e-7);
  });
});
