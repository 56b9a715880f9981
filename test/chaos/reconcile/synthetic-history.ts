import type { CallEntry, EffectEntry, ReceiptEntry } from '../gateway/ledger.js';
import type {
  AttemptRow,
  Change,
  ChannelRow,
  DeliveryRow,
  History,
  RunRow,
  ScheduleRow,
  StoredReceipt,
} from '../history.js';
import type { Demands } from '../plan.js';
import type { Rest } from '../quiescence.js';
import type { InflictedFault } from '../fault.js';

/** When the one delivery of these histories was due. */
export const T0 = Date.parse('2026-03-01T12:00:00.000Z');

export const call = (facts: Partial<CallEntry> = {}): CallEntry => ({
  kind: 'call',
  atMs: T0 + 100,
  channelId: 'c',
  deliveryId: 'd',
  attempt: 1,
  idempotencyKey: 'd',
  behaviour: 'accept',
  ...facts,
});
export const effect = (facts: Partial<EffectEntry> = {}): EffectEntry => ({
  kind: 'effect',
  atMs: T0 + 101,
  channelId: 'c',
  deliveryId: 'd',
  attempt: 1,
  messageId: 'm',
  ...facts,
});
export const attempt = (facts: Partial<AttemptRow> = {}): AttemptRow => ({
  deliveryId: 'd',
  number: 1,
  token: 7,
  startedAtMs: T0 + 90,
  finishedAtMs: T0 + 120,
  outcome: 'accepted',
  ...facts,
});
export const run = (facts: Partial<RunRow> = {}): RunRow => ({
  id: 'r',
  scheduleId: 's',
  dueAtMs: T0,
  status: 'COMPLETED',
  audienceCount: 1,
  missedUntilMs: null,
  ...facts,
});
export const schedule = (facts: Partial<ScheduleRow> = {}): ScheduleRow => ({
  id: 's',
  reference: 'ref',
  type: 'IMMEDIATE',
  status: 'COMPLETED',
  guarantee: 'AT_MOST_ONCE',
  cronExpression: null,
  timeZone: 'UTC',
  startsAtMs: null,
  endsAtMs: null,
  maxRuns: null,
  runCount: 1,
  nextRunAtMs: null,
  createdAtMs: T0,
  audience: ['p'],
  ...facts,
});
export const delivery = (facts: Partial<DeliveryRow> = {}): DeliveryRow => ({
  id: 'd',
  scheduleId: 's',
  runId: 'r',
  channelId: 'c',
  contactId: 'p',
  status: 'sent',
  attempt: 1,
  gatewayMessageId: 'm',
  errorCode: null,
  ...facts,
});
export const channel = (facts: Partial<ChannelRow> = {}): ChannelRow => ({
  id: 'c',
  name: 'c',
  perMinute: 60,
  burst: 2,
  perDay: null,
  minSpacingSeconds: 0,
  timeZone: 'UTC',
  idempotent: false,
  timeoutMs: 1_000,
  ...facts,
});
/** A status event that the gateway was told to be stored. */
export const posted = (status: ReceiptEntry['status'], messageId = 'm'): ReceiptEntry => ({
  kind: 'receipt',
  atMs: T0 + 200,
  channelId: 'c',
  deliveryId: 'd',
  eventId: `${messageId}:${status}`,
  messageId,
  status,
});
/** The same as it is stored. */
export const stored = (status: ReceiptEntry['status'], messageId = 'm'): StoredReceipt => ({
  channelId: 'c',
  deliveryId: 'd',
  eventKey: `${messageId}:${status}`,
  kind: status.toUpperCase() as StoredReceipt['kind'],
  gatewayMessageId: messageId,
  atMs: T0 + 200,
});
export const fault = (facts: Partial<InflictedFault> = {}): InflictedFault => ({
  kind: 'stopShort',
  server: 'server-1',
  fromMs: T0,
  untilMs: T0 + 1_000,
  ...facts,
});
export const REST: Rest = { queued: 0, runs: 0, schedules: 0, events: 0, receipts: 0, timers: 0 };
export const DEMANDS: Demands = { deliveries: 1, hardFaults: 0, longStops: 0, capUse: 0, spacedPairs: 0 };
export const change = (facts: Partial<Change> = {}): Change => ({
  tx: '1',
  atMs: T0 + 50,
  deliveryId: 'd',
  source: 'queue',
  from: null,
  to: 'pending',
  token: null,
  attempt: null,
  ...facts,
});
const sending = change({ tx: '3', from: 'claimed', to: 'sending', token: 7, attempt: 0 });
export const STEPS: readonly Change[] = [
  change({ source: 'log' }),
  change(),
  change({ tx: '2', from: 'pending', to: 'claimed', token: 0, attempt: 0 }),
  sending,
  change({ tx: '4', atMs: T0 + 121, from: 'sending', to: null, token: 7, attempt: 1 }),
  change({ tx: '4', atMs: T0 + 121, source: 'log', from: 'pending', to: 'sent' }),
];

/** One delivery that went as it should. */
export const history = (facts: Partial<History> = {}): History => ({
  ledger: [call(), effect()],
  told: [{ kind: 'scheduled', reference: 'ref', scheduleId: 's', recipients: 1 }],
  deliveries: [delivery()],
  queue: [],
  attempts: [attempt()],
  runs: [run()],
  schedules: [schedule()],
  channels: [channel()],
  receipts: [],
  changes: STEPS,
  nextRuns: [],
  readAtMs: T0 + 60_000,
  brokenServers: [],
  failedStarts: [],
  faults: [],
  windingsMs: [],
  rest: REST,
  demands: DEMANDS,
  ...facts,
});
