import fc from 'fast-check';
import type { ProviderHabits } from './model/model-gateway.js';

/** Something that happens to the world at an instant: what people ask for, and what goes wrong. */
export interface ScenarioAct {
  /** Milliseconds after the beginning. */
  readonly atMs: number;
  readonly kind:
    | 'kill'
    | 'terminate'
    | 'stop'
    | 'cut'
    | 'crashDatabase'
    | 'jumpClock'
    | 'pause'
    | 'resume'
    | 'cancel'
    | 'cancelDelivery'
    | 'retry'
    | 'markSent'
    | 'optOut'
    | 'pauseChannel'
    | 'activateChannel';
  /** Which process, schedule, delivery, contact or channel: counted round. */
  readonly target: number;
  /** How long it lasts, for what lasts; how far a clock jumps. */
  readonly forMs: number;
}

export interface ScenarioSchedule {
  /** null: one run. */
  readonly cron: string | null;
  readonly startsInMs: number;
  readonly endsInMs: number;
  readonly maxRuns: number | null;
  readonly misfirePolicy: 'LATEST' | 'NONE' | 'ALL';
  readonly graceSeconds: number | null;
  readonly contacts: number;
  readonly channel: number;
  readonly priority: number;
  readonly express: boolean;
  readonly atLeastOnce: boolean;
  readonly maxAttempts: number;
  readonly expiresAfterMs: number | null;
}

export interface ScenarioChannel extends ProviderHabits {
  readonly perMinute: number;
  readonly burst: number;
  readonly perContactPerMinute: number | null;
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
}

/** A whole world before it begins. Everything that is drawn later comes from `entropy`. */
export interface Scenario {
  readonly entropy: number;
  /** Instant of the beginning; some lie just before the clocks change. */
  readonly startsAt: string;
  readonly timeZone: string;
  readonly processes: number;
  /** I20: wall clocks of the processes are off by up to this, and nothing of the world may change by it. */
  readonly skewMs: number;
  /** I17: share of the events between processes that get lost; nothing may come later by it than by a poll. */
  readonly loss: number;
  readonly faults: {
    readonly cutBefore: number;
    readonly loseReply: number;
    readonly halfOpen: number;
    readonly slow: number;
  };
  readonly channels: readonly ScenarioChannel[];
  readonly schedules: readonly ScenarioSchedule[];
  readonly acts: readonly ScenarioAct[];
}

/** What goes wrong with processes and connections; the rest is what people ask for. */
export const TROUBLE: readonly ScenarioAct['kind'][] = [
  'kill',
  'terminate',
  'stop',
  'cut',
  'crashDatabase',
  'jumpClock',
];

/** Nothing goes wrong in it but what providers do. */
export function isCalm({ acts, faults }: Pick<Scenario, 'acts' | 'faults'>): boolean {
  return faults.cutBefore + faults.loseReply + faults.slow === 0 && !acts.some(({ kind }) => TROUBLE.includes(kind));
}

/** How long things go wrong, in milliseconds. */
export const TROUBLE_MS = 40_000;

/** Less than half a minute before the clocks of a zone change, before an ordinary midnight, and on an ordinary day. */
const BEGINNINGS = [
  { startsAt: '2026-03-08T06:59:40Z', timeZone: 'America/New_York' },
  { startsAt: '2026-11-01T05:59:40Z', timeZone: 'America/New_York' },
  { startsAt: '2026-10-03T15:29:40Z', timeZone: 'Australia/Lord_Howe' },
  { startsAt: '2026-04-23T21:59:40Z', timeZone: 'Africa/Cairo' },
  { startsAt: '2026-06-16T03:59:40Z', timeZone: 'America/Cuiaba' },
  { startsAt: '2026-06-15T12:00:00Z', timeZone: 'America/Cuiaba' },
] as const;

const CRONS = [
  '*/10 * * * * *',
  '*/10 * * * * *',
  '*/7 * * * * *',
  '*/3 * * * * *',
  '15 * * * * *',
  '0 0 * * * *',
  '0 30 0 * * *',
  '0 0 1 * * *',
  '0 30 2 * * *',
  '0 0 3 * * *',
] as const;

/** None in a quarter of the worlds, in the others up to `max`. */
const share = (max: number) => fc.integer({ min: -333, max: 1_000 }).map((draw) => (Math.max(0, draw) * max) / 1_000);

const act = fc.record<ScenarioAct>({
  // Most of it while the most happens.
  atMs: fc.oneof(fc.integer({ min: 0, max: TROUBLE_MS }), fc.integer({ min: 1_000, max: 16_000 })),
  kind: fc.constantFrom(
    'kill',
    'kill',
    'terminate',
    'stop',
    'stop',
    'cut',
    'cut',
    'crashDatabase',
    'jumpClock',
    'pause',
    'resume',
    'resume',
    'cancel',
    'cancelDelivery',
    'cancelDelivery',
    'retry',
    'markSent',
    'optOut',
    'pauseChannel',
    'activateChannel',
  ),
  target: fc.nat(1_000),
  // The lease of a call of 3 s is over after 25 s; what is in doubt is repeated 2 s or 18 s later.
  forMs: fc.oneof(
    fc.integer({ min: 1, max: 3_000 }),
    fc.integer({ min: 24_000, max: 32_000 }),
    fc.integer({ min: 32_000, max: 60_000 }),
  ),
});

const schedule = fc.record<ScenarioSchedule>({
  cron: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: fc.constantFrom(...CRONS) }),
  startsInMs: fc.integer({ min: 0, max: 12_000 }),
  endsInMs: fc.integer({ min: 20_000, max: 45_000 }),
  maxRuns: fc.option(fc.integer({ min: 1, max: 4 })),
  misfirePolicy: fc.constantFrom('LATEST', 'NONE', 'ALL'),
  graceSeconds: fc.option(fc.integer({ min: 1, max: 30 })),
  contacts: fc.integer({ min: 1, max: 8 }),
  channel: fc.nat(1),
  priority: fc.integer({ min: 0, max: 10 }),
  express: fc.boolean(),
  atLeastOnce: fc.boolean(),
  maxAttempts: fc.integer({ min: 1, max: 4 }),
  expiresAfterMs: fc.option(fc.integer({ min: 500, max: 60_000 })),
});

const channel = fc.record<ScenarioChannel>({
  perMinute: fc.constantFrom(30, 60, 120, 600, 6_000),
  burst: fc.constantFrom(1, 3, 10, 100),
  perContactPerMinute: fc.option(fc.constantFrom(6, 60)),
  perDay: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 2, arbitrary: fc.integer({ min: 3, max: 12 }) },
    { weight: 1, arbitrary: fc.integer({ min: 13, max: 200 }) },
  ),
  // A call comes up to 2 s after its permit, so that only a longer distance can be seen to be kept.
  minSpacingSeconds: fc.constantFrom(0, 0, 0, 0, 1, 4, 6),
  timeoutMs: fc.constantFrom(300, 1_000, 3_000, 3_000, 45_000),
  answerMs: fc.constantFrom(50, 250, 1_000, 2_900, 2_900, 40_000),
  concurrency: fc.constantFrom(1, 2, 10),
  idempotent: fc.boolean(),
  echoesDeliveryId: fc.boolean(),
  doubtful: share(0.3),
  refused: share(0.3),
  reported: share(1),
});

/** Worlds in which anything may happen. */
const mixed: fc.Arbitrary<Scenario> = fc
  .record({
    entropy: fc.nat(),
    beginning: fc.constantFrom(...BEGINNINGS),
    /** In some worlds nothing goes wrong: then nothing must be in doubt that the provider did not leave in doubt. */
    staysCalm: fc.integer({ min: 0, max: 5 }).map((draw) => draw === 0),
    processes: fc.integer({ min: 1, max: 3 }),
    skewMs: fc.constantFrom(0, 600_000),
    loss: fc.constantFrom(0, 0.3, 1),
    faults: fc.record({
      cutBefore: share(0.02),
      loseReply: share(0.03),
      halfOpen: share(0.5),
      slow: share(0.01),
    }),
    channels: fc.array(channel, { minLength: 1, maxLength: 2 }),
    schedules: fc.array(schedule, { minLength: 1, maxLength: 4 }),
    acts: fc.array(act, { maxLength: 20 }),
  })
  .map(({ beginning, staysCalm, ...rest }) => {
    const acts = staysCalm ? rest.acts.filter(({ kind }) => !TROUBLE.includes(kind)) : rest.acts;
    const faults = staysCalm ? { cutBefore: 0, loseReply: 0, halfOpen: 0, slow: 0 } : rest.faults;
    return { ...rest, ...beginning, acts, faults };
  });

/** Worlds in which a process is stopped in the middle of its calls, and goes on about when they are made again. */
const overslept: fc.Arbitrary<Scenario> = fc
  .record({
    world: mixed,
    atMs: fc.integer({ min: 1_200, max: 4_000 }),
    forMs: fc.integer({ min: 24_000, max: 31_000 }),
  })
  .map(({ world, atMs, forMs }) => {
    const slow = { timeoutMs: 3_000, answerMs: 2_900, concurrency: 10, idempotent: true, doubtful: 0, refused: 0 };
    const free = { perMinute: 6_000, burst: 100, perContactPerMinute: null, perDay: null, minSpacingSeconds: 0 };
    const often = { cron: null, startsInMs: 1_000, contacts: 8, maxAttempts: 4, expiresAfterMs: null };
    return {
      ...world,
      processes: 2,
      faults: { cutBefore: 0, loseReply: 0, halfOpen: 0, slow: 0 },
      channels: world.channels.map((settings) => ({ ...settings, ...slow, ...free })),
      schedules: world.schedules.map((settings) => ({ ...settings, ...often })),
      acts: [{ kind: 'stop', target: 0, atMs, forMs }],
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
  const free = { perMinute: 6_000, burst: 100, perContactPerMinute: null, perDay: null, minSpacingSeconds: 0 };
  const quick = { timeoutMs: 1_000, answerMs: 250, concurrency: 10, doubtful: 0, refused: 0 };
  return {
    ...world,
    faults: { cutBefore: 0, loseReply: 0, halfOpen: 0, slow: 0 },
    channels: world.channels.map((settings) => ({ ...settings, ...free, ...quick })),
    schedules: world.schedules.map((settings) => ({ ...settings, expiresAfterMs: null })),
    acts: [],
  };
});

/** Any world, and those of one kind. */
export const WORLDS = {
  any: fc.oneof(
    { weight: 16, arbitrary: mixed },
    { weight: 2, arbitrary: overslept },
    { weight: 2, arbitrary: raced },
    { weight: 1, arbitrary: prompt },
  ),
  overslept,
  raced,
  prompt,
} as const satisfies Readonly<Record<string, fc.Arbitrary<Scenario>>>;

export type WorldKind = keyof typeof WORLDS;
