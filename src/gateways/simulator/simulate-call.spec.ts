import fc from 'fast-check';
import { simulateCall } from './simulate-call.js';
import { readSimulatorSettings, type SimulatorSettings } from './simulator-settings.js';

const settings = (given: Partial<SimulatorSettings> = {}): SimulatorSettings => {
  const read = readSimulatorSettings({ ...given }, '');
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  return read.value;
};

const calls = (given: Partial<SimulatorSettings>, count = 20_000, seed = 'seed') =>
  Array.from({ length: count }, (_, index) => simulateCall(settings(given), seed, `delivery-${index}`, 1));

const share = <T>(items: readonly T[], holds: (item: T) => boolean) => items.filter(holds).length / items.length;

describe('simulateCall', () => {
  it('does the same for the same seed, delivery and attempt, and something else for another of them', () => {
    const given = settings({ failureRate: 0.5 });
    const once = Array.from({ length: 200 }, (_, n) => simulateCall(given, 's', `d${n}`, 1));
    expect(Array.from({ length: 200 }, (_, n) => simulateCall(given, 's', `d${n}`, 1))).toEqual(once);
    expect(Array.from({ length: 200 }, (_, n) => simulateCall(given, 't', `d${n}`, 1))).not.toEqual(once);
    expect(Array.from({ length: 200 }, (_, n) => simulateCall(given, 's', `d${n}`, 2))).not.toEqual(once);
  });

  it('refuses, doubts and accepts in the shares that the settings name', () => {
    const made = calls({ failureRate: 0.05, uncertainRate: 0.1 });
    expect(share(made, ({ outcome }) => outcome.kind === 'rejected')).toBeCloseTo(0.05, 2);
    expect(share(made, ({ outcome }) => outcome.kind === 'uncertain')).toBeCloseTo(0.1, 2);
    expect(share(made, ({ outcome }) => outcome.kind === 'accepted')).toBeCloseTo(0.85, 2);
  });

  it('refuses for the person more often than for a passing reason', () => {
    const refusals = calls({ failureRate: 1 }).map(({ outcome }) => (outcome.kind === 'rejected' ? outcome.class : ''));
    expect(share(refusals, (reason) => reason === 'recipient')).toBeCloseTo(0.6, 1);
    expect(share(refusals, (reason) => reason === 'transient')).toBeCloseTo(0.4, 1);
  });

  it('spreads the latency evenly around its mean and never below 0', () => {
    const latencies = calls({ latencyMs: 250, latencyJitterMs: 150 }).map(({ latencyMs }) => latencyMs);
    expect(Math.min(...latencies)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...latencies)).toBeLessThanOrEqual(400);
    expect(latencies.reduce((sum, latency) => sum + latency, 0) / latencies.length).toBeCloseTo(250, -1);
    expect(Math.min(...calls({ latencyMs: 10, latencyJitterMs: 1_000 }).map(({ latencyMs }) => latencyMs))).toBe(0);
  });

  it('has accepted messages delivered, and the share that is read read, never before they are delivered', () => {
    const made = calls({ failureRate: 0, deliveredAfterMs: 1_500, readAfterMs: 1_600, readRate: 0.6 });
    expect(share(made, ({ events }) => events.some(({ kind }) => kind === 'DELIVERED'))).toBe(1);
    expect(share(made, ({ events }) => events.some(({ kind }) => kind === 'READ'))).toBeCloseTo(0.6, 1);
    for (const { events } of made) {
      const [delivered, read] = events;
      if (delivered && read) expect(read.afterMs).toBeGreaterThanOrEqual(delivered.afterMs);
    }
  });

  it('gives each attempt an id of its own, and events only to what was accepted', () => {
    const made = calls({ failureRate: 0.3, uncertainRate: 0.3 });
    const ids = made.flatMap(({ outcome }) => (outcome.kind === 'accepted' ? [outcome.gatewayMessageId] : []));
    expect(new Set(ids).size).toBe(ids.length);
    expect(made.filter(({ outcome, events }) => outcome.kind !== 'accepted' && events.length > 0)).toEqual([]);
  });

  it('knows no event where the settings say never', () => {
    expect(calls({ deliveredAfterMs: null, readAfterMs: null }).flatMap(({ events }) => events)).toEqual([]);
    expect(
      calls({ readRate: 0 })
        .flatMap(({ events }) => events)
        .filter(({ kind }) => kind === 'READ'),
    ).toEqual([]);
  });

  it('has an answer for every delivery and attempt', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.nat(), (seed, deliveryId, attempt) => {
        const { latencyMs, outcome } = simulateCall(settings(), seed, deliveryId, attempt);
        expect(Number.isInteger(latencyMs) && latencyMs >= 0).toBe(true);
        expect(['accepted', 'rejected', 'uncertain']).toContain(outcome.kind);
      }),
    );
  });
});

describe('readSimulatorSettings', () => {
  it('fills in what is absent, and answers the same for what it answered', () => {
    const read = readSimulatorSettings({}, '');
    expect(read).toEqual({
      ok: true,
      value: {
        latencyMs: 250,
        latencyJitterMs: 150,
        failureRate: 0.05,
        uncertainRate: 0,
        deliveredAfterMs: 1_500,
        readAfterMs: 6_000,
        readRate: 0.6,
        seed: null,
      },
    });
    const given = { ...settings({ deliveredAfterMs: null, seed: 'x' }) };
    expect(readSimulatorSettings(given, '')).toEqual({ ok: true, value: given });
  });

  it('names everything that is wrong at once', () => {
    const read = readSimulatorSettings(
      { latencyMs: -1, failureRate: 1.5, readRate: Number.NaN, seed: ' ' },
      'input.simulator',
    );
    expect(read.ok ? [] : read.error.map(({ field }) => field)).toEqual([
      'input.simulator.latencyMs',
      'input.simulator.failureRate',
      'input.simulator.readRate',
      'input.simulator.seed',
    ]);
  });

  it('refuses shares that are more than everything', () => {
    const read = readSimulatorSettings({ failureRate: 0.7, uncertainRate: 0.4 }, 'input.simulator');
    expect(read).toMatchObject({ ok: false, error: [{ field: 'input.simulator.uncertainRate', rule: 'sum' }] });
  });
});
