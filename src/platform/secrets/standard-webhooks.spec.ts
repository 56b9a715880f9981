import { checkSignature, signatureHeaders, signingKey } from './standard-webhooks.js';

/** The example of https://github.com/standard-webhooks/standard-webhooks (also what npm standardwebhooks 1.1.1 makes). */
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  atMs: 1_614_265_330_000,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
} as const;

const setup = () => {
  const key = signingKey(VECTOR.secret);
  if (!key) throw new Error('the example secret must be readable');
  const body = Buffer.from(VECTOR.body);
  return { key, body, headers: { ...signatureHeaders(key, VECTOR.id, VECTOR.atMs, VECTOR.body) } };
};

describe('Standard Webhooks', () => {
  it('signs the published example as published', () => {
    const { key } = setup();
    expect(signatureHeaders(key, VECTOR.id, VECTOR.atMs + 999, VECTOR.body)).toEqual({
      'webhook-id': VECTOR.id,
      'webhook-timestamp': '1614265330',
      'webhook-signature': VECTOR.signature,
    });
  });

  it('believes what it signed, also among other signatures', () => {
    const { key, body, headers } = setup();
    expect(checkSignature(key, headers, body, VECTOR.atMs)).toBe('valid');
    const rotated = { ...headers, 'webhook-signature': `v1,AAAA v1a,BBBB ${VECTOR.signature}` };
    expect(checkSignature(key, rotated, body, VECTOR.atMs)).toBe('valid');
  });

  it('refuses a changed body, id, signature or key', () => {
    const { key, body, headers } = setup();
    const check = (changed: Record<string, string>, bytes: Buffer = body, by: Buffer = key) =>
      checkSignature(by, { ...headers, ...changed }, bytes, VECTOR.atMs);
    expect(check({}, Buffer.from('{"test": 2432232315}'))).toBe('wrong signature');
    expect(check({ 'webhook-id': 'msg_other' })).toBe('wrong signature');
    expect(check({ 'webhook-signature': VECTOR.signature.replace('g0', 'g1') })).toBe('wrong signature');
    expect(check({ 'webhook-signature': 'v1,g0hM' })).toBe('wrong signature');
    expect(check({ 'webhook-signature': VECTOR.signature.replace('v1,', 'v2,') })).toBe('wrong signature');
    expect(check({}, body, Buffer.alloc(24, 1))).toBe('wrong signature');
  });

  it('refuses a request without its headers', () => {
    const { key, body, headers } = setup();
    for (const name of Object.keys(headers)) {
      expect(checkSignature(key, { ...headers, [name]: undefined }, body, VECTOR.atMs)).toBe('missing headers');
    }
  });

  it('refuses a timestamp more than five minutes away, before and after', () => {
    const { key, body, headers } = setup();
    const at = (shiftMs: number) => checkSignature(key, headers, body, VECTOR.atMs + shiftMs);
    expect([at(300_000), at(-300_000)]).toEqual(['valid', 'valid']);
    expect([at(300_001), at(-300_001)]).toEqual(['timestamp too far from now', 'timestamp too far from now']);
    const unreadable = { ...headers, 'webhook-timestamp': 'now' };
    expect(checkSignature(key, unreadable, body, VECTOR.atMs)).toBe('timestamp too far from now');
  });

  it.each([
    ['no prefix', VECTOR.secret.slice(6)],
    ['too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['too long', `whsec_${Buffer.alloc(65).toString('base64')}`],
    ['no base64', 'whsec_not base64 at all, really not'],
    ['empty', ''],
  ])('takes no secret with %s', (_title, secret) => {
    expect(signingKey(secret)).toBeUndefined();
  });
});
