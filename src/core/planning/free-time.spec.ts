import fc from 'fast-check';
import { blockedTime, capacityOf, freeTime, joined, stretchAt, within, type Reservation } from './free-time.js';
import type { Stretch } from './free-time.js';

const END = 60;
const instants = Array.from({ length: END + 1 }, (_, at) => at);

const reservations: fc.Arbitrary<Reservation[]> = fc.array(
  fc
    .record({ atMs: fc.nat(END), length: fc.nat(6), spacingMs: fc.nat(8) })
    .map(({ atMs, length, spacingMs }) => ({ atMs, untilMs: atMs + length, spacingMs })),
  { maxLength: 6 },
);
/** Disjoint and rising, some of them touching. */
const stretches: fc.Arbitrary<Stretch[]> = fc
  .uniqueArray(fc.nat(END), { maxLength: 8 })
  .map((ends) => [...ends].sort((a, b) => a - b))
  .map((ends) =>
    Array.from({ length: ends.length >> 1 }, (_, i) => ({ fromMs: ends[2 * i]!, toMs: ends[2 * i + 1]! })),
  );

const holds = (some: readonly Stretch[], at: number): boolean => some.some((s) => s.fromMs <= at && at <= s.toMs);

describe('free time', () => {
  it('is what is open and far enough from every reservation, by the larger of both spacings', () => {
    fc.assert(
      fc.property(stretches, reservations, fc.nat(8), (open, reserved, spacingMs) => {
        const free = freeTime(open, blockedTime(reserved, spacingMs));
        for (const at of instants) {
          const isFar = reserved.every((r) => {
            const distance = Math.max(spacingMs, r.spacingMs);
            return at <= r.atMs - distance || at >= r.untilMs + distance;
          });
          expect([at, holds(free, at)]).toEqual([at, holds(open, at) && isFar]);
        }
        free.forEach((stretch, i) => expect(stretch.fromMs).toBeGreaterThan(free[i - 1]?.toMs ?? -1));
        free.forEach((stretch) => expect(stretch.toMs).toBeGreaterThanOrEqual(stretch.fromMs));
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it('does not depend on the order of the reservations', () => {
    fc.assert(
      fc.property(reservations, fc.nat(8), (reserved, spacingMs) => {
        expect(blockedTime([...reserved].reverse(), spacingMs)).toEqual(blockedTime(reserved, spacingMs));
      }),
    );
  });

  it('keeps the one instant between two reservations that are exactly two spacings apart', () => {
    const around = (atMs: number): Reservation => ({ atMs, untilMs: atMs, spacingMs: 0 });
    expect(freeTime([{ fromMs: 0, toMs: 60 }], blockedTime([around(10), around(30)], 10))).toEqual([
      { fromMs: 0, toMs: 0 },
      { fromMs: 20, toMs: 20 },
      { fromMs: 40, toMs: 60 },
    ]);
  });

  it('is left whole by a reservation that asks for no distance, and by one outside', () => {
    const whole = [{ fromMs: 0, toMs: 60 }];
    expect(freeTime(whole, blockedTime([{ atMs: 30, untilMs: 30, spacingMs: 0 }], 0))).toEqual(whole);
    expect(freeTime(whole, blockedTime([{ atMs: 70, untilMs: 80, spacingMs: 10 }], 5))).toEqual(whole);
    expect(freeTime(whole, blockedTime([{ atMs: -20, untilMs: -10, spacingMs: 10 }], 5))).toEqual(whole);
  });
});

describe('the capacity', () => {
  /** The longest row of instants, by trying for each whether it is the last. */
  function longestRow(free: readonly Stretch[], spacingMs: number): number {
    const best: number[] = [];
    for (const at of instants) {
      const before = best.slice(0, Math.max(0, at - spacingMs + 1));
      best[at] = holds(free, at) ? 1 + Math.max(0, ...before) : 0;
    }
    return Math.max(0, ...best);
  }

  it('is the greatest number of slots that keep the spacing, also over stretches that are close to each other', () => {
    fc.assert(
      fc.property(stretches, fc.integer({ min: 1, max: 20 }), (free, spacingMs) => {
        expect(capacityOf(free, spacingMs)).toBe(longestRow(free, spacingMs));
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });

  it('is 721 from 08:00 to 20:00 at a minute, and without bound at no spacing', () => {
    expect(capacityOf([{ fromMs: 0, toMs: 43_200_000 }], 60_000)).toBe(721);
    expect(capacityOf([{ fromMs: 0, toMs: 0 }], 0)).toBe(Infinity);
    expect(capacityOf([], 0)).toBe(0);
  });
});

describe('stretches', () => {
  it('become one where no instant lies between them', () => {
    fc.assert(
      fc.property(stretches, (some) => {
        const whole = joined(some);
        for (const at of instants) expect(holds(whole, at)).toBe(holds(some, at));
        whole.forEach((stretch, i) => expect(stretch.fromMs).toBeGreaterThan((whole[i - 1]?.toMs ?? -2) + 1));
      }),
    );
    expect(joined([{ fromMs: 0, toMs: 4 }, { fromMs: 5, toMs: 9 }])).toEqual([{ fromMs: 0, toMs: 9 }]); // prettier-ignore
  });

  it('are cut to another one', () => {
    fc.assert(
      fc.property(stretches, fc.nat(END), fc.nat(END), (some, a, b) => {
        const limits = { fromMs: Math.min(a, b), toMs: Math.max(a, b) };
        const cut = within(some, limits);
        for (const at of instants) expect(holds(cut, at)).toBe(holds(some, at) && holds([limits], at));
      }),
    );
  });

  it('are found by an instant that they hold', () => {
    fc.assert(
      fc.property(stretches, (some) => {
        for (const stretch of some) {
          expect(stretchAt(some, stretch.fromMs)).toBe(stretch);
          expect(stretchAt(some, stretch.toMs)).toBe(stretch);
        }
      }),
    );
  });
});
