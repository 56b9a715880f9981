import type { LedgerEntry } from '../gateway/ledger.js';
import type { History } from '../history.js';
import {
  attempt,
  call,
  change,
  channel,
  delivery,
  DEMANDS,
  effect,
  fault,
  posted,
  REST,
  run,
  schedule,
  STEPS,
  stored,
  T0,
} from './synthetic-history.js';
import type { InvariantName } from './violation.js';

const calls = (times: readonly number[]): LedgerEntry[] => times.map((atMs) => call({ atMs }));

/** The longest call of the channel, and the time for its receipts. */
const SETTLE_MS = 16_000;
export const REPEATED_AT = T0 + 100 + SETTLE_MS;
export const REPEATED = [
  call(),
  effect(),
  call({ attempt: 2, atMs: REPEATED_AT + 10 }),
  effect({ attempt: 2, atMs: REPEATED_AT + 11 }),
];
const TWO_CALLS = [call(), effect(), call({ deliveryId: 'e', atMs: T0 + 500 })];
export const FAILED_START = { server: 'server-1', fromMs: T0, untilMs: T0 + 500, why: 'ended with 1' };

/** Histories that break exactly one invariant. */
export const BROKEN: readonly [InvariantName, string, Partial<History>][] = [
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
  ['I20', 'a call before its run was due', { runs: [run({ dueAtMs: T0 + 110 })] }],
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
