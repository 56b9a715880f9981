import fc from 'fast-check';
import { hours, lanePolicy } from '../../../test/support/core/explanation-facts.js';
import { dayNumberAt } from '../openings/openings.js';
import { busyBlocks, type BusyLane } from './busy-blocks.js';
import { sustainedSpacingMs, type ReadyGroup } from './channel-load.js';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Monday, 4 May 2026, 09:00 in Cuiabá. */
const AT = Date.parse('2026-05-04T13:00:00Z');
const TODAY = dayNumberAt(hours().zone, AT);

/** A channel of one message a second, five at once, at any hour; the present is a day before. */
function aLane(lane: Partial<BusyLane> = {}): BusyLane {
  const pace = lanePolicy({ perMinute: 60, burst: 5 });
  return { pace, hours: hours(), dailyCap: null, fromMs: AT - DAY, endMs: AT + 30 * DAY, roundMs: SECOND, ...lane };
}

const group = (count: number, readyMs = AT, priority = 0): ReadyGroup => ({ readyMs, count, priority });
const perDay = (most: number, used: readonly (readonly [number, number])[] = []) => ({
  zone: hours().zone,
  perDay: most,
  used: new Map(used),
});

describe('deliveries that become ready together', () => {
  it('keep a channel busy for what its burst leaves', () => {
    expect(busyBlocks([group(8)], aLane())).toEqual([{ atMs: AT, untilMs: AT + 3 * SECOND, count: 8 }]);
    expect(busyBlocks([group(5)], aLane())).toEqual([{ atMs: AT, untilMs: AT, count: 5 }]);
    expect(busyBlocks([group(0)], aLane())).toEqual([]);
  });

  it('go one by one when messages need a distance', () => {
    const pace = lanePolicy({ perMinute: 60, burst: 5, minSpacingSeconds: 30 });
    expect(busyBlocks([group(3)], aLane({ pace }))).toEqual([{ atMs: AT, untilMs: AT + MINUTE, count: 3 }]);
  });

  it('queue one behind the other, with no burst again until the channel had time to rest', () => {
    const blocks = busyBlocks([group(8), group(8, AT + SECOND), group(8, AT + HOUR)], aLane());
    expect(blocks).toEqual([
      { atMs: AT, untilMs: AT + 3 * SECOND, count: 8 },
      { atMs: AT + 4 * SECOND, untilMs: AT + 11 * SECOND, count: 8 },
      { atMs: AT + HOUR, untilMs: AT + HOUR + 3 * SECOND, count: 8 },
    ]);
    const after = busyBlocks([group(5), group(5, AT + 3 * SECOND)], aLane());
    expect(after[1]).toEqual({ atMs: AT + 3 * SECOND, untilMs: AT + 5 * SECOND, count: 5 });
  });

  it('of one instant go by priority', () => {
    expect(busyBlocks([group(6, AT, 1), group(7, AT, 2)], aLane()).map(({ count }) => count)).toEqual([7, 6]);
  });

  it('wait for the hours of the channel, and go on the next day with what they leave', () => {
    const night = hours({ sendingFromMinute: 10 * 60, sendingToMinute: 10 * 60 + 1 });
    const blocks = busyBlocks([group(100)], aLane({ hours: night }));
    expect(blocks.map(({ atMs, count }) => [atMs, count])).toEqual([
      [AT + HOUR, 65],
      [AT + HOUR + DAY, 35],
    ]);
    expect(blocks[0]?.untilMs).toBe(AT + HOUR + MINUTE);
  });

  it('keep to the messages a day, with those that are spoken for', () => {
    const blocks = busyBlocks([group(25)], aLane({ dailyCap: perDay(10, [[TODAY, 7]]) }));
    expect(blocks.map(({ atMs, count }) => [dayNumberAt(hours().zone, atMs) - TODAY, count])).toEqual([
      [0, 3],
      [1, 10],
      [2, 10],
      [3, 2],
    ]);
    expect(busyBlocks([group(3)], aLane({ dailyCap: perDay(10, [[TODAY, 12]]) }))[0]?.atMs).toBe(AT + 15 * HOUR);
  });

  it('are left out when they go after the end', () => {
    expect(busyBlocks([group(1, AT + 31 * DAY)], aLane())).toEqual([]);
    const blocks = busyBlocks([group(100)], aLane({ dailyCap: perDay(10), endMs: AT + 2 * DAY }));
    expect(blocks).toHaveLength(3);
  });

  it('that wait already are done at a full step, the same one a moment later', () => {
    const now = (laterMs: number, sent: number) =>
      busyBlocks([group(1_000 - sent, AT - DAY)], aLane({ fromMs: AT + laterMs, roundMs: 5 * MINUTE }))[0]?.untilMs;
    expect(now(0, 0)).toBe(AT + 20 * MINUTE);
    expect(now(7 * SECOND + 123, 0)).toBe(AT + 20 * MINUTE);
    expect(now(2 * MINUTE, 120)).toBe(AT + 20 * MINUTE);
    const behind = busyBlocks([group(1_000, AT), group(10, AT + MINUTE)], aLane({ fromMs: AT, roundMs: 5 * MINUTE }));
    expect(behind.at(-1)?.untilMs).toBe(AT + 20 * MINUTE);
    // What comes later by itself does not move.
    const later = busyBlocks([group(1_000, AT), group(8, AT + 2 * HOUR)], aLane({ fromMs: AT, roundMs: 5 * MINUTE }));
    expect(later.at(-1)?.untilMs).toBe(AT + 2 * HOUR + 3 * SECOND);
  });

  it('lose nobody, never overlap, and never go faster than the channel', () => {
    const groups = fc.array(
      fc.record({ readyMs: fc.nat(3 * DAY).map((at) => AT + at), count: fc.nat(300), priority: fc.nat(10) }),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(groups, fc.constantFrom(null, 200), fc.constantFrom(1, 5), (all, cap, burst) => {
        const pace = lanePolicy({ perMinute: 60, burst });
        const lane = aLane({ pace, dailyCap: cap === null ? null : perDay(cap), endMs: AT + 400 * DAY });
        const blocks = busyBlocks(all, lane);
        const sum = (counts: readonly { readonly count: number }[]) => counts.reduce((n, { count }) => n + count, 0);
        expect(sum(blocks)).toBe(sum(all));
        blocks.forEach(({ atMs, untilMs, count }, index) => {
          expect(untilMs - atMs).toBeGreaterThanOrEqual((count - burst) * sustainedSpacingMs(pace));
          expect(dayNumberAt(hours().zone, atMs)).toBe(dayNumberAt(hours().zone, untilMs));
          expect(atMs).toBeGreaterThan(blocks[index - 1]?.untilMs ?? -Infinity);
        });
        if (cap === null) return;
        const days = new Map<number, number>();
        for (const { atMs, count } of blocks) {
          const day = dayNumberAt(hours().zone, atMs);
          days.set(day, (days.get(day) ?? 0) + count);
        }
        expect(Math.max(0, ...days.values())).toBeLessThanOrEqual(cap);
      }),
    );
  });
});
