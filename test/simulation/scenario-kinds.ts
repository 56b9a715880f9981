import fc from 'fast-check';
import { mixed } from './scenario-mixed.js';
import type { Scenario, ScenarioAct } from './scenario.js';

/** A channel on which nothing waits. */
const FREE = { perMinute: 6_000, burst: 100, perContactPerMinute: null, perDay: null, minSpacingSeconds: 0 };

/** Gateways that are slow to answer, so that calls are under way when their process is stopped. */
interface SlowGateway {
  readonly timeoutMs: number;
  readonly answerMs: number;
  readonly refused: number;
}

/** Worlds in which one of two processes is stopped in the middle of calls that may be made again. */
function stopped(
  gateway: SlowGateway,
  atMs: fc.Arbitrary<number>,
  forMs: fc.Arbitrary<number>,
): fc.Arbitrary<Scenario> {
  const slow = { ...gateway, concurrency: 10, idempotent: true, doubtful: 0 };
  const often = { cron: null, startsInMs: 1_000, contacts: 8, maxAttempts: 4, expiresAfterMs: null };
  return fc.record({ world: mixed, atMs, forMs }).map(({ world, ...stop }) => ({
    ...world,
    processes: 2,
    faults: { cutBefore: 0, loseReply: 0, halfOpen: 0, slow: 0 },
    channels: world.channels.map((settings) => ({ ...settings, ...slow, ...FREE })),
    schedules: world.schedules.map((settings) => ({ ...settings, ...often })),
    acts: [{ kind: 'stop', target: 0, ...stop }],
  }));
}

/** It goes on about when its calls are made again. */
const overslept = stopped(
  { timeoutMs: 3_000, answerMs: 2_900, refused: 0 },
  fc.integer({ min: 1_200, max: 4_000 }),
  fc.integer({ min: 24_000, max: 31_000 }),
);

/**
 * It is stopped for longer than its leases while others make again the calls that it had named in them: who frees the
 * lease finds deliveries in it that are somebody else's by now.
 */
const dozed = stopped(
  { timeoutMs: 45_000, answerMs: 40_000, refused: 0.6 },
  fc.integer({ min: 5_000, max: 25_000 }),
  fc.integer({ min: 65_000, max: 80_000 }),
);

/** Worlds in which much is for few, on channels that let only a contact wait. */
const crowded: fc.Arbitrary<Scenario> = mixed.map((world) => {
  const often = { cron: '*/3 * * * * *', startsInMs: 0, endsInMs: 40_000, contacts: 2, express: false };
  return {
    ...world,
    channels: world.channels.map((settings) => ({ ...settings, ...FREE, perContactPerMinute: 6 })),
    schedules: world.schedules.map((settings) => ({ ...settings, ...often, maxRuns: null })),
  };
});

/** Worlds in which people change their minds in the very moment in which it goes off, over connections that are slow. */
const wish = fc.record<ScenarioAct>({
  atMs: fc.integer({ min: 900, max: 3_000 }),
  kind: fc.constantFrom(
    'pause',
    'pause',
    'resume',
    'cancel',
    'cancelDelivery',
    'pauseChannel',
    'activateChannel',
    'optOut',
  ),
  target: fc.nat(1_000),
  forMs: fc.constant(0),
});
const raced: fc.Arbitrary<Scenario> = fc
  .record({ world: mixed, acts: fc.array(wish, { minLength: 4, maxLength: 12 }) })
  .map(({ world, acts }) => {
    const together = { cron: null, startsInMs: 1_000, contacts: 8 };
    return {
      ...world,
      faults: { ...world.faults, slow: 0.1 },
      schedules: world.schedules.map((settings) => ({ ...settings, ...together })),
      acts,
    };
  });

/** Calm worlds in which nothing has to wait for anything: what is late there waited for somebody to look. */
const prompt: fc.Arbitrary<Scenario> = mixed.map((world) => {
  const quick = { timeoutMs: 1_000, answerMs: 250, concurrency: 10, doubtful: 0, refused: 0 };
  return {
    ...world,
    faults: { cutBefore: 0, loseReply: 0, halfOpen: 0, slow: 0 },
    channels: world.channels.map((settings) => ({ ...settings, ...FREE, ...quick })),
    schedules: world.schedules.map((settings) => ({ ...settings, expiresAfterMs: null })),
    acts: [],
  };
});

/** Any world, and those of one kind. */
export const WORLDS = {
  any: fc.oneof(
    { weight: 16, arbitrary: mixed },
    { weight: 1, arbitrary: overslept },
    { weight: 1, arbitrary: dozed },
    { weight: 2, arbitrary: raced },
    { weight: 1, arbitrary: crowded },
    { weight: 1, arbitrary: prompt },
  ),
  overslept,
  dozed,
  crowded,
  raced,
  prompt,
} as const satisfies Readonly<Record<string, fc.Arbitrary<Scenario>>>;

export type WorldKind = keyof typeof WORLDS;
