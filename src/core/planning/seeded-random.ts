const { imul } = Math;

/** A stream of pseudo-random numbers that is the same for the same seed, on every machine. Not for secrets. */
export interface SeededRandom {
  /** Uniform in [0, 1), with 53 random bits. */
  uniform(): number;
  /** A whole number from 0 to `count` − 1, each as likely as the others but for 2⁻²⁶ at counts of a day's milliseconds. */
  below(count: number): number;
}

/**
 * The stream of a text. Different texts give independent streams, so that one seed serves several purposes under labels
 * (`seed + ':order'`, `seed + ':day:20000'`) and drawing more for one of them leaves the others as they are.
 *
 * The generator is xoshiro128** 1.1 (Blackman and Vigna, prng.di.unimi.it/xoshiro128starstar.c), seeded by a hash of 128
 * bits with the mixing of MurmurHash3 (cyrb128 of github.com/bryc/code). A stored seed gives the same plan only as long
 * as both stay as they are: seeded-random.spec.ts pins them.
 */
export function randomOf(text: string): SeededRandom {
  return randomFrom(hash128(text));
}

/** The generator from a state of four words of 32 bits that are not all 0. */
export function randomFrom(state: readonly [number, number, number, number]): SeededRandom {
  let [a, b, c, d] = state;
  const next = (): number => {
    const result = imul(rotateLeft(imul(b, 5), 7), 9);
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotateLeft(d, 11);
    return result >>> 0;
  };
  const uniform = (): number => ((next() >>> 5) * 67_108_864 + (next() >>> 6)) / 9_007_199_254_740_992;
  return { uniform, below: (count) => Math.floor(uniform() * count) };
}

/** The items in a random order, each order as likely as the others (Fisher and Yates, in Durstenfeld's form). */
export function shuffled<T>(random: SeededRandom, items: readonly T[]): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const item = order[last]!;
    order[last] = order[other]!;
    order[other] = item;
  }
  return order;
}

function hash128(text: string): [number, number, number, number] {
  let [a, b, c, d] = [1_779_033_703, 3_144_134_277, 1_013_904_242, 2_773_480_762];
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    a = b ^ imul(a ^ unit, 597_399_067);
    b = c ^ imul(b ^ unit, 2_869_860_233);
    c = d ^ imul(c ^ unit, 951_274_213);
    d = a ^ imul(d ^ unit, 2_716_044_179);
  }
  a = imul(c ^ (a >>> 18), 597_399_067);
  b = imul(d ^ (b >>> 22), 2_869_860_233);
  c = imul(a ^ (c >>> 17), 951_274_213);
  d = imul(b ^ (d >>> 19), 2_716_044_179);
  a ^= b ^ c ^ d;
  // Of the one state from which the generator never comes away there are 2⁻¹²⁸.
  return a === 0 && b === 0 && c === 0 && d === 0 ? [1, 0, 0, 0] : [a, b ^ a, c ^ a, d ^ a];
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
