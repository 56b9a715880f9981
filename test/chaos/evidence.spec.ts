import { describeEvidence } from './evidence.js';
import type { History } from './history.js';

const EMPTY: History = {
  ledger: [],
  told: [],
  deliveries: [],
  queue: [],
  attempts: [],
  runs: [],
  schedules: [],
  channels: [],
  receipts: [],
  changes: [],
  nextRuns: [],
  readAtMs: 0,
  brokenServers: [],
  failedStarts: [],
  faults: [],
  windingsMs: [],
  rest: { queued: 0, runs: 0, schedules: 0, events: 0, receipts: 0, timers: 0 },
  demands: { deliveries: 0, hardFaults: 0, longStops: 0, capUse: 0, spacedPairs: 0 },
};

describe('describeEvidence', () => {
  it('tells everything that is known of a delivery, in order of time, and nothing of others', () => {
    const call = (deliveryId: string, atMs: number) =>
      ({
        kind: 'call',
        atMs,
        channelId: 'c',
        deliveryId,
        attempt: 1,
        idempotencyKey: 'k',
        behaviour: 'accept',
      }) as const;
    const history: History = {
      ...EMPTY,
      ledger: [call('d', 2_000), call('e', 2_500)],
      attempts: [{ deliveryId: 'd', number: 1, token: 7, startedAtMs: 1_000, finishedAtMs: null, outcome: null }],
    };
    const text = describeEvidence(history, [{ invariant: 'I9', subject: 'd', what: '2 effects' }]);
    const lines = text.trim().split('\n');
    expect(lines.slice(0, 2)).toEqual(['d', 'I9: 2 effects']);
    expect(lines.slice(2).map((line) => line.trim().split('  ').slice(0, 2))).toEqual([
      ['1970-01-01T00:00:01.000Z', 'attempt'],
      ['1970-01-01T00:00:02.000Z', 'gateway call'],
    ]);
  });
});
