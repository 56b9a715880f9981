import { hours, lanePolicy, NOW, SECOND, someFacts, us, zoneOf } from '../../../test/support/core/explanation-facts.js';
import { contactQuota } from '../rate-limit/quota.js';
import { explainDelivery } from './explain-delivery.js';
import type { GateKind } from './gate.js';

const BUSINESS = hours({ sendingFromMinute: 8 * 60, sendingToMinute: 20 * 60, sendingWeekdays: [1, 2, 3, 4, 5] });
const busy = { tatUs: NOW + 12 * SECOND, lastTakenUs: NOW - 10 * SECOND, day: '2026-11-23', sentToday: 8 };

/** One gate in the way: its kind, until when, and the sentence. */
const CASES: readonly [GateKind, string, Parameters<typeof someFacts>[0], string | null, string][] = [
  [
    'PROCESSING_OFF',
    'nothing runs',
    { isProcessing: false },
    null,
    'Nothing is sent at present: no process that sends is running.',
  ],
  [
    'SCHEDULE_PAUSED',
    'its schedule is paused',
    { schedule: { status: 'PAUSED' }, queue: { waitReason: 'paused', readyAtUs: null } },
    null,
    'Its schedule is paused: it waits until a person resumes the schedule.',
  ],
  [
    'SCHEDULE_PAUSED',
    'its schedule was just resumed',
    { queue: { waitReason: 'paused', readyAtUs: null } },
    null,
    'Its schedule was paused, and is going on: the delivery follows.',
  ],
  ['CANCELLED', 'its cancel is asked for', { queue: { cancelRequested: true } }, null, 'It is being cancelled.'],
  [
    'CANCELLED',
    'its schedule is cancelled',
    { schedule: { status: 'CANCELLED' } },
    null,
    'Its schedule was cancelled: it will not be sent.',
  ],
  [
    'CHANNEL_PAUSED',
    'its channel is paused',
    { channel: { status: 'PAUSED', statusReason: 'Paused by ana.' } },
    null,
    'The channel is paused (Paused by ana): it waits until a person resumes the channel.',
  ],
  [
    'CHANNEL_DISCONNECTED',
    'its channel is disconnected',
    { channel: { status: 'DISCONNECTED' } },
    null,
    'The channel is disconnected: it waits until the channel is connected and resumed.',
  ],
  [
    'OPTED_OUT',
    'its contact opted out',
    { contact: { optedOut: true } },
    null,
    'The contact asked to receive nothing more. It will not be sent.',
  ],
  [
    'NO_ADDRESS',
    'its contact has no number',
    { contact: { phone: null } },
    null,
    'The contact has no phone number. It will not be sent.',
  ],
  [
    'CONTACT_DELETED',
    'its contact is deleted',
    { contact: { deleted: true } },
    null,
    'The contact was deleted. It will not be sent.',
  ],
  [
    'MISSING_PLACEHOLDERS',
    'its text lacks a value',
    { message: { content: '{cidade}' } },
    null,
    'The contact has no value for {cidade}. It fails when its turn comes, unless the contact or the message is mended.',
  ],
  [
    'MESSAGE_PAUSED',
    'its message is paused',
    { message: { status: 'PAUSED' } },
    null,
    'The message is PAUSED: it waits until a person activates the message.',
  ],
  [
    'EXPIRED',
    'it is too late',
    { queue: { expiresAtUs: us('2026-11-23T13:30:00Z') } },
    null,
    'It has expired: it had to go by 2026-11-23 09:30 (America/Cuiaba).',
  ],
  [
    'EXPIRED',
    'its deadline comes before its turn',
    { queue: { expiresAtUs: NOW + SECOND }, channel: { lane: busy, policy: lanePolicy({ perMinute: 5, burst: 1 }) } },
    null,
    'It expires at 2026-11-23 10:00:01 (America/Cuiaba), before it can go.',
  ],
  [
    'REPLANNING',
    'the hours of its campaign’s day are over',
    { queue: { slotUntilUs: us('2026-11-23T13:30:00Z'), spacingUs: 60 * SECOND } },
    null,
    "The campaign's hours of its day ended at 2026-11-23 09:30 (America/Cuiaba): it is getting another time.",
  ],
  [
    'REPLANNING',
    'they end before its turn',
    { queue: { slotUntilUs: NOW + SECOND, spacingUs: 60 * SECOND }, channel: { lane: busy } },
    null,
    "The campaign's hours of its day end at 2026-11-23 10:00:01 (America/Cuiaba), before it can go: it will get another time.",
  ],
  [
    'DUE_TIME',
    'its time is ahead',
    { delivery: { dueAtUs: us('2026-11-23T17:00:00.250Z') }, schedule: { timeZone: zoneOf('Europe/Lisbon') } },
    '2026-11-23T17:00:00.250Z',
    'Waits for its time, 2026-11-23 17:00:01 (Europe/Lisbon).',
  ],
  [
    'RETRY_BACKOFF',
    'an attempt failed',
    { delivery: { attempt: 1, errorCode: 'HTTP_503' }, queue: { waitReason: 'retry', readyAtUs: NOW + 60 * SECOND } },
    '2026-11-23T14:01:00Z',
    'Attempt 1 failed (HTTP_503); the next one follows at 2026-11-23 10:01 (America/Cuiaba).',
  ],
  [
    'UNCERTAIN',
    'nobody knows what became of it, and it may be sent again',
    { delivery: { state: 'uncertain', attempt: 2 }, queue: { waitReason: 'retry', readyAtUs: NOW + 45 * SECOND } },
    '2026-11-23T14:00:45Z',
    'Nobody knows whether the gateway took attempt 2; it is sent again at 2026-11-23 10:00:45 (America/Cuiaba), unless a status event or a person settles it before.',
  ],
  [
    'RECHECK',
    'its message was paused a moment ago',
    { queue: { readyAtUs: NOW + 40 * SECOND } },
    '2026-11-23T14:00:40Z',
    'It is looked at again at 2026-11-23 10:00:40 (America/Cuiaba).',
  ],
  [
    'RECHECK',
    'it was put off by a limit that it no longer has',
    { queue: { readyAtUs: NOW + 40 * SECOND, waitReason: 'rate_limit', express: true } },
    '2026-11-23T14:00:40Z',
    'It is looked at again at 2026-11-23 10:00:40 (America/Cuiaba).',
  ],
  [
    'WINDOW',
    'its channel is closed',
    { nowUs: us('2026-11-28T15:00:00Z'), channel: { hours: BUSINESS } },
    '2026-11-30T12:00:00Z',
    'The channel sends from 08:00 to 20:00 on Monday, Tuesday, Wednesday, Thursday and Friday; it opens at 2026-11-30 08:00 (America/Cuiaba).',
  ],
  [
    'WINDOW',
    'its channel is closed, and it needs no permit',
    { channel: { hours: hours({ sendingWeekdays: [2] }) }, queue: { express: true } },
    '2026-11-24T04:00:00Z',
    'The channel sends at any hour on Tuesday; it opens at 2026-11-24 00:00 (America/Cuiaba).',
  ],
  [
    'CHANNEL_HELD',
    'the provider asked for a pause',
    { channel: { heldUntilUs: NOW + 90 * SECOND } },
    '2026-11-23T14:01:30Z',
    'The provider asked the channel for a pause until 2026-11-23 10:01:30 (America/Cuiaba).',
  ],
  [
    'DAILY_CAP',
    'the channel has sent enough today',
    { channel: { policy: lanePolicy({ perDay: 8 }), lane: { ...busy, tatUs: 0 } } },
    '2026-11-24T04:00:00Z',
    'The channel has sent its 8 messages of the day; the next day begins at 2026-11-24 00:00 (America/Cuiaba).',
  ],
  [
    'SPACING',
    'the channel’s last message is too near',
    { channel: { policy: lanePolicy({ minSpacingSeconds: 30 }), lane: { ...busy, tatUs: 0 } } },
    '2026-11-23T14:00:20Z',
    "It keeps 30 seconds of distance from the channel's message before it; that is at 2026-11-23 10:00:20 (America/Cuiaba).",
  ],
  [
    'SPACING',
    'it is too near for its campaign',
    {
      channel: { lane: { ...busy, tatUs: 0 } },
      queue: { spacingUs: 60 * SECOND, waitReason: 'rate_limit', readyAtUs: NOW + 50 * SECOND },
    },
    '2026-11-23T14:00:50Z',
    "It keeps 60 seconds of distance from the channel's message before it; that is at 2026-11-23 10:00:50 (America/Cuiaba).",
  ],
  [
    'CHANNEL_RATE',
    'the channel has no permit left',
    { channel: { policy: lanePolicy({ perMinute: 5, burst: 1 }), lane: busy } },
    '2026-11-23T14:00:12Z',
    'The channel sends 5 messages a minute; the next may go at 2026-11-23 10:00:12 (America/Cuiaba).',
  ],
  [
    'CONTACT_RATE',
    'its contact has had its message of the minute',
    { channel: { contactQuota: contactQuota(60, 1) }, contactTatUs: NOW + 25 * SECOND },
    '2026-11-23T14:00:25Z',
    'The contact gets 1 message a minute; the next may go at 2026-11-23 10:00:25 (America/Cuiaba).',
  ],
  [
    'CONTACT_RATE',
    'its contact’s rate put it off and was raised since',
    { queue: { waitReason: 'rate_limit', readyAtUs: NOW + 25 * SECOND } },
    '2026-11-23T14:00:25Z',
    'The contact gets 6 messages a minute; the next may go at 2026-11-23 10:00:25 (America/Cuiaba).',
  ],
  [
    'QUEUE',
    'others of the channel go before it',
    { channel: { policy: lanePolicy({ perMinute: 5, burst: 2 }) }, ahead: { now: 2, express: 0, atItsTime: 0 } },
    '2026-11-23T14:00:12.200Z',
    '2 deliveries of the channel go before it; its turn comes at 2026-11-23 10:00:13 (America/Cuiaba) or later.',
  ],
];

describe('a delivery that waits', () => {
  it.each(CASES)('for %s when %s', (kind, _when, input, until, detail) => {
    const untilUs = until === null ? null : us(until);
    const { summary, gates, earliestSendUs } = explainDelivery(someFacts(input));
    expect(gates.filter((one) => one.kind === kind)).toEqual([{ kind, blocking: true, untilUs, detail }]);
    expect(summary).toBe(detail);
    expect(earliestSendUs).toBe(untilUs);
  });
});
