import fc from 'fast-check';

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
  /** How long it lasts, for what lasts. */
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

export interface ScenarioChannel {
  readonly perMinute: number;
  readonly burst: number;
  readonly perContactPerMinute: number | null;
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly idempotent: boolean;
  readonly echoesDeliveryId: boolean;
  readonly doubtful: number;
  readonly refused: number;
  readonly reported: number;
}

/** A whole world before it begins. Everything that is drawn later comes from `entropy`. */
export interface Scenario {
  readonly entropy: number;
  /** Instant of the beginning; some lie just before the clocks change. */
  readonly startsAt: string;
  readonly timeZone: string;
  readonly processes: number;
  /** Wall clocks of the processes are off by up to this. */
  readonly skewMs: number;
  /** Share of the events between processes that get lost. */
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

/** How long things go wrong, in milliseconds. */
export const TROUBLE_MS = 40_000;

/** Half a minute before the clocks of a zone change, and an ordinary day. */
const BEGINNINGS = [
  { startsAt: '2026-03-08T06:59:40Z', timeZone: 'America/New_York' },
  { startsAt: '2026-11-01T05:59:40Z', timeZone: 'America/New_York' },
  { startsAt: '2026-10-03T15:29:40Z', timeZone: 'Australia/Lord_Howe' },
  { startsAt: '2026-04-24T21:59:40Z', timeZone: 'Africa/Cairo' },
  { startsAt: '2026-06-15T12:00:00Z', timeZone: 'America/Cuiaba' },
] as const;

const CRONS = [
  '*/10 * * * * *',
  '*/7 * * * * *',
  '15 * * * * *',
  '0 0 * * * *',
  '0 30 2 * * *',
  '0 0 3 * * *',
] as const;

/** None in a quarter of the worlds, in the others up to `max`. */
const share = (max: number) => fc.integer({ min: -333, max: 1_000 }).map((draw) => (Math.max(0, draw) * max) / 1_000);

const act = fc.record<ScenarioAct>({
  atMs: fc.integer({ min: 0, max: TROUBLE_MS }),
  kind: fc.constantFrom(
    'kill',
    'kill',
    'terminate',
    'stop',
    'stop',
    'cut',
    'cut',
    'crashDatabase',
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
  forMs: fc.oneof(fc.integer({ min: 1, max: 3_000 }), fc.integer({ min: 3_000, max: 60_000 })),
});

const schedule = fc.record<ScenarioSchedule>({
  cron: fc.oneof({ weight: 2, arbitrary: fc.constant(null) }, { weight: 3, arbitrary: fc.constantFrom(...CRONS) }),
  startsInMs: fc.integer({ min: 0, max: 15_000 }),
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
  perMinute: fc.constantFrom(60, 120, 600, 6_000),
  burst: fc.constantFrom(1, 3, 10, 100),
  perContactPerMinute: fc.option(fc.constantFrom(6, 60)),
  perDay: fc.option(fc.integer({ min: 15, max: 200 })),
  minSpacingSeconds: fc.constantFrom(0, 0, 0, 1, 2),
  timeoutMs: fc.constantFrom(300, 1_000, 3_000),
  concurrency: fc.constantFrom(1, 2, 10),
  idempotent: fc.boolean(),
  echoesDeliveryId: fc.boolean(),
  doubtful: share(0.3),
  refused: share(0.3),
  reported: share(1),
});

/** Any world. */
export const anyScenario: fc.Arbitrary<Scenario> = fc
  .record({
    entropy: fc.nat(),
    beginning: fc.constantFrom(...BEGINNINGS),
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
  .map(({ beginning, ...rest }) => ({ ...rest, ...beginning }));
