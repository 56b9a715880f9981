import type { LedgerEntry } from '../gateway/ledger.js';
import type { History } from '../history.js';
import { reconcile } from './reconcile.js';
import { attempt, call, change, delivery, effect, history, run, schedule, STEPS, T0 } from './synthetic-history.js';
import { INVARIANTS, type InvariantName } from './violation.js';

const PERMIT_LIFE_MS = 2_000;
const broken = (facts: Partial<History>): InvariantName[] => [
  ...new Set(reconcile(history(facts), PERMIT_LIFE_MS).violations.map((violation) => violation.invariant)),
];
const calls = (times: readonly number[]): LedgerEntry[] => times.map((atMs) => call({ atMs }));

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
  ['I11', 'sent, and nobody got it', { ledger: [call()] }],
  [
    'I11',
    'failed, and somebody got it',
    { deliveries: [delivery({ status: 'failed' })], attempts: [attempt({ outcome: 'rejected' })] },
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
      told: [{ kind: 'deliveryCancelled', deliveryId: 'd', askedAtMs: T0, answeredAtMs: T0 + 50 }],
    },
  ],
  [
    'I16',
    'an intent after a confirmed pause',
    { told: [{ kind: 'schedulePaused', scheduleId: 's', askedAtMs: T0, answeredAtMs: T0 + 50 }] },
  ],
  [
    'I18',
    'a window with too many calls',
    { ledger: [...calls([100, 110, 120, 130, 140].map((ms) => T0 + ms)), effect()] },
  ],
  [
    'I21',
    'a status that its events contradict',
    {
      receipts: [
        { channelId: 'c', deliveryId: 'd', eventKey: 'e', kind: 'READ', gatewayMessageId: 'm', atMs: T0 + 200 },
      ],
    },
  ],
  [
    'I21',
    'an event that was confirmed and lost',
    { ledger: [call(), effect(), { kind: 'receipt', atMs: T0, channelId: 'c', deliveryId: 'd', eventId: 'e' }] },
  ],
  ['I28', 'a request with two schedules', { schedules: [schedule(), schedule({ id: 's2' })] }],
  ['process', 'a server that ended by itself', { brokenServers: ['server-1 ended by itself with 1'] }],
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
      ledger: [call(), effect(), call({ attempt: 2 }), effect({ attempt: 2 })],
      attempts: [attempt({ outcome: 'uncertain' }), attempt({ number: 2 })],
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
