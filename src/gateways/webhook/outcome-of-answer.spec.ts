import fc from 'fast-check';
import { isStorableJson } from '../../core/values/storable.js';
import type { HttpAnswer } from '../http-client.js';
import { outcomeOfAnswer } from './outcome-of-answer.js';

const NOW_MS = Date.parse('2026-03-01T12:00:00Z');

const answered = (status: number, body: unknown = '', headers: Readonly<Record<string, string>> = {}): HttpAnswer => ({
  kind: 'answered',
  status,
  headers,
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const outcomeOf = (answer: HttpAnswer) => outcomeOfAnswer(answer, NOW_MS);
const retryAfter = (value: string) => ({ 'retry-after': value });

describe('the answers of a webhook service', () => {
  it.each([200, 201, 202, 299])('%i with a messageId accepts', (status) => {
    expect(outcomeOf(answered(status, { messageId: 'm-1', queue: 3 }))).toEqual({
      kind: 'accepted',
      gatewayMessageId: 'm-1',
      response: { messageId: 'm-1', queue: 3 },
    });
  });

  it('a number may be a messageId; a long answer is not kept', () => {
    expect(outcomeOf(answered(200, { messageId: 17 }))).toMatchObject({ kind: 'accepted', gatewayMessageId: '17' });
    expect(outcomeOf(answered(200, { messageId: 'm', text: 'x'.repeat(5_000) }))).toEqual({
      kind: 'accepted',
      gatewayMessageId: 'm',
      response: { messageId: 'm' },
    });
  });

  it.each([
    ['no body', ''],
    ['no JSON', 'OK'],
    ['a list', [{ messageId: 'm' }]],
    ['null', null],
    ['no messageId', { id: 'm' }],
    ['an empty messageId', { messageId: '' }],
    ['a messageId of another type', { messageId: { id: 1 } }],
    ['a messageId that is too long', { messageId: 'x'.repeat(256) }],
    ['a messageId that cannot be stored', { messageId: 'a\0b' }],
  ])('200 with %s is uncertain: it may have been sent', (_title, body) => {
    expect(outcomeOf(answered(200, body))).toEqual({ kind: 'uncertain', reason: 'HTTP 200 without a messageId' });
  });

  it.each([429, 503])('%i with Retry-After was not processed', (status) => {
    const wait = (value: string) => outcomeOf(answered(status, '', retryAfter(value)));
    expect(wait('30')).toEqual({ kind: 'notProcessed', reason: `HTTP ${status}`, retryAfterMs: 30_000 });
    expect(wait(' 0 ')).toMatchObject({ retryAfterMs: 0 });
    expect(wait('Sun, 01 Mar 2026 12:01:30 GMT')).toMatchObject({ retryAfterMs: 90_000 });
    expect(wait('Sun, 01 Mar 2026 11:00:00 GMT')).toMatchObject({ retryAfterMs: 0 });
  });

  it('503 without a readable Retry-After proves nothing; 429 is a refusal all the same', () => {
    for (const headers of [{}, retryAfter('soon'), retryAfter('-1'), retryAfter('2026-03-01'), retryAfter('1.5')]) {
      expect(outcomeOf(answered(503, '', headers))).toEqual({ kind: 'uncertain', reason: 'HTTP 503' });
      expect(outcomeOf(answered(429, '', headers))).toMatchObject({
        kind: 'rejected',
        class: 'rate_limit',
        scope: 'channel',
      });
    }
  });

  it.each([
    [400, 'content', 'message'],
    [401, 'auth', 'channel'],
    [402, 'config', 'channel'],
    [403, 'auth', 'channel'],
    [404, 'config', 'channel'],
    [405, 'config', 'channel'],
    [408, 'transient', 'message'],
    [409, 'content', 'message'],
    [410, 'config', 'channel'],
    [413, 'content', 'message'],
    [422, 'content', 'message'],
    [425, 'transient', 'message'],
    [499, 'content', 'message'],
  ])('%i rejects as %s, pausing the %s', (status, outcomeClass, scope) => {
    expect(outcomeOf(answered(status))).toEqual({
      kind: 'rejected',
      class: outcomeClass,
      code: `HTTP_${status}`,
      detail: `The service answered HTTP ${status}.`,
      scope,
    });
  });

  it('a refusal’s code and message are the service’s own; a code that names a class decides', () => {
    expect(outcomeOf(answered(422, { code: 'TOO_LONG', message: 'At most 100.' }))).toMatchObject({
      class: 'content',
      code: 'TOO_LONG',
      detail: 'At most 100.',
    });
    expect(outcomeOf(answered(400, { code: 'Recipient' }))).toMatchObject({ class: 'recipient', scope: 'message' });
    expect(outcomeOf(answered(403, { code: 'opted_out' }))).toMatchObject({ class: 'opted_out', scope: 'pair' });
    expect(outcomeOf(answered(400, { code: 'constructor' }))).toMatchObject({ class: 'content', code: 'constructor' });
    expect(outcomeOf(answered(400, { code: 'rate_limit' }, retryAfter('5')))).toMatchObject({ retryAfterMs: 5_000 });
  });

  it.each([301, 302, 307, 308, 500, 501, 502, 504, 521, 999, 101])('%i is uncertain', (status) => {
    expect(outcomeOf(answered(status, { messageId: 'm' }))).toEqual({ kind: 'uncertain', reason: `HTTP ${status}` });
  });

  it('what did not leave was not processed; what was lost is uncertain', () => {
    expect(outcomeOf({ kind: 'notSent', reason: 'ECONNREFUSED' })).toEqual({
      kind: 'notProcessed',
      reason: 'ECONNREFUSED',
    });
    expect(outcomeOf({ kind: 'lost', reason: 'ECONNRESET' })).toEqual({ kind: 'uncertain', reason: 'ECONNRESET' });
  });

  it('any answer has an outcome that can be stored', () => {
    const body = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json({ stringUnit: 'binary' }),
      fc
        .record({
          messageId: fc.string({ unit: 'binary' }),
          code: fc.string({ unit: 'binary' }),
          message: fc.string({ unit: 'binary' }),
        })
        .map((value) => JSON.stringify(value)),
      fc.constant('['.repeat(60_000)),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), body, fc.string(), (status, text, header) => {
        expect(isStorableJson(outcomeOf(answered(status, text, retryAfter(header))))).toBe(true);
      }),
    );
  });
});
