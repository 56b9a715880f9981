import fc from 'fast-check';
import { countTables } from './count-tables.js';
import { drawSlotsInOrder } from './draw-slots-in-order.js';
import { drawSlots } from './draw-slots.js';
import { capacityOf, type Stretch } from './free-time.js';
import { randomOf, type SeededRandom } from './seeded-random.js';
import { drawBySums, slotCounts } from './slot-counts.js';

const stretch = (fromMs: number, toMs: number): Stretch => ({ fromMs, toMs });
const MINUTE = 60_000;

/** Of that many degrees of freedom, one chi-squared in ten thousand is larger (Wilson and Hilferty). */
function critical(degrees: number): number {
  const spread = 2 / (9 * degrees);
  return degrees * (1 - spread + 3.719 * Math.sqrt(spread)) ** 3;
}

/** Every arrangement of `count` instants of the free time that keeps the spacing. */
function arrangements(free: readonly Stretch[], count: number, spacingMs: number, fromMs = -Infinity): number[][] {
  if (count === 0) return [[]];
  const instants = free.flatMap(({ fromMs: first, toMs }) =>
    Array.from({ length: toMs - first + 1 }, (_, i) => first + i),
  );
  return instants
    .filter((at) => at >= fromMs)
    .flatMap((at) => arrangements(free, count - 1, spacingMs, at + spacingMs).map((rest) => [at, ...rest]));
}

/** Chi-squared of many draws against equal shares of all arrangements; Infinity for a draw that is none of them. */
function spreadOver(all: readonly number[][], rounds: number, draw: () => readonly number[]): number {
  const counts = new Map(all.map((arrangement) => [arrangement.join(), 0]));
  for (let round = 0; round < rounds; round++) {
    const drawn = draw().join();
    const count = counts.get(drawn);
    if (count === undefined) return Infinity;
    counts.set(drawn, count + 1);
  }
  const share = rounds / all.length;
  return [...counts.values()].reduce((sum, count) => sum + (count - share) ** 2 / share, 0);
}

/** Sorted uniforms, until they keep the spacing: what the drawing must be like, with nothing clever about it. */
function drawByRejection(random: SeededRandom, free: readonly Stretch[], count: number, spacingMs: number): number[] {
  const all = free.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs + 1, 0);
  for (;;) {
    const slots = Array.from({ length: count }, () => {
      let place = random.below(all);
      for (const { fromMs, toMs } of free) {
        if (place <= toMs - fromMs) return fromMs + place;
        place -= toMs - fromMs + 1;
      }
      throw new Error('a place beyond the free time');
    }).sort((a, b) => a - b);
    if (slots.every((slot, i) => i === 0 || slot - slots[i - 1]! >= spacingMs)) return slots;
  }
}

const places: readonly (readonly [string, Stretch[], number, number])[] = [
  ['one stretch', [stretch(0, 24)], 3, 6],
  ['one stretch that is nearly full', [stretch(0, 20)], 4, 6],
  ['one stretch, spacing of 1', [stretch(0, 9)], 3, 1],
  ['two stretches', [stretch(0, 12), stretch(20, 26)], 3, 4],
  ['three stretches of which one is an instant', [stretch(0, 9), stretch(14, 14), stretch(20, 31)], 4, 5],
  ['many stretches, one slot less than they hold', [0, 10, 20, 30, 40].map((at) => stretch(at, at + (at % 4))), 4, 5],
  ['two stretches closer than the spacing', [stretch(0, 10), stretch(13, 22)], 3, 6],
  ['three that are close and one that is not', [stretch(0, 4), stretch(6, 8), stretch(10, 13), stretch(25, 33)], 3, 5],
];

describe('drawing slots', () => {
  it.each(places)('gives every arrangement in %s as often as the others', (_, free, count, spacingMs) => {
    const all = arrangements(free, count, spacingMs);
    const random = randomOf('every');
    const spread = spreadOver(all, Math.max(10_000, 20 * all.length), () => drawSlots(random, free, count, spacingMs));
    expect(spread).toBeLessThan(critical(all.length - 1));
  });

  it('without a spacing, puts each slot anywhere by itself', () => {
    const free = [stretch(0, 2), stretch(10, 11)];
    const random = randomOf('each');
    const counts = new Map<string, number>();
    for (let round = 0; round < 25_000; round++) {
      const slots = drawSlots(random, free, 2, 0).join();
      counts.set(slots, (counts.get(slots) ?? 0) + 1);
    }
    // Of 25 ordered pairs two give the same rising pair, unless both are the same instant.
    const spread = [...counts].reduce((sum, [pair, count]) => {
      const [a, b] = pair.split(',');
      const share = a === b ? 1_000 : 2_000;
      return sum + (count - share) ** 2 / share;
    }, 0);
    expect(counts.size).toBe(15);
    expect(spread).toBeLessThan(critical(14));
  });

  const days: readonly (readonly [string, Stretch[], number, number])[] = [
    ['a day', [stretch(0, 12 * 60 * MINUTE)], 4, 90 * MINUTE],
    ['a day around three reservations', [[0, 200], [330, 420], [480, 480], [540, 720]].map(([a, b]) => stretch(a! * MINUTE, b! * MINUTE)), 4, 30 * MINUTE], // prettier-ignore
    ['a day with a hole', [stretch(0, 300 * MINUTE), stretch(340 * MINUTE, 720 * MINUTE)], 4, 60 * MINUTE],
  ];

  it.each(days)('on %s, is like uniform instants that happen to keep the spacing', (_, free, count, spacingMs) => {
    const [random, oracle] = [randomOf('drawn'), randomOf('rejected')];
    const rounds = 20_000;
    const bins = 24;
    const last = free.at(-1)!.toMs + 1;
    // Where each of the slots lies, first to last, and which of them lie before the middle of the day.
    const cellsOf = (slots: readonly number[]): string[] => [
      ...slots.map((slot, i) => `${i}:${Math.floor((slot / last) * bins)}`),
      `shape:${slots.map((slot) => Math.floor((slot / last) * 4)).join('')}`,
    ];
    const counts = new Map<string, [number, number]>();
    for (let round = 0; round < rounds; round++) {
      const both = [drawSlots(random, free, count, spacingMs), drawByRejection(oracle, free, count, spacingMs)];
      both.forEach((slots, which) => {
        for (const cell of cellsOf(slots)) {
          const pair = counts.get(cell) ?? [0, 0];
          pair[which]! += 1;
          counts.set(cell, pair);
        }
      });
    }
    for (const feature of [...Array(count).keys()].map(String).concat('shape')) {
      const pairs = [...counts].filter(([cell]) => cell.startsWith(`${feature}:`)).map(([, pair]) => pair);
      const spread = pairs.reduce((sum, [a, b]) => sum + (a - b) ** 2 / (a + b), 0);
      expect([feature, spread < critical(pairs.length - 1)]).toEqual([feature, true]);
    }
  });
});

describe('the counts of slots in stretches', () => {
  const lengths = [12, 0, 7, 30, 3];
  const [count, spacingMs] = [6, 5];

  /** Every way to share out the slots, with the number of arrangements that it has. */
  function exactShares(): Map<string, number> {
    const shares = new Map<string, number>();
    const share = (counts: readonly number[], ways: number): void => {
      const left = count - counts.reduce((sum, own) => sum + own, 0);
      if (counts.length === lengths.length) {
        if (left === 0) shares.set(counts.join(), ways);
        return;
      }
      for (let own = 0; own <= left; own++) {
        const own_ways = arrangements([stretch(0, lengths[counts.length]!)], own, spacingMs).length;
        if (own_ways > 0) share([...counts, own], ways * own_ways);
      }
    };
    share([], 1);
    return shares;
  }

  const { tables } = countTables(lengths, count, spacingMs);
  const samplers: readonly (readonly [string, (random: SeededRandom) => number[]])[] = [
    ['drawn until their sum fits', slotCounts(lengths, count, spacingMs)],
    ['drawn by sums', (random) => drawBySums(tables, count, random)],
  ];
  it.each(samplers)('have the exact probabilities when %s', (_, draw) => {
    const random = randomOf('counts');
    const shares = exactShares();
    const total = [...shares.values()].reduce((sum, ways) => sum + ways, 0);
    const rounds = 50_000;
    const drawn = new Map<string, number>();
    for (let round = 0; round < rounds; round++) {
      const counts = draw(random).join();
      drawn.set(counts, (drawn.get(counts) ?? 0) + 1);
    }
    for (const counts of drawn.keys()) expect(shares.has(counts)).toBe(true);
    const frequent = [...shares].filter(([, ways]) => (rounds * ways) / total >= 5);
    const spread = frequent.reduce((sum, [counts, ways]) => {
      const share = (rounds * ways) / total;
      return sum + ((drawn.get(counts) ?? 0) - share) ** 2 / share;
    }, 0);
    expect(spread).toBeLessThan(critical(frequent.length - 1));
  });

  it('are as many as are wanted and no more than fit, at any size and up to the last slot', () => {
    const cases = fc
      .record({
        lengths: fc.array(fc.oneof(fc.constant(0), fc.nat(5_000), fc.nat(86_400_000)), { minLength: 1, maxLength: 40 }),
        spacingMs: fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1_000, max: 86_400_000 })),
        fill: fc.oneof(fc.constant(1), fc.double({ min: 0, max: 1, noNaN: true })),
        fewer: fc.nat(2),
      })
      .map(({ lengths, spacingMs, fill, fewer }) => {
        const most = lengths.map((length) => Math.floor(length / spacingMs) + 1);
        const capacity = most.reduce((sum, own) => sum + own, 0);
        return { lengths, spacingMs, most, count: Math.max(0, Math.min(3_000, Math.floor(fill * capacity)) - fewer) };
      });
    fc.assert(
      fc.property(cases, fc.string(), ({ lengths, spacingMs, most, count }, seed) => {
        const counts = slotCounts(lengths, count, spacingMs)(randomOf(seed));
        expect(counts.reduce((sum, own) => sum + own, 0)).toBe(count);
        expect(counts.every((own, i) => own >= 0 && own <= most[i]!)).toBe(true);
      }),
      { numRuns: 300, seed: 1 },
    );
  });
});

describe('drawing slots one after the other', () => {
  it('is uniform over the arrangements of one stretch, but for rounding', () => {
    const free = [stretch(0, 100_000)];
    const random = randomOf('in order');
    // The first of three slots with room R for all has the density 3(1 − x/R)² / R; the others likewise by their order.
    const room = 100_000 - 2 * 20_000;
    const counts = new Array<number>(20).fill(0);
    const rounds = 20_000;
    for (let round = 0; round < rounds; round++) {
      const slots = drawSlotsInOrder(random, free, 3, 20_000);
      // All three reduced instants are uniform taken together.
      slots.forEach((slot, i) => (counts[Math.min(19, Math.floor(((slot - i * 20_000) / room) * 20))]! += 1));
    }
    const share = (3 * rounds) / 20;
    expect(counts.reduce((sum, own) => sum + (own - share) ** 2 / share, 0)).toBeLessThan(critical(19));
  });

  it('always finds room when there is some, and keeps the spacing', () => {
    const time = fc
      .uniqueArray(fc.nat(400), { minLength: 2, maxLength: 16 })
      .map((ends) => [...ends].sort((a, b) => a - b))
      .map((ends) => Array.from({ length: ends.length >> 1 }, (_, i) => stretch(ends[2 * i]!, ends[2 * i + 1]!)));
    fc.assert(
      fc.property(time, fc.integer({ min: 1, max: 60 }), fc.nat(), fc.string(), (free, spacingMs, fewer, seed) => {
        const capacity = capacityOf(free, spacingMs);
        const count = Math.max(1, capacity - (fewer % capacity));
        for (const draw of [drawSlotsInOrder, drawSlots]) {
          const slots = draw(randomOf(seed), free, count, spacingMs);
          expect(slots).toHaveLength(count);
          expect(slots.every((slot) => free.some(({ fromMs, toMs }) => fromMs <= slot && slot <= toMs))).toBe(true);
          expect(slots.every((slot, i) => slot - (slots[i - 1] ?? -Infinity) >= spacingMs)).toBe(true);
        }
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });
});
