import fc from 'fast-check';
import { signatureHeaders, signingKey } from '../../platform/secrets/standard-webhooks.js';
import { readStatusWebhook } from './status-webhook.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const NOW_MS = Date.parse('2026-03-01T12:00:00Z');
const EVENT = {
  eventId: 'evt-1',
  deliveryId: '0198c0de-0000-7000-8000-000000000001',
  messageId: 'm-1',
  status: 'delivered',
  at: '2026-03-01T08:59:58.250-03:00',
};

const key = signingKey(SECRET) as Buffer;
const read = (body: unknown, settings: Readonly<Record<string, unknown>> = { secret: SECRET }, signedAtMs = NOW_MS) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const headers = { ...signatureHeaders(key, 'msg_1', signedAtMs, text) };
  return readStatusWebhook({ headers, rawBody: Buffer.from(text), settings, nowMs: NOW_MS });
};
const reasonFor = (event: Readonly<Record<string, unknown>>) => {
  const reading = read({ ...EVENT, ...event });
  return reading.kind === 'refused' ? `${reading.httpStatus} ${reading.reason}` : 'events';
};

describe('status events of a webhook service', () => {
  it('are read from one object', () => {
    expect(read(EVENT)).toEqual({
      kind: 'events',
      events: [
        {
          kind: 'DELIVERED',
          eventKey: 'evt-1',
          deliveryId: EVENT.deliveryId,
          gatewayMessageId: 'm-1',
          at: Date.parse('2026-03-01T11:59:58.250Z'),
        },
      ],
    });
  });

  it('are read from a list of up to 1,000', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({ ...EVENT, eventId: `evt-${index}` }));
    expect(read(many)).toMatchObject({ kind: 'events', events: { length: 1_000 } });
    expect(read([])).toEqual({ kind: 'events', events: [] });
    expect(read([...many, EVENT])).toEqual({ kind: 'refused', httpStatus: 400, reason: 'more than 1000 events' });
  });

  it.each([
    ['sent', 'SENT'],
    ['delivered', 'DELIVERED'],
    ['read', 'READ'],
    ['failed', 'FAILED'],
  ])('%s means %s', (status, kind) => {
    expect(read({ ...EVENT, status, errorCode: 'E1', errorMessage: 'no\0 way' })).toMatchObject({
      events: [{ kind, errorCode: 'E1', errorMessage: 'no way' }],
    });
  });

  it('need one of the two ids', () => {
    expect(read({ ...EVENT, deliveryId: null })).toMatchObject({ kind: 'events' });
    expect(read({ ...EVENT, messageId: undefined })).toMatchObject({ kind: 'events' });
    expect(reasonFor({ deliveryId: null, messageId: null })).toBe('400 event 0: needs a deliveryId or a messageId');
  });

  it('are refused from anybody who cannot sign', () => {
    expect(read(EVENT, {})).toMatchObject({ kind: 'refused', httpStatus: 401 });
    expect(read(EVENT, { secret: null })).toMatchObject({ kind: 'refused', httpStatus: 401 });
    const other = `whsec_${Buffer.alloc(24, 1).toString('base64')}`;
    expect(read(EVENT, { secret: other })).toEqual({
      kind: 'refused',
      httpStatus: 401,
      reason: 'not authentic: wrong signature',
    });
    expect(read(EVENT, undefined, NOW_MS - 301_000)).toMatchObject({ httpStatus: 401 });
    const unsigned = {
      headers: {},
      rawBody: Buffer.from(JSON.stringify(EVENT)),
      settings: { secret: SECRET },
      nowMs: NOW_MS,
    };
    expect(readStatusWebhook(unsigned)).toMatchObject({ httpStatus: 401, reason: 'not authentic: missing headers' });
  });

  it.each([
    [{ eventId: '' }, /eventId/],
    [{ eventId: 5 }, /eventId/],
    [{ eventId: 'x'.repeat(256) }, /eventId/],
    [{ eventId: 'a\0' }, /eventId/],
    [{ deliveryId: 'not-one-of-ours' }, /deliveryId/],
    [{ messageId: '' }, /messageId/],
    [{ status: 'queued' }, /status/],
    [{ status: 'constructor' }, /status/],
    [{ at: '2026-03-01T12:00:00' }, /at must be/],
    [{ at: 'yesterday' }, /at must be/],
    [{ at: 1_780_000_000 }, /at must be/],
  ])('are refused with their place when they cannot be read: %p', (event, reason) => {
    expect(reasonFor(event)).toMatch(/^400 event 0: /);
    expect(reasonFor(event)).toMatch(reason);
    expect(read([EVENT, { ...EVENT, ...event }])).toMatchObject({ kind: 'refused', httpStatus: 400 });
  });

  it('are refused when the body is something else, whatever it is', () => {
    expect(read('not json')).toEqual({ kind: 'refused', httpStatus: 400, reason: 'the body is not JSON' });
    expect(read('null')).toMatchObject({ kind: 'refused', httpStatus: 400 });
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (body) => {
        expect(['events', 'refused']).toContain(read(body).kind);
      }),
    );
  });
});
