import fc from 'fast-check';
import {
  TROUBLE,
  TROUBLE_MS,
  type Scenario,
  type ScenarioAct,
  type ScenarioChannel,
  type ScenarioSchedule,
} from './scenario.js';

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
export const mixed: fc.Arbitrary<Scenario> = fc
  .record({
    entropy: fc.nat(),
    beginning: fc.constantFrom(...BEGINNINGS),
    /** In some worlds nothing goes wrong: then nothing must be in doubt that the provider did not leave in doubt. */
    staysCalm: fc.integer({ min: 0, max: 5 }).map((draw) => draw === 0),
    processes: fc.integer({ min: 1, max: 3 }),
    skewMs: fc.constantFrom(0, 600_000),
    loss: fc.constantFrom(0, 0.3, 0.9, 1),
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
