import { zoneOf } from '../../../test/support/core/explanation-facts.js';
import { instantOutside, minuteOfDay } from './minute-of-day.js';
import { randomOf } from './seeded-random.js';

const UTC = zoneOf('UTC');
const MINUTE = 60_000;
const START = Date.parse('2026-05-04T10:00:30Z');

describe('the minute of the day', () => {
  it.each([
    ['UTC', '2026-05-04T00:00:00Z', 0],
    ['UTC', '2026-05-04T23:59:59.999Z', 1_439],
    ['America/Cuiaba', '2026-05-04T03:59:59Z', 1_439],
    ['America/Cuiaba', '2026-05-04T04:00:00Z', 0],
    ['Asia/Kathmandu', '2026-05-04T00:00:00Z', 345],
    ['UTC', '1969-12-31T23:58:00Z', 1_438],
  ])('in %s at %s is %i', (name, at, minute) => {
    expect(minuteOfDay(zoneOf(name), Date.parse(at))).toBe(minute);
  });
});

describe('an instant outside of the taken minutes', () => {
  const draw = (seed: string, toMs: number, taken: readonly number[]) =>
    instantOutside(randomOf(seed), UTC, { fromMs: START, toMs }, new Set(taken));
  const seeds = Array.from({ length: 400 }, (_, index) => `seed ${index}`);

  it('does not exist when all minutes of the stretch are taken', () => {
    expect(draw('any', START + MINUTE, [600, 601])).toBeNull();
    expect(draw('any', START, [600])).toBeNull();
  });

  it('is the only one that is left', () => {
    expect(draw('any', START, [])).toBe(START);
    // Up to 10:01:00.000, of which only the minute 10:00 is taken.
    expect(draw('any', START + MINUTE / 2, [600])).toBe(START + MINUTE / 2);
    // Both ends belong to the stretch.
    expect(new Set(seeds.map((seed) => draw(seed, START + 1, [])))).toEqual(new Set([START, START + 1]));
  });

  it('is never in a minute beside its own, be they as short as they can be', () => {
    // The last millisecond of 10:00, all of 10:01 (taken), the first millisecond of 10:02.
    const [before, after] = [START + MINUTE / 2 - 1, START + MINUTE / 2 + MINUTE];
    const drawn = seeds.map((seed) =>
      instantOutside(randomOf(seed), UTC, { fromMs: before, toMs: after }, new Set([601])),
    );
    expect(new Set(drawn)).toEqual(new Set([before, after]));
  });

  it('lies in the stretch and in none of them, in each of the others about as often as it is long', () => {
    // 30 s of 10:00, all of 10:01 (taken), all of 10:02, and 10:03:00.000 to 10:03:30.000.
    const drawn = seeds.map((seed) => draw(seed, START + 3 * MINUTE, [601])!);
    const counts = new Map<number, number>();
    for (const at of drawn) {
      expect(at).toBeGreaterThanOrEqual(START);
      expect(at).toBeLessThanOrEqual(START + 3 * MINUTE);
      counts.set(minuteOfDay(UTC, at), (counts.get(minuteOfDay(UTC, at)) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([600, 602, 603]);
    expect(Math.abs(counts.get(602)! - 200)).toBeLessThan(50);
    expect(Math.abs(counts.get(600)! - 100)).toBeLessThan(50);
  });
});
