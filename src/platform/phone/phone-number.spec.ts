import fc from 'fast-check';
import { describePhoneProblem, parsePhone, phoneMatchKey } from './phone-number.js';

describe('parsePhone', () => {
  it.each([
    ['+5565981234567', '+5565981234567'],
    ['(65) 98123-4567', '+5565981234567'],
    ['65 98123.4567', '+5565981234567'],
    ['065 98123-4567', '+5565981234567'],
    ['0 15 65 98123-4567', '+5565981234567'],
    ['5565981234567', '+5565981234567'],
    [' 55 55 98123-4567 ', '+5555981234567'],
    ['(65) 3322-1100', '+556533221100'],
    ['+1 415 555 2671', '+14155552671'],
    ['+351 912 345 678', '+351912345678'],
    ['+54 9 11 2345-6789', '+5491123456789'],
  ])('reads %p in Brazil as %s', (text, e164) => {
    expect(parsePhone(text, 'BR')).toEqual({ ok: true, value: { e164 } });
  });

  it.each([
    ['00 55 65 98123-4567', '+5565981234567'],
    ['0055 65 9812-3456', '+556598123456'],
    ['00351912345678', '+351912345678'],
  ])('reads 00 in %p as the international prefix, not as a carrier', (text, e164) => {
    expect(parsePhone(text, 'BR')).toEqual({ ok: true, value: { e164 } });
  });

  it.each([
    ['(65) 8123-4567', '+556581234567'],
    ['+55 65 8123-4567', '+556581234567'],
    ['556581234567', '+556581234567'],
    ['(65) 7123-4567', '+556571234567'],
  ])('accepts the Brazilian mobile %p without its ninth digit, and keeps it so', (text, e164) => {
    expect(parsePhone(text, 'BR')).toEqual({ ok: true, value: { e164 } });
  });

  it.each(['', ' ', 'não tem', 'ana@example.com', '65981234567 / 65999998888', '6.5981E+10'])(
    'cannot read %p as a number',
    (text) => {
      expect(parsePhone(text, 'BR')).toEqual({ ok: false, error: 'notANumber' });
    },
  );

  it.each([
    '98123-4567',
    '8123-4567',
    '190',
    '65981234567.0',
    '(20) 98123-4567',
    '(20) 8123-4567',
    '+55 65 2812-34567',
    '+888 123',
  ])('finds no existing number in %p', (text) => {
    expect(parsePhone(text, 'BR')).toEqual({ ok: false, error: 'invalid' });
  });

  it('reads a national number in its own country only', () => {
    expect(parsePhone('912 345 678', 'PT')).toEqual({ ok: true, value: { e164: '+351912345678' } });
    expect(parsePhone('912 345 678', 'XX')).toEqual({ ok: false, error: 'notANumber' });
    expect(parsePhone('+351 912 345 678', 'XX')).toEqual({ ok: true, value: { e164: '+351912345678' } });
  });

  it('reads its own answer as the same number, and never throws', () => {
    const digits = fc.string({ unit: fc.constantFrom(...'0123456789+()- x'), maxLength: 20 });
    fc.assert(
      fc.property(
        fc.oneof(digits, fc.string({ unit: 'binary' })),
        fc.constantFrom('BR', 'US', 'PT', ''),
        (text, country) => {
          const parsed = parsePhone(text, country);
          if (!parsed.ok) return;
          expect(parsed.value.e164).toMatch(/^\+\d{4,15}$/);
          expect(parsePhone(parsed.value.e164, 'AR')).toEqual(parsed);
        },
      ),
    );
  });
});

describe('phoneMatchKey', () => {
  it.each([
    ['+5565981234567', '+5565981234567'],
    ['+556581234567', '+5565981234567'],
    ['+5511961234567', '+5511961234567'],
    ['+551161234567', '+5511961234567'],
  ])('of %s is %s, with the ninth digit or without', (e164, key) => {
    expect(phoneMatchKey(e164)).toBe(key);
  });

  it.each(['+556533221100', '+5565912345678', '+14155552671', '+351912345678', '+558001234567'])(
    'of %s is the number itself',
    (e164) => {
      expect(phoneMatchKey(e164)).toBe(e164);
    },
  );

  it('changes nothing when it is made of a key', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\+55\d{8,11}$/), (e164) => {
        expect(phoneMatchKey(phoneMatchKey(e164))).toBe(phoneMatchKey(e164));
      }),
    );
  });
});

describe('describePhoneProblem', () => {
  it('tells a person what to look at', () => {
    expect(describePhoneProblem('notANumber')).toContain('read');
    expect(describePhoneProblem('invalid')).toContain('area code');
  });
});
