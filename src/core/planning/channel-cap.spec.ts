import { zoneOf } from '../../../test/support/core/explanation-facts.js';
import { MS_PER_DAY } from '../recurrence/civil-date.js';
import { channelCap } from './channel-cap.js';

const HOUR = 3_600_000;
const DAY = Date.parse('2026-05-04T00:00Z') / MS_PER_DAY;
const MIDNIGHT = (DAY + 1) * MS_PER_DAY;
/** From 20:00 to 04:00 over midnight in UTC. */
const NIGHT = [{ fromMs: MIDNIGHT - 4 * HOUR, toMs: MIDNIGHT + 4 * HOUR }];
const BEFORE = [{ fromMs: MIDNIGHT - 4 * HOUR, toMs: MIDNIGHT - 1 }];
const AFTER = [{ fromMs: MIDNIGHT, toMs: MIDNIGHT + 4 * HOUR }];

const cap = (perDay: number, used: readonly (readonly [number, number])[] = []) =>
  channelCap({ zone: zoneOf('UTC'), perDay, used: new Map(used) }, HOUR);

describe('a channel’s cap of a day', () => {
  it('without one only the free time bounds a day', () => {
    const none = channelCap(null, HOUR);
    expect(none.allow(NIGHT, 100)).toEqual({ free: NIGHT, count: 9 });
    none.use([MIDNIGHT]);
    expect(none.allow(NIGHT, 2)).toEqual({ free: NIGHT, count: 2 });
  });

  it('gives what is left of the date', () => {
    expect(cap(3).allow(AFTER, 100)).toEqual({ free: AFTER, count: 3 });
    expect(cap(3, [[DAY + 1, 2]]).allow(AFTER, 100)).toEqual({ free: AFTER, count: 1 });
    expect(cap(3, [[DAY, 2]]).allow(AFTER, 2)).toEqual({ free: AFTER, count: 2 });
    expect(cap(100).allow(AFTER, 100)).toEqual({ free: AFTER, count: 5 });
  });

  it('gives nothing of a date that is used up, also beyond its cap', () => {
    expect(cap(3, [[DAY + 1, 3]]).allow(AFTER, 1)).toEqual({ free: [], count: 0 });
    expect(cap(3, [[DAY + 1, 9]]).allow(AFTER, 1)).toEqual({ free: [], count: 0 });
    expect(cap(3).allow([], 5)).toEqual({ free: [], count: 0 });
  });

  it('gives of two dates what both have left, anywhere', () => {
    expect(cap(3).allow(NIGHT, 100)).toEqual({ free: NIGHT, count: 3 });
    expect(cap(3, [[DAY, 1]]).allow(NIGHT, 2)).toEqual({ free: NIGHT, count: 2 });
  });

  it('gives of two dates the one alone that has more left', () => {
    expect(cap(3, [[DAY, 2]]).allow(NIGHT, 100)).toEqual({ free: AFTER, count: 3 });
    expect(cap(3, [[DAY + 1, 3]]).allow(NIGHT, 100)).toEqual({ free: BEFORE, count: 3 });
  });

  it('counts each slot for its own date', () => {
    const counted = cap(3);
    counted.use([MIDNIGHT - HOUR, MIDNIGHT - 1, MIDNIGHT]);
    expect(counted.allow(BEFORE, 100).count).toBe(1);
    expect(counted.allow(AFTER, 100).count).toBe(2);
    counted.use([]);
    counted.use([MIDNIGHT + HOUR]);
    expect(counted.allow(AFTER, 100).count).toBe(1);
  });

  it('leaves the counts that it was given as they are', () => {
    const used = new Map([[DAY + 1, 1]]);
    channelCap({ zone: zoneOf('UTC'), perDay: 3, used }, HOUR).use([MIDNIGHT]);
    expect(used).toEqual(new Map([[DAY + 1, 1]]));
  });
});
