import { behaviourOf, BEHAVIOURS } from './gateway/behaviour.js';
import { receiptsOf } from './gateway/receipts.js';
import { actsOf, requestsOf } from './load/load-plan.js';
import { fullPlan, SHORT_SEED, shortPlan } from './plan.js';
import { describeFault, HARD_FAULTS, type Fault } from './fault.js';
import { firstSkewsOf, timetableOf } from './timetable.js';

const setup = { seed: '1', isPlain: false, pace: { fromMs: 5, toMs: 40 } };
const facts = (ordinal: number, attempt = 1) => ({ channel: 'c', to: '+5565980000001', text: 'Olá', ordinal, attempt });
const many = Array.from({ length: 5_000 }, (_, ordinal) => behaviourOf(setup, facts(ordinal), 1_000));

describe('what a seed decides', () => {
  const plan = fullPlan('7', 10);

  it('is the same each time, and another with another seed', () => {
    for (const drawn of [requestsOf, actsOf, (each: typeof plan) => timetableOf(each, true)]) {
      expect(drawn(plan)).toEqual(drawn(fullPlan('7', 10)));
      expect(drawn(plan)).not.toEqual(drawn(fullPlan('8', 10)));
    }
    expect(behaviourOf(setup, facts(3), 1_000)).toEqual(behaviourOf(setup, facts(3), 1_000));
    expect(receiptsOf('1', 'm', 'a')).toEqual(receiptsOf('1', 'm', 'a'));
  });

  it('is enough: 100 faults of every kind and 20,000 deliveries in ten minutes', () => {
    const faults = timetableOf(plan, true);
    expect(faults.length).toBeGreaterThanOrEqual(100);
    expect(new Set(faults.map((fault) => fault.kind)).size).toBe(10);
    expect(faults.every((fault) => fault.atMs < plan.durationMs)).toBe(true);
    const sizes = plan.load.groupSizes;
    const deliveries = requestsOf(plan).map((request) =>
      request.kind === 'message' ? 1 : (sizes[request.group] ?? 0),
    );
    expect(deliveries.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20_000);
  });

  it('gives ten minutes more than 100 faults that end or hold something, and what the plan demands', () => {
    for (const seed of ['1', '2', '3', '101', '102', '103']) {
      const faults = timetableOf(fullPlan(seed, 10), true);
      expect(faults.filter((fault) => HARD_FAULTS.includes(fault.kind)).length).toBeGreaterThanOrEqual(105);
      expect(faults.filter((fault) => fault.kind === 'stopLong').length).toBeGreaterThanOrEqual(5);
    }
    expect(plan.demands).toMatchObject({ deliveries: 20_000, hardFaults: 100, longStops: 5 });
  });

  it('kills no process that is to outlast its leases', () => {
    const faults = timetableOf(plan, true);
    const kills = faults.filter((fault) => fault.kind === 'kill');
    for (const stop of faults) {
      if (stop.kind !== 'stopLong') continue;
      const meanwhile = (kill: Fault): boolean => kill.atMs >= stop.atMs && kill.atMs <= stop.atMs + stop.forMs;
      expect(kills.filter((kill) => kill.server === stop.server && meanwhile(kill))).toEqual([]);
    }
  });

  it('sets the clocks of some servers wrong from the start, in the short form too', () => {
    for (const each of [plan, shortPlan(SHORT_SEED)])
      expect(firstSkewsOf(each).map((skewMs) => Math.abs(skewMs))).toEqual(
        each.servers.map(({ skewed }) => (skewed ? 600_000 : 0)),
      );
    const kills = timetableOf(shortPlan(SHORT_SEED), false).filter((fault) => fault.kind === 'kill');
    expect(kills.some((kill) => kill.skewMs !== 0 && kill.skewMs !== firstSkewsOf(shortPlan(SHORT_SEED))[1])).toBe(
      true,
    );
  });

  it('leaves out what the plan does not allow', () => {
    const kinds = timetableOf(shortPlan(SHORT_SEED), false).map((fault) => fault.kind);
    expect(kinds).not.toContain('crashDatabase');
    expect(kinds).not.toContain('stopLong');
  });

  it('can be read', () => {
    expect(describeFault({ kind: 'cut', atMs: 1_500, server: 2, share: 0.5 })).toBe(
      '    1.5 s  cut  server 2  share 0.5',
    );
  });
});

describe('the gateway', () => {
  it('treats about nine calls of ten as it should, and a few in each other way', () => {
    const share = (name: string): number => many.filter((behaviour) => behaviour.name === name).length / many.length;
    expect(share('accept')).toBeGreaterThan(0.84);
    expect(share('accept')).toBeLessThan(0.9);
    for (const name of BEHAVIOURS) expect(share(name)).toBeGreaterThan(0.002);
  });

  it('refuses a message at every attempt, or at none', () => {
    const refused = many.flatMap((behaviour, ordinal) => (behaviour.name === 'refuse' ? [ordinal] : []));
    expect(refused.length).toBeGreaterThan(50);
    expect(refused.every((ordinal) => behaviourOf(setup, facts(ordinal, 2), 1_000).name === 'refuse')).toBe(true);
  });

  it('leaves no effect with what it refuses or says is not processed', () => {
    const without = many.filter(({ answer }) => answer === 'refuse' || answer === 'busy');
    expect(without.every((behaviour) => behaviour.effectAfterMs === null)).toBe(true);
  });

  it('reports some messages in every order, twice, and before the answer', () => {
    const all = Array.from({ length: 500 }, (_, index) => receiptsOf('1', `m${index}`, `${index}`));
    expect(all.some((receipts) => receipts.length === 0)).toBe(true);
    expect(all.flat().some((receipt) => receipt.postAfterMs === 0)).toBe(true);
    expect(all.flat().some((receipt) => receipt.status === 'failed')).toBe(true);
    const isTwice = all.some((receipts) => new Set(receipts.map((each) => each.eventId)).size < receipts.length);
    const isDisordered = all.some((receipts) =>
      receipts.some((each, place) => each.postAfterMs < (receipts[place - 1]?.postAfterMs ?? 0)),
    );
    expect({ isTwice, isDisordered }).toEqual({ isTwice: true, isDisordered: true });
  });
});
