import fc from 'fast-check';
import { bucketStatus, callSlackUs, changeQuota, nextPermitAt, permitsAt, requestSlot, takePermits } from './gcra.js';
import { makeQuota, type Quota } from './quota.js';

const NOW = 1_790_000_000_000_000;
const SECOND = 1_000_000;

function aQuota(perMinute: number, burst: number): Quota {
  const quota = makeQuota({ perMinute, burst });
  if (!quota.ok) throw new Error('the test asks for an impossible quota');
  return quota.value;
}

const quotas = fc
  .record({ perMinute: fc.integer({ min: 1, max: 60_000 }), burst: fc.integer({ min: 1, max: 10_000 }) })
  .map(({ perMinute, burst }) => aQuota(perMinute, burst));

/** Steps of a clock in units of the emission interval, so that every quota is met near its edges. */
const steps = fc.array(
  fc.record({ advance: fc.double({ min: 0, max: 3, noNaN: true }), want: fc.integer({ min: 0, max: 20 }) }),
  { minLength: 1, maxLength: 80 },
);

interface Grant {
  readonly atUs: number;
  readonly n: number;
}

/** Takes as much as is wanted and permitted at each step. */
function replay(quota: Quota, clock: readonly { readonly atUs: number; readonly want: number }[]): Grant[] {
  let tatUs = 0;
  return clock.map(({ atUs, want }) => {
    const n = Math.min(want, permitsAt(quota, tatUs, atUs));
    tatUs = takePermits(quota, tatUs, atUs, n);
    return { atUs, n };
  });
}

function clockOf(
  quota: Quota,
  list: readonly { readonly advance: number; readonly want: number }[],
): { atUs: number; want: number }[] {
  let atUs = NOW;
  return list.map(({ advance, want }) => {
    atUs += Math.round(advance * quota.emissionIntervalUs);
    return { atUs, want };
  });
}

describe('permitsAt', () => {
  it('gives the whole burst to a bucket that was never used', () => {
    expect(permitsAt(aQuota(5, 10), 0, NOW)).toBe(10);
  });

  it('gives one more each emission interval, and not a microsecond earlier', () => {
    const quota = aQuota(5, 10);
    const empty = takePermits(quota, 0, NOW, 10);
    expect(permitsAt(quota, empty, NOW)).toBe(0);
    expect(permitsAt(quota, empty, NOW + 12 * SECOND - 1)).toBe(0);
    expect(permitsAt(quota, empty, NOW + 12 * SECOND)).toBe(1);
    expect(permitsAt(quota, empty, NOW + 24 * SECOND)).toBe(2);
    expect(permitsAt(quota, empty, NOW + 3600 * SECOND)).toBe(10);
  });

  it('never permits more in any window of time t than burst + rate × t', () => {
    fc.assert(
      fc.property(quotas, steps, (quota, list) => {
        const grants = replay(quota, clockOf(quota, list));
        for (const [first, start] of grants.entries()) {
          let inWindow = 0;
          for (const grant of grants.slice(first)) {
            inWindow += grant.n;
            const seconds = (grant.atUs - start.atUs) / SECOND;
            expect(inWindow).toBeLessThanOrEqual(quota.burst + (quota.perMinute / 60) * seconds);
          }
        }
      }),
    );
  });

  it('reaches the full rate: no fraction of a token is lost by asking often', () => {
    fc.assert(
      fc.property(quotas, fc.integer({ min: 1, max: 50 }), (quota, asksPerInterval) => {
        const intervals = 40;
        let tatUs = takePermits(quota, 0, NOW, quota.burst);
        let granted = 0;
        for (let ask = 1; ask <= intervals * asksPerInterval; ask += 1) {
          const atUs = NOW + Math.floor((ask * quota.emissionIntervalUs) / asksPerInterval);
          const n = permitsAt(quota, tatUs, atUs);
          tatUs = takePermits(quota, tatUs, atUs, n);
          granted += n;
        }
        expect(granted).toBe(intervals);
      }),
    );
  });

  it('permits no more when the clock goes backwards', () => {
    fc.assert(
      fc.property(quotas, fc.nat(2_000_000_000), fc.nat(2_000_000_000), (quota, ahead, back) => {
        const tatUs = NOW + ahead;
        expect(permitsAt(quota, tatUs, NOW - back)).toBeLessThanOrEqual(permitsAt(quota, tatUs, NOW));
      }),
    );
  });

  it('stays within the bound of the furthest instant seen, however the clock jumps', () => {
    const jumps = fc.array(
      fc.record({ offset: fc.double({ min: -20, max: 20, noNaN: true }), want: fc.integer({ min: 0, max: 20 }) }),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(quotas, jumps, (quota, list) => {
        const clock = list.map(({ offset, want }) => ({
          atUs: NOW + Math.round(offset * quota.emissionIntervalUs),
          want,
        }));
        const grants = replay(quota, clock).filter((grant) => grant.n > 0);
        const startUs = grants[0]?.atUs ?? NOW;
        const furthestUs = Math.max(startUs, ...grants.map((grant) => grant.atUs));
        const total = grants.reduce((sum, grant) => sum + grant.n, 0);
        expect(total).toBeLessThanOrEqual(quota.burst + (furthestUs - startUs) / quota.emissionIntervalUs);
      }),
    );
  });
});

describe('takePermits', () => {
  it('leaves the bucket as it is when nothing is taken', () => {
    expect(takePermits(aQuota(60, 5), 0, NOW, 0)).toBe(0);
  });

  it.each([6, -1, 0.5, NaN])('throws when %p are taken where 5 are free', (n) => {
    expect(() => takePermits(aQuota(60, 5), 0, NOW, n)).toThrow('permits taken');
  });
});

describe('requestSlot', () => {
  it('grants a deferred request at its retryAt, and not one microsecond earlier', () => {
    fc.assert(
      fc.property(quotas, fc.double({ min: 0, max: 2, noNaN: true }), (quota, overdraft) => {
        const tatUs = NOW + Math.ceil((quota.burst - 1 + overdraft) * quota.emissionIntervalUs) + 1;
        const decision = requestSlot(quota, tatUs, NOW);
        if (decision.kind !== 'deferred') throw new Error('expected to be deferred');
        expect(requestSlot(quota, tatUs, decision.retryAtUs).kind).toBe('granted');
        expect(requestSlot(quota, tatUs, decision.retryAtUs - 1).kind).toBe('deferred');
      }),
    );
  });

  it('grants exactly when a permit is free, and takes one', () => {
    fc.assert(
      fc.property(quotas, fc.integer({ min: -1_000_000, max: 700_000_000_000 }), (quota, ahead) => {
        const decision = requestSlot(quota, NOW + ahead, NOW);
        expect(decision.kind === 'granted').toBe(permitsAt(quota, NOW + ahead, NOW) > 0);
        if (decision.kind === 'granted') {
          expect(decision.nextTatUs).toBe(takePermits(quota, NOW + ahead, NOW, 1));
        }
      }),
    );
  });
});

describe('nextPermitAt', () => {
  it('is now while the bucket has a token', () => {
    expect(nextPermitAt(aQuota(60, 5), takePermits(aQuota(60, 5), 0, NOW, 4), NOW)).toBe(NOW);
  });

  it('is one interval away when the burst was just taken', () => {
    expect(nextPermitAt(aQuota(60, 5), takePermits(aQuota(60, 5), 0, NOW, 5), NOW)).toBe(NOW + SECOND);
  });
});

describe('bucketStatus', () => {
  it('tells tokens with their fractions, capacity and wait', () => {
    const quota = aQuota(60, 5);
    const empty = takePermits(quota, 0, NOW, 5);
    expect(bucketStatus(quota, 0, NOW)).toEqual({ availableTokens: 5, capacity: 5, waitSeconds: 0 });
    expect(bucketStatus(quota, empty, NOW)).toEqual({ availableTokens: 0, capacity: 5, waitSeconds: 1 });
    expect(bucketStatus(quota, empty, NOW + 250_000)).toEqual({
      availableTokens: 0.25,
      capacity: 5,
      waitSeconds: 0.75,
    });
  });

  it('never tells less than nothing, also when the clock went back', () => {
    const quota = aQuota(60, 5);
    const empty = takePermits(quota, 0, NOW, 5);
    expect(bucketStatus(quota, empty, NOW - 3 * SECOND)).toEqual({ availableTokens: 0, capacity: 5, waitSeconds: 4 });
  });

  it('waits 0 seconds exactly when a permit is free', () => {
    fc.assert(
      fc.property(quotas, fc.integer({ min: -1_000_000, max: 700_000_000_000 }), (quota, ahead) => {
        const { waitSeconds } = bucketStatus(quota, NOW + ahead, NOW);
        expect(waitSeconds === 0).toBe(permitsAt(quota, NOW + ahead, NOW) >= 1);
      }),
    );
  });
});

describe('callSlackUs', () => {
  it.each([
    [60, 5, 200_000],
    [1, 1, 200_000],
    [60, 1, 50_000],
    [60_000, 2, 1_000],
    [60_000, 1, 50],
  ])('of %i a minute and a burst of %i is %i µs: what the burst has to spare, bounded', (perMinute, burst, slackUs) => {
    expect(callSlackUs(aQuota(perMinute, burst))).toBe(slackUs);
  });
});

describe('changeQuota', () => {
  it('leaves a bucket as it is that has nothing missing', () => {
    expect(changeQuota(aQuota(5, 10), aQuota(60, 7), 0, NOW)).toBe(0);
    expect(changeQuota(aQuota(5, 10), aQuota(60, 7), NOW, NOW)).toBe(NOW);
  });

  it('does not let a channel wait out the minutes of a slower rate', () => {
    const slow = aQuota(1, 10);
    const fast = aQuota(60, 10);
    const empty = takePermits(slow, 0, NOW, 10);
    expect(nextPermitAt(fast, empty, NOW)).toBe(NOW + 591 * SECOND);
    expect(nextPermitAt(fast, changeQuota(slow, fast, empty, NOW), NOW)).toBe(NOW + SECOND);
  });

  it('keeps the number of missing tokens, at most all of the new bucket', () => {
    fc.assert(
      fc.property(quotas, quotas, fc.double({ min: 0, max: 1, noNaN: true }), (from, to, used) => {
        const tatUs = NOW + Math.round(used * from.burst * from.emissionIntervalUs);
        const changed = changeQuota(from, to, tatUs, NOW);
        const missing = (tatUs - NOW) / from.emissionIntervalUs;
        const { availableTokens } = bucketStatus(to, changed, NOW);
        expect(Number.isInteger(changed)).toBe(true);
        expect(availableTokens).toBeLessThanOrEqual(to.burst - Math.min(missing, to.burst) + 1e-6);
        expect(availableTokens).toBeGreaterThan(to.burst - Math.min(missing, to.burst) - 0.002);
      }),
    );
  });

  it('owes a smaller bucket no more than all of its tokens', () => {
    const large = aQuota(60, 10);
    const small = aQuota(60, 2);
    const changed = changeQuota(large, small, takePermits(large, 0, NOW, 10), NOW);
    expect(nextPermitAt(small, changed, NOW)).toBe(NOW + SECOND);
  });

  it('leaves a full bucket full', () => {
    expect(permitsAt(aQuota(60, 7), changeQuota(aQuota(5, 10), aQuota(60, 7), 0, NOW), NOW)).toBe(7);
  });
});
