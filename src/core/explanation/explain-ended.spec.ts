import { NOW, SECOND, someFacts, us } from '../../../test/support/core/explanation-facts.js';
import type { DeliveryState } from '../delivery/delivery-state.js';
import { explainDelivery } from './explain-delivery.js';

type Ended = Parameters<typeof someFacts>[0];

const AT = us('2026-11-23T13:00:30.900Z');

const CASES: readonly [DeliveryState, string, Ended, string, string | null][] = [
  [
    'sent',
    'the gateway took it',
    { delivery: { sentAtUs: AT } },
    'The gateway took it at 2026-11-23 09:00:30 (America/Cuiaba).',
    null,
  ],
  [
    'delivered',
    'it arrived',
    { delivery: { deliveredAtUs: AT } },
    'The provider says that it was delivered at 2026-11-23 09:00:30 (America/Cuiaba).',
    null,
  ],
  [
    'read',
    'it was read',
    { delivery: { readAtUs: AT } },
    'The provider says that it was read at 2026-11-23 09:00:30 (America/Cuiaba).',
    null,
  ],
  [
    'failed',
    'its attempts are used up',
    { delivery: { failedAtUs: AT, attempt: 4, errorCode: 'HTTP_400', errorMessage: 'no such number' } },
    'It failed at 2026-11-23 09:00:30 (America/Cuiaba) after 4 attempts (HTTP_400: no such number).',
    'FAILED',
  ],
  [
    'failed',
    'it could not be written',
    { delivery: { errorCode: 'MISSING_PLACEHOLDERS', errorMessage: 'The contact has no value for {nome}.' } },
    'It failed before any attempt (MISSING_PLACEHOLDERS: The contact has no value for {nome}).',
    'FAILED',
  ],
  ['failed', 'nothing more is known', { delivery: { attempt: 1 } }, 'It failed after 1 attempt.', 'FAILED'],
  [
    'uncertain',
    'nobody knows',
    {
      delivery: {
        attempt: 1,
        calledAtUs: AT,
        errorCode: 'UNCERTAIN',
        errorMessage: 'The gateway did not answer in time.',
      },
    },
    'Nobody knows whether the gateway took the call that began at 2026-11-23 09:00:30 (America/Cuiaba) ' +
      '(The gateway did not answer in time); a status event, the late answer of the call or a person settles it.',
    'UNCERTAIN',
  ],
  [
    'cancelled',
    'its schedule was',
    { schedule: { status: 'CANCELLED' } },
    'It was cancelled with its schedule.',
    'CANCELLED',
  ],
  ['cancelled', 'somebody did', {}, 'A person cancelled it.', 'CANCELLED'],
  [
    'cancelled',
    'ana did',
    { cancelledBy: { actor: 'ana', atUs: AT } },
    'ana cancelled it at 2026-11-23 09:00:30 (America/Cuiaba).',
    'CANCELLED',
  ],
  [
    'expired',
    'it was too late',
    { delivery: { dueAtUs: AT }, schedule: { expiresAfterSeconds: 3_600 } },
    'It expired: it was due at 2026-11-23 09:00:30 (America/Cuiaba) and did not go within 3,600 seconds.',
    'EXPIRED',
  ],
  [
    'expired',
    'its schedule has no deadline any more',
    { delivery: { dueAtUs: AT } },
    'It expired: it was due at 2026-11-23 09:00:30 (America/Cuiaba) and did not go in time.',
    'EXPIRED',
  ],
  [
    'suppressed',
    'its contact opted out',
    { delivery: { errorCode: 'OPTED_OUT', errorMessage: 'The contact asked to receive nothing more.' } },
    'The contact asked to receive nothing more. It was not sent.',
    'OPTED_OUT',
  ],
  [
    'suppressed',
    'the number had it already',
    { delivery: { errorCode: 'DUPLICATE', errorMessage: 'Another contact has this number.' } },
    'Another contact has this number. It was not sent.',
    'SUPPRESSED',
  ],
  ['suppressed', 'nothing more is known', {}, 'There was nobody to send it to. It was not sent.', 'SUPPRESSED'],
];

describe('a delivery that has ended', () => {
  it.each(CASES)('is %s because %s', (state, _why, input, summary, kind) => {
    const facts = someFacts({ ...input, delivery: { ...input?.delivery, state }, queue: null });
    const gates = kind === null ? [] : [{ kind, blocking: true, untilUs: null, detail: summary }];
    expect(explainDelivery(facts)).toEqual({ summary, gates, earliestSendUs: null });
  });

  it('is at the gateway, and nothing holds it back there', () => {
    const facts = someFacts({ delivery: { state: 'sending', attempt: 1, calledAtUs: NOW - SECOND } });
    const detail = 'The gateway was called at 2026-11-23 09:59:59 (America/Cuiaba); its answer is awaited.';
    expect(explainDelivery(facts)).toEqual({
      summary: detail,
      gates: [{ kind: 'AT_GATEWAY', blocking: false, untilUs: null, detail }],
      earliestSendUs: null,
    });
  });

  it.each(['pending', 'claimed'] as const)('is being moved when it is %s in the log alone', (state) => {
    const facts = someFacts({ delivery: { state }, queue: null });
    expect(explainDelivery(facts)).toEqual({
      summary: 'It is being moved at this moment.',
      gates: [],
      earliestSendUs: null,
    });
  });
});
