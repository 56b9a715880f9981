import type { LedgerEntry } from '../gateway/ledger.js';
import type { History } from '../history.js';
import { reconcile } from './reconcile.js';
import {
  attempt,
  call,
  change,
  channel,
  delivery,
  DEMANDS,
  effect,
  fault,
  history,
  posted,
  REST,
  run,
  schedule,
  STEPS,
  stored,
  T0,
} from './synthetic-history.js';
import { INVARIANTS, type InvariantName } from './violation.js';

const PERMIT_LIFE_MS = 2_000;
const broken = (facts: Partial<History>): InvariantName[] => [
  ...new Set(reconcile(history(facts), PERMIT_LIFE_MS).violations.map((violation) => violation.invariant)),
];
const calls = (times: readonly number[]): LedgerEntry[] => times.map((atMs) => call({ atMs }));

/** The longest call of the channel, and the time for its receipts. */
const SETTLE_MS = 16_000;
const REPEATED_AT = T0 + 100 + SETTLE_MS;
const REPEATED = [
  call(),
  effect(),
  call({ attempt: 2, atMs: REPEATED_AT + 10 }),
  effect({ attempt: 2, atMs: REPEATED_AT + 11 }),
];
const TWO_CALLS = [call(), effect(), call({ deliveryId: 'e', atMs: T0 + 500 })];
const FAILED_START = { server: 'server-1', fromMs: T0, untilMs: T0 + 500, why: 'ended with 1' };

/** Histories that break exactly one invariant. */
const BROKEN: readonly [InvariantName, string, Partial<History>][] = [
  ['I1', 'an occurrence with two rows', { runs: [run(), run({ id: 'r2', status: 'MISSED' })] }],
  [
    'I2',
    'an occurrence without a row',
    {
      schedules: [
        schedule({
          type: 'RECURRING',
          cronExpression: '* * * * *',
          createdAtMs: T0 - 61_000,
          endsAtMs: T0 + 120_000,
        }),
      ],
    },
  ],
  [
    'I3',
    'a next run that went back',
    {
      nextRuns: [
        { scheduleId: 's', atMs: T0, oldStatus: 'PENDING', newStatus: 'PENDING', oldNextMs: T0 + 2, newNextMs: T0 + 1 },
      ],
    },
  ],
  ['I3', 'an active schedule that was left behind', { schedules: [schedule({ status: 'PENDING', nextRunAtMs: T0 })] }],
  ['I6', 'a run at the end of its schedule', { schedules: [schedule({ endsAtMs: T0 })] }],
  ['I6', 'one run too many', { schedules: [schedule({ maxRuns: 0 })] }],
  ['I7', 'somebody who was left out', { schedules: [schedule({ audience: ['p', 'q'] })] }],
  ['I7', 'somebody who is not in the audience', { schedules: [schedule({ audience: ['q'] })] }],
  [
    'I7',
    'somebody with two deliveries',
    {
      deliveries: [delivery(), delivery({ id: 'd2', status: 'cancelled' })],
      runs: [run({ audienceCount: 2 })],
    },
  ],
  ['I8', 'a call of an attempt without a row', { ledger: [call(), effect(), call({ attempt: 2 })] }],
  ['I8', 'a call before its intent', { attempts: [attempt({ startedAtMs: T0 + 110 })] }],
  ['I8', 'an attempt that was called twice', { ledger: [call(), call({ atMs: T0 + 105 }), effect()] }],
  ['I9', 'two effects of AT_MOST_ONCE', { ledger: [call(), effect(), effect()] }],
  [
    'I10',
    'a repetition without a doubt',
    {
      schedules: [schedule({ guarantee: 'AT_LEAST_ONCE' })],
      ledger: [call(), effect(), call({ attempt: 2 }), effect({ attempt: 2 })],
      attempts: [attempt({ outcome: 'not_processed' }), attempt({ number: 2 })],
    },
  ],
  [
    'I9',
    'an attempt of AT_MOST_ONCE after one in doubt',
    {
      ledger: [call({ attempt: 2 }), effect({ attempt: 2 })],
      attempts: [attempt({ outcome: 'uncertain' }), attempt({ number: 2 })],
    },
  ],
  [
    'I10',
    'a repetition of an attempt that had two effects itself',
    {
      schedules: [schedule({ guarantee: 'AT_LEAST_ONCE' })],
      ledger: [call(), effect(), effect()],
    },
  ],
  [
    'I10',
    'a repetition before receipts have had their time',
    {
      schedules: [schedule({ guarantee: 'AT_LEAST_ONCE' })],
      ledger: REPEATED,
      attempts: [attempt({ outcome: 'uncertain' }), attempt({ number: 2, startedAtMs: T0 + 100 + SETTLE_MS - 3 })],
    },
  ],
  ['I11', 'sent, and nobody got it', { ledger: [call()] }],
  [
    'I11',
    'failed, and somebody got it',
    { deliveries: [delivery({ status: 'failed' })], attempts: [attempt({ outcome: 'rejected' })] },
  ],
  ...(['suppressed', 'cancelled'] as const).map((status): [InvariantName, string, Partial<History>] => [
    'I11',
    `${status}, and an attempt that was taken brought it`,
    { deliveries: [delivery({ status })] },
  ]),
  [
    'I11',
    'expired, and an attempt in doubt brought it',
    { deliveries: [delivery({ status: 'expired' })], attempts: [attempt({ outcome: 'uncertain' })] },
  ],
  ['I12', 'something left in the queue', { queue: [{ deliveryId: 'd', state: 'uncertain' }] }],
  [
    'I12',
    'a delivery that waits and that nobody looks for',
    { deliveries: [delivery({ status: 'pending' })], ledger: [], attempts: [], changes: STEPS.slice(0, 2) },
  ],
  [
    'I13',
    'a terminal state that changed',
    { changes: [...STEPS, change({ tx: '5', source: 'log', from: 'sent', to: 'uncertain' })] },
  ],
  ['I14', 'an outcome while the attempt of the holder was open', { attempts: [attempt({ finishedAtMs: T0 + 500 })] }],
  [
    'I16',
    'a call after a confirmed cancel',
    {
      deliveries: [delivery({ status: 'cancelled' })],
      attempts: [attempt({ outcome: 'uncertain' })],
      told: [{ kind: 'deliveryCancelled', deliveryId: 'd', askedAtMs: T0, answeredAtMs: T0 + 50 }],
    },
  ],
  [
    'I16',
    'an intent after a confirmed pause',
    { told: [{ kind: 'schedulePaused', scheduleId: 's', askedAtMs: T0, answeredAtMs: T0 + 50 }] },
  ],
  [
    'I16',
    'a call long after its contact opted out',
    {
      told: [{ kind: 'contactOptedOut', contactId: 'p', askedAtMs: T0 - 9_000, answeredAtMs: T0 - 8_000 }],
    },
  ],
  [
    'I18',
    'a window with too many calls',
    { ledger: [...calls([100, 110, 120, 130, 140].map((ms) => T0 + ms)), effect()] },
  ],
  ['I18', 'a local date with more calls than its cap', { channels: [channel({ perDay: 1 })], ledger: TWO_CALLS }],
  [
    'I18',
    'two calls closer than the distance and the life of a permit allow',
    { channels: [channel({ minSpacingSeconds: 3 })], ledger: TWO_CALLS },
  ],
  [
    'I21',
    'a status that its events contradict',
    { ledger: [call(), effect(), posted('read')], receipts: [stored('read')] },
  ],
  ['I21', 'an event that was confirmed and lost', { ledger: [call(), effect(), posted('sent')] }],
  ['I21', 'an event without a delivery', { receipts: [{ ...stored('sent'), deliveryId: null }] }],
  ['I28', 'a request with two schedules', { schedules: [schedule(), schedule({ id: 's2' })] }],
  ['process', 'a server that ended by itself', { brokenServers: ['server-1 ended by itself with 1'] }],
  ['process', 'a start that failed without a reason', { failedStarts: [FAILED_START] }],
  [
    'process',
    'a start that failed while another server had no way to the database',
    { failedStarts: [FAILED_START], faults: [fault({ kind: 'swallow', server: 'server-2' })] },
  ],
  ['rest', 'a status event that nobody stored', { rest: { ...REST, receipts: 1 } }],
  ['rest', 'an effect that the gateway had not got to', { rest: { ...REST, timers: 1 } }],
  ['enough', 'a run without deliveries to speak of', { demands: { ...DEMANDS, deliveries: 2 } }],
  ['enough', 'a run without faults', { demands: { ...DEMANDS, hardFaults: 1 }, faults: [fault({ kind: 'delay' })] }],
  [
    'enough',
    'a run whose long stops were cut short',
    { demands: { ...DEMANDS, longStops: 1 }, faults: [fault({ kind: 'stopLong' })] },
  ],
  [
    'enough',
    'a run that came near no cap',
    { demands: { ...DEMANDS, capUse: 0.5 }, channels: [channel({ perDay: 3 })] },
  ],
  ['enough', 'a run without calls to keep apart', { demands: { ...DEMANDS, spacedPairs: 1 } }],
];

/** What cannot be broken alone: several calls of an attempt are one of a window's, too. */
const TOGETHER: Partial<Record<InvariantName, readonly InvariantName[]>> = { I18: ['I8'] };

describe('reconcile', () => {
  it('finds nothing wrong where nothing is', () => {
    expect(reconcile(history(), PERMIT_LIFE_MS)).toEqual({
      violations: [],
      figures: {
        deliveries: 1,
        calls: 1,
        effects: 1,
        attempts: 1,
        receipts: 0,
        byStatus: { sent: 1 },
        uncertainShare: 0,
        repeated: 0,
        cancelled: 0,
        excess: 0,
        latestCallAfterStopMs: 0,
        hardFaults: 0,
        longStops: 0,
        capUse: 0,
        spacedPairs: 0,
        spacingExcessMs: 0,
      },
    });
  });

  it.each(BROKEN)('reports %s: %s', (invariant, _what, facts) => {
    const others = TOGETHER[invariant] ?? [];
    expect(broken(facts).filter((name) => !others.includes(name))).toEqual([invariant]);
  });

  it('has a history that breaks each invariant', () => {
    expect(new Set(BROKEN.map(([invariant]) => invariant))).toEqual(new Set(Object.keys(INVARIANTS)));
  });

  it('takes a repetition after a doubt for what was asked for', () => {
    const facts = {
      schedules: [schedule({ guarantee: 'AT_LEAST_ONCE' })],
      ledger: REPEATED,
      attempts: [attempt({ outcome: 'uncertain' }), attempt({ number: 2, startedAtMs: REPEATED_AT })],
    };
    expect(broken(facts)).toEqual([]);
    expect(reconcile(history(facts), PERMIT_LIFE_MS).figures.repeated).toBe(1);
  });

  it('owes no occurrence to a schedule that was paused, and takes a missed range for all that it covers', () => {
    const recurring = schedule({
      type: 'RECURRING',
      cronExpression: '* * * * *',
      createdAtMs: T0 - 61_000,
      endsAtMs: T0 + 180_000,
    });
    const runs = [run(), run({ id: 'r2', dueAtMs: T0 + 60_000, status: 'MISSED', missedUntilMs: T0 + 120_000 })];
    expect(broken({ schedules: [recurring], runs })).toEqual([]);
    const paused = [
      { kind: 'schedulePaused', scheduleId: 's', askedAtMs: T0 + 30_000, answeredAtMs: T0 + 30_010 },
      { kind: 'scheduleResumed', scheduleId: 's', askedAtMs: T0 + 150_000, answeredAtMs: T0 + 150_010 },
    ] as const;
    expect(broken({ schedules: [recurring], told: paused })).toEqual([]);
  });

  it('allows a call under an intent from before the stop, for as long as a permit lives', () => {
    const told = [{ kind: 'channelPaused', channelId: 'c', askedAtMs: T0, answeredAtMs: T0 + 95 }] as const;
    expect(broken({ told })).toEqual([]);
    expect(reconcile(history({ told }), PERMIT_LIFE_MS).figures.latestCallAfterStopMs).toBe(5);
    expect(broken({ told, ledger: [call({ atMs: T0 + 96 + PERMIT_LIFE_MS }), effect()] })).toEqual(['I16']);
  });

  it('lets an answer that came after its lease settle the doubt, where the gateway knows of it', () => {
    const attempts = [attempt({ outcome: 'lease_expired' })];
    expect(broken({ attempts })).toEqual([]);
    expect(broken({ attempts, ledger: [call()] })).toEqual(expect.arrayContaining(['I11', 'I21']));
  });

  it('asks no settle time of a gateway that takes a repetition for the same, or where the clock was put forward', () => {
    const facts = {
      schedules: [schedule({ guarantee: 'AT_LEAST_ONCE' as const })],
      ledger: [call(), effect(), call({ attempt: 2, atMs: T0 + 200 })],
      attempts: [attempt({ outcome: 'uncertain' }), attempt({ number: 2, startedAtMs: T0 + 190 })],
    };
    expect(broken({ ...facts, channels: [channel({ idempotent: true })] })).toEqual([]);
    expect(broken({ ...facts, ledger: [...facts.ledger, effect({ attempt: 2 })] })).toEqual(['I10']);
    expect(broken({ ...facts, ledger: [...facts.ledger, effect({ attempt: 2 })], windingsMs: [T0 + 150] })).toEqual([]);
  });

  it('lets a person end what an attempt in doubt may have brought', () => {
    for (const status of ['suppressed', 'cancelled'] as const)
      expect(broken({ deliveries: [delivery({ status })], attempts: [attempt({ outcome: 'uncertain' })] })).toEqual([]);
  });

  it('counts calls for the date that gave their permits, by the clock of the channel', () => {
    const midnight = Date.parse('2026-03-02T04:00:00.000Z');
    const calls = (...times: number[]) => ({
      ledger: times.map((ms, place) => call({ deliveryId: `${place}`, atMs: midnight + ms })),
      attempts: times.map((ms, place) =>
        attempt({ deliveryId: `${place}`, startedAtMs: midnight + ms - 1, outcome: 'uncertain' }),
      ),
      deliveries: [],
      runs: [],
      changes: [],
      channels: [channel({ perDay: 1, burst: 10, timeZone: 'America/Cuiaba' })],
      demands: { ...DEMANDS, deliveries: 0 },
    });
    expect(broken(calls(-1, PERMIT_LIFE_MS - 1, PERMIT_LIFE_MS))).toEqual([]);
    expect(broken(calls(-2, -1))).toEqual(['I18']);
    expect(broken(calls(PERMIT_LIFE_MS, PERMIT_LIFE_MS + 1))).toEqual(['I18']);
  });

  it('forgives one call of each stop and channel that was caught on its way, and no second one', () => {
    const stop = fault({ fromMs: T0 + 100, untilMs: T0 + 9_000 });
    const held = (...ids: string[]) => ({
      ledger: ids.map((deliveryId, place) => call({ deliveryId, atMs: T0 + 9_001 + place })),
      attempts: ids.map((deliveryId) => attempt({ deliveryId, outcome: 'uncertain' })),
      deliveries: [],
      runs: [],
      changes: [],
      channels: [channel({ minSpacingSeconds: 3 })],
      demands: { ...DEMANDS, deliveries: 0 },
      faults: [stop],
    });
    expect(broken(held('d', 'e'))).toEqual([]);
    expect(broken(held('d', 'e', 'f'))).toEqual(['I18']);
    const paused = {
      told: [{ kind: 'channelPaused', channelId: 'c', askedAtMs: T0, answeredAtMs: T0 + 200 }] as const,
      ledger: [call({ atMs: T0 + 9_001 }), effect()],
    };
    expect(broken({ ...paused, faults: [stop] })).toEqual([]);
    expect(broken(paused)).toEqual(['I16']);
  });

  it('takes a status event for the message that it names, and what was read for read', () => {
    const failed = { ledger: [call(), effect(), posted('failed')], receipts: [stored('failed')] };
    expect(broken(failed)).toEqual(['I21']);
    expect(broken({ ...failed, deliveries: [delivery({ status: 'failed' })] })).toEqual([]);
    const ofAnother = { ledger: [call(), effect(), posted('failed', 'n')], receipts: [stored('failed', 'n')] };
    expect(broken(ofAnother)).toEqual([]);
    const all = [posted('read'), posted('failed'), posted('delivered'), posted('sent')];
    const read = { ledger: [call(), effect(), ...all], receipts: all.map(({ status }) => stored(status)) };
    expect(broken({ ...read, deliveries: [delivery({ status: 'read' })] })).toEqual([]);
    for (const status of ['sent', 'delivered', 'failed'] as const)
      expect(broken({ ...read, deliveries: [delivery({ status })] })).toEqual(['I21']);
  });

  it('excuses a start that failed while the database or the way to it did', () => {
    for (const facts of [{ kind: 'crashDatabase', server: null }, { kind: 'swallow' }] as const)
      expect(broken({ failedStarts: [FAILED_START], faults: [fault(facts)] })).toEqual([]);
  });

  it('measures the fullest window against the strict limit too', () => {
    const three = [
      call(),
      call({ atMs: T0 + 101, deliveryId: 'e' }),
      call({ atMs: T0 + 102, deliveryId: 'f' }),
      effect(),
    ];
    expect(reconcile(history({ ledger: three }), PERMIT_LIFE_MS).figures.excess).toBeCloseTo(0.998, 3);
  });
});
