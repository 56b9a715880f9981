import { joinSettings, keepSecrets, MASK, splitSettings, strayMasks } from './gateway-secrets.js';

const FIELDS = ['secret', 'headers'];
const SETTINGS = { url: 'u', secret: 's', headers: { Authorization: 'a', 'X-B': 'b' }, timeoutMs: 5 };
const never = () => {
  throw new Error('no secret stays, so the old ones must not be opened');
};

describe('secrets of settings', () => {
  it('are taken out for storing and put back for sending', () => {
    const { shown, secrets } = splitSettings(SETTINGS, FIELDS);
    expect(shown).toEqual({ url: 'u', secret: MASK, headers: { Authorization: MASK, 'X-B': MASK }, timeoutMs: 5 });
    expect(secrets).toEqual({ secret: 's', headers: { Authorization: 'a', 'X-B': 'b' } });
    expect(joinSettings(shown, secrets)).toEqual(SETTINGS);
  });

  it('that are not set show as null and are not stored', () => {
    const settings = { url: 'u', secret: null, headers: null };
    expect(splitSettings(settings, FIELDS)).toEqual({ shown: settings, secrets: {} });
    expect(joinSettings(settings, {})).toEqual(settings);
  });

  it('stay when they are left out or masked', () => {
    const previous = () => ({ secret: 's', headers: { Authorization: 'a', 'X-B': 'b' } });
    expect(keepSecrets({ url: 'v' }, FIELDS, previous)).toEqual({ url: 'v', ...previous() });
    expect(
      keepSecrets({ url: 'v', secret: MASK, headers: { Authorization: MASK, 'X-C': 'c' } }, FIELDS, previous),
    ).toEqual({
      url: 'v',
      secret: 's',
      headers: { Authorization: 'a', 'X-C': 'c' },
    });
    expect(keepSecrets({}, FIELDS, () => ({}))).toEqual({ secret: null, headers: null });
  });

  it('are replaced or removed when they are given, without opening the old ones', () => {
    const given = { secret: 't', headers: { 'X-C': 'c' } };
    expect(keepSecrets(given, FIELDS, never)).toEqual(given);
    expect(keepSecrets({ secret: null, headers: null }, FIELDS, never)).toEqual({ secret: null, headers: null });
  });

  it('cannot be given as a mask that hides nothing', () => {
    const kept = keepSecrets({ secret: MASK, headers: { 'X-C': MASK, 'X-D': 'd' } }, FIELDS, () => ({}));
    expect(strayMasks(kept, FIELDS)).toEqual(['secret', 'headers.X-C']);
    expect(strayMasks(SETTINGS, FIELDS)).toEqual([]);
  });
});
