import fc from 'fast-check';
import { variationFor } from './choose-variation.js';

describe('variationFor', () => {
  it('is none when there are no variations', () => {
    expect(variationFor(7, 0)).toBeNull();
  });

  it('uses each variation equally often, to within one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5 }), fc.nat(500), (count, deliveries) => {
        const uses = new Array<number>(count).fill(0);
        for (let ordinal = 0; ordinal < deliveries; ordinal += 1) {
          const index = variationFor(ordinal, count);
          uses[index!]! += 1;
        }
        expect(Math.max(...uses) - Math.min(...uses)).toBeLessThanOrEqual(1);
      }),
    );
  });

  it.each([
    [-1, 3],
    [0.5, 3],
    [1, -1],
    [1, NaN],
  ])('throws for ordinal %p of %p', (ordinal, count) => {
    expect(() => variationFor(ordinal, count)).toThrow('variation');
  });
});
