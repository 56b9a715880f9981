import type { History } from '../history.js';
import { BROKEN, FAILED_START, REPEATED, REPEATED_AT } from './broken-histories.js';
import { reconcile } from './reconcile.js';
import {
  attempt,
  call,
  channel,
  delivery,
  DEMANDS,
  effect,
  fault,
  history,
  posted,
  run,
  schedule,
  stored,
  T0,
} from './synthetic-history.js';
import { INVARIANTS, type InvariantName } from './violation.js';

const PERMIT_LIFE_MS = 2_000;
const broken = (facts: Partial<History>): InvariantName[] => [
  ...new Set(reconcile(history(facts), PERMIT_LIFE_MS).violations.map((violation) => violation.invariant)),
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
