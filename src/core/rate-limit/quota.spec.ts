import fc from 'fast-check';
import { contactQuota, makeQuota } from './quota.js';

describe('makeQuota', () => {
  it.each([
    [1, 60_000_000],
    [5, 12_000_000],
    [60, 1_000_000],
    [60_000, 1000],
  ])('spaces %i a minute %i microseconds apart', (perMinute, emissionIntervalUs) => {
    expect(makeQuota({ perMinute, burst: 10 })).toEqual({
      ok: true,
      value: { perMinute, burst: 10, emissionIntervalUs },
    });
  });

  it('rounds the interval up, so that the rate is never exceeded and missed by at most 0.1 %', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60_000 }), (perMinute) => {
        const quota = makeQuota({ perMinute, burst: 1 });
        const interval = quota.ok ? quota.value.emissionIntervalUs : NaN;
        expect(Number.isInteger(interval)).toBe(true);
        expect(interval * perMinute).toBeGreaterThanOrEqual(60_000_000);
        expect(60_000_000 / interval).toBeGreaterThan(perMinute * 0.999);
      }),
    );
  });

  it.each([
    [{ perMinute: 0, burst: 1 }, ['perMinute']],
    [{ perMinute: 60_001, burst: 1 }, ['perMinute']],
    [{ perMinute: 1.5, burst: 1 }, ['perMinute']],
    [{ perMinute: NaN, burst: 1 }, ['perMinute']],
    [{ perMinute: 1, burst: 0 }, ['burst']],
    [{ perMinute: 1, burst: 10_001 }, ['burst']],
    [{ perMinute: -1, burst: Infinity }, ['perMinute', 'burst']],
  ])('refuses %p and names every field that is wrong', (input, fields) => {
    const quota = makeQuota(input);
    expect(quota.ok ? [] : quota.error.map((violation) => violation.field)).toEqual(fields);
  });

  it('puts the path of the input before the field', () => {
    const quota = makeQuota({ perMinute: 0, burst: 1 }, 'input.rateLimit');
    expect(quota).toEqual({
      ok: false,
      error: [{ field: 'input.rateLimit.perMinute', rule: 'range', message: 'must be a whole number from 1 to 60000' }],
    });
  });
});

describe('contactQuota', () => {
  it.each([
    [5, null, 1],
    [9, null, 1],
    [19, null, 1],
    [20, null, 2],
    [600, null, 60],
    [60, 12, 12],
    [60, 600, 600],
  ])('gives a contact of a channel with %i a minute and an own rate of %p %i a minute', (perMinute, own, rate) => {
    expect(contactQuota(perMinute, own)).toMatchObject({ perMinute: rate, burst: rate });
  });

  it('keeps the capacity within the bound of a burst', () => {
    expect(contactQuota(60_000, 60_000)).toMatchObject({ perMinute: 60_000, burst: 10_000 });
  });

  it('throws on a rate that no channel can have', () => {
    expect(() => contactQuota(60, 0)).toThrow('contact');
  });
});
