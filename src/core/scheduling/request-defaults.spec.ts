import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';
import { CREATE_DEFAULTS, SEND_DEFAULTS, TEST_DEFAULTS, withDefaults } from './request-defaults.js';

describe('defaults of a request', () => {
  it('says the same of a field that is null, absent or written out', () => {
    const absent = withDefaults({ content: 'Oi' }, TEST_DEFAULTS);
    expect(absent).toEqual({ content: 'Oi', variation: 0, useNicknames: true, respectRateLimit: true });
    expect(withDefaults({ content: 'Oi', variation: null, respectRateLimit: null }, TEST_DEFAULTS)).toEqual(absent);
    expect(withDefaults({ content: 'Oi', variation: 0, useNicknames: true }, TEST_DEFAULTS)).toEqual(absent);
  });

  it('keeps what is given, also when it is false, zero or empty', () => {
    const given = { useNicknames: false, respectRateLimit: false, variation: 3, content: '' };
    expect(withDefaults(given, TEST_DEFAULTS)).toEqual(given);
  });

  it('fills an inner object that is given, and makes none', () => {
    const campaign = { startsOn: '2026-11-23', maxPerDay: null };
    expect(withDefaults({ campaign }, CREATE_DEFAULTS)).toMatchObject({
      campaign: { startsOn: '2026-11-23', maxPerDay: 1_000, minSpacingSeconds: 60 },
    });
    expect(withDefaults({ campaign: null }, CREATE_DEFAULTS)).toMatchObject({ campaign: null });
    expect(withDefaults({}, CREATE_DEFAULTS)).toMatchObject({ campaign: undefined, retryPolicy: undefined });
  });

  it('leaves the request as it was', () => {
    const request = { campaign: { maxPerDay: null } };
    withDefaults(request, CREATE_DEFAULTS);
    expect(request).toEqual({ campaign: { maxPerDay: null } });
  });

  it('makes no difference to the canonical text which of the defaults are written out', () => {
    const fields = Object.entries(SEND_DEFAULTS).filter(([, meaning]) => typeof meaning !== 'object');
    fc.assert(
      fc.property(fc.array(fc.constantFrom('absent', 'null', 'written'), { minLength: 4, maxLength: 4 }), (ways) => {
        const request = Object.fromEntries(
          fields.flatMap(([field, meaning], index) =>
            ways[index] === 'absent' ? [] : [[field, ways[index] === 'null' ? null : meaning]],
          ),
        );
        const text = canonicalJson(withDefaults({ content: 'Oi', ...request }, SEND_DEFAULTS));
        expect(text).toBe(canonicalJson(withDefaults({ content: 'Oi' }, SEND_DEFAULTS)));
      }),
    );
  });

  it.each([null, undefined, 'text', 7, [1]])('returns what is no object as it is: %p', (request) => {
    expect(withDefaults(request, SEND_DEFAULTS)).toBe(request);
  });
});
