import { readWebhookSettings } from './webhook-settings.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const read = (given: Readonly<Record<string, unknown>>) =>
  readWebhookSettings({ url: 'https://example.com/m', ...given }, 'input.webhook');
const problems = (given: Readonly<Record<string, unknown>>) => {
  const settings = read(given);
  return settings.ok ? [] : settings.error.map(({ field, rule }) => `${field} ${rule}`);
};

describe('readWebhookSettings', () => {
  it('fills in what is absent, drops what it does not know, and answers the same for what it answered', () => {
    const complete = {
      url: 'https://example.com/m',
      secret: null,
      headers: null,
      timeoutMs: 30_000,
      concurrency: 100,
      idempotent: false,
    };
    expect(read({ colour: 'red', timeoutMs: null, headers: {} })).toEqual({ ok: true, value: complete });
    expect(readWebhookSettings(complete, '')).toEqual({ ok: true, value: complete });
    const full = {
      ...complete,
      secret: SECRET,
      headers: { Authorization: 'Bearer x' },
      timeoutMs: 100,
      idempotent: true,
    };
    expect(readWebhookSettings(full, '')).toEqual({ ok: true, value: full });
  });

  it.each(['', 'example.com', '/path', 'ftp://example.com', 'file:///etc/passwd', 'javascript:alert(1)', 17, null])(
    'takes no address %p',
    (url) => expect(problems({ url })).toEqual(['input.webhook.url url']),
  );

  it('takes no credentials in the address, which is shown, and no fragment', () => {
    expect(problems({ url: 'https://user:pass@example.com' })).toEqual(['input.webhook.url url.credentials']);
    expect(problems({ url: 'https://example.com/#a' })).toEqual(['input.webhook.url url.fragment']);
  });

  it('takes Standard Webhooks secrets only', () => {
    expect(problems({ secret: SECRET })).toEqual([]);
    expect(problems({ secret: 'secret' })).toEqual(['input.webhook.secret secret']);
    expect(problems({ secret: 1 })).toEqual(['input.webhook.secret secret']);
  });

  it.each(['Host', 'content-length', 'Connection', 'Transfer-Encoding', 'Idempotency-Key', 'webhook-signature', 'TE'])(
    'leaves the header %s to the program',
    (name) => expect(problems({ headers: { [name]: 'x' } })).toEqual([`input.webhook.headers.${name} header.reserved`]),
  );

  it('takes no header that could break out of its line', () => {
    expect(problems({ headers: { 'X-A': 'a\r\nX-B: b' } })).toEqual(['input.webhook.headers.X-A header.value']);
    expect(problems({ headers: { 'X A': 'a' } })).toEqual(['input.webhook.headers.X A header.name']);
    expect(problems({ headers: { 'X-A': '' } })).toEqual(['input.webhook.headers.X-A header.value']);
    expect(problems({ headers: { 'X-A': 'ação' } })).toEqual(['input.webhook.headers.X-A header.value']);
    expect(problems({ headers: { 'X-A': 1 } })).toEqual(['input.webhook.headers.X-A header.value']);
    expect(problems({ headers: { 'X-A': 'a', 'x-a': 'b' } })).toEqual(['input.webhook.headers unique']);
    expect(problems({ headers: ['X-A: a'] })).toEqual(['input.webhook.headers type']);
    const many = Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`X-${index}`, 'a']));
    expect(problems({ headers: many })).toEqual(['input.webhook.headers maxItems']);
  });

  it('keeps its bounds', () => {
    expect(problems({ timeoutMs: 100, concurrency: 1 })).toEqual([]);
    expect(problems({ timeoutMs: 60_000, concurrency: 1_000 })).toEqual([]);
    expect(problems({ timeoutMs: 99, concurrency: 0, idempotent: 'yes' })).toEqual([
      'input.webhook.timeoutMs range',
      'input.webhook.concurrency range',
      'input.webhook.idempotent type',
    ]);
    expect(problems({ timeoutMs: 60_001, concurrency: 1_001 })).toHaveLength(2);
    expect(problems({ timeoutMs: 100.5, concurrency: '5' })).toHaveLength(2);
  });
});
