import fc from 'fast-check';
import { randomFrom, randomOf, shuffled } from './seeded-random.js';

const words = (random: { uniform(): number }, count: number): number[] =>
  Array.from({ length: count }, () => Math.round(random.uniform() * 2 ** 53));

describe('a seeded stream', () => {
  it('is xoshiro128** 1.1: the first outputs of its C program from the state 1, 2, 3, 4', () => {
    const outputs = [
      11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804,
    ];
    const expected = [0, 2, 4, 6, 8].map((i) => (outputs[i]! >>> 5) * 2 ** 26 + (outputs[i + 1]! >>> 6));
    expect(words(randomFrom([1, 2, 3, 4]), 5)).toEqual(expected);
  });

  // A plan is recomputed from its stored seed: numbers that differ from these change the plans of all campaigns.
  it('gives a text the same numbers as ever', () => {
    expect(words(randomOf('spring'), 3)).toEqual([5130732345681097, 6649091183968982, 389915929345015]);
    expect(words(randomOf(''), 2)).toEqual([376294239782085, 899568485011105]);
    expect(words(randomOf('ação 🌱'), 2)).toEqual([8826168929580479, 4616161658093837]);
  });

  it('differs between texts that differ in one letter or in a label', () => {
    const firsts = Array.from({ length: 10_000 }, (_, day) => randomOf(`seed:day:${day}`).uniform());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('is uniform, also over the first numbers of neighbouring labels', () => {
    const counts = new Array<number>(100).fill(0);
    for (let day = 0; day < 50_000; day++) counts[randomOf(`seed:day:${day}`).below(100)]! += 1;
    const chiSquared = counts.reduce((sum, count) => sum + (count - 500) ** 2 / 500, 0);
    expect(chiSquared).toBeLessThan(160); // 99 degrees of freedom, p = 1e-4
  });

  it('draws whole numbers below a count, every one of a small count', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 86_400_000 }), (text, count) => {
        const drawn = randomOf(text).below(count);
        return Number.isInteger(drawn) && drawn >= 0 && drawn < count;
      }),
    );
    const random = randomOf('all');
    expect(new Set(Array.from({ length: 200 }, () => random.below(3)))).toEqual(new Set([0, 1, 2]));
  });
});

describe('shuffling', () => {
  it('keeps all items, leaves the input as it is, and depends on the stream only', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.string(), (items, seed) => {
        const before = [...items];
        const order = shuffled(randomOf(seed), items);
        expect(items).toEqual(before);
        expect([...order].sort((a, b) => a - b)).toEqual([...items].sort((a, b) => a - b));
        expect(shuffled(randomOf(seed), items)).toEqual(order);
      }),
    );
  });

  it('gives each order as often as the others', () => {
    const counts = new Map<string, number>();
    const random = randomOf('orders');
    for (let round = 0; round < 24_000; round++) {
      const order = shuffled(random, ['a', 'b', 'c', 'd']).join('');
      counts.set(order, (counts.get(order) ?? 0) + 1);
    }
    expect(counts.size).toBe(24);
    const chiSquared = [...counts.values()].reduce((sum, count) => sum + (count - 1_000) ** 2 / 1_000, 0);
    expect(chiSquared).toBeLessThan(57); // 23 degrees of freedom, p = 1e-4
  });
});
