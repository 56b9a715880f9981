import { parseConfig } from './app-config.js';

describe('parseConfig', () => {
  it('gives the documented defaults for an empty environment', () => {
    const parsed = parseConfig({});
    expect(parsed).toMatchObject({
      ok: true,
      value: { port: 3000, role: 'all', defaultPerMinute: 5, defaultBurst: 10, defaultTimeZone: 'America/Cuiaba' },
    });
  });

  it('counts an empty variable as unset', () => {
    expect(parseConfig({ PORT: '', DATABASE_URL: '' })).toMatchObject({ ok: true, value: { port: 3000 } });
  });

  it('reports every problem at once, by name', () => {
    const parsed = parseConfig({ PORT: 'http', ROLE: 'boss', RATE_LIMIT_BURST: '0' });
    expect(parsed.ok).toBe(false);
    if (parsed.ok) return;
    expect(parsed.error.map((line) => line.split(':')[0]).sort()).toEqual(['PORT', 'RATE_LIMIT_BURST', 'ROLE']);
    expect(parsed.error.join('\n')).toContain('got "boss"');
  });

  it('never shows the value of a secret', () => {
    const parsed = parseConfig({ ENCRYPTION_KEY: 'too-short-secret', ADMIN_API_KEY: 'short' });
    expect(parsed.ok).toBe(false);
    expect(JSON.stringify(parsed)).not.toContain('too-short-secret');
    expect(JSON.stringify(parsed)).not.toContain('"short"');
  });

  it('refuses an unknown time zone', () => {
    expect(parseConfig({ TZ_DEFAULT: 'Mars/Olympus' })).toMatchObject({ ok: false });
  });

  it('turns introspection off in production unless asked for', () => {
    expect(parseConfig({ NODE_ENV: 'production' })).toMatchObject({ value: { introspection: false } });
    expect(parseConfig({ NODE_ENV: 'production', INTROSPECTION: 'true' })).toMatchObject({
      value: { introspection: true },
    });
  });
});
