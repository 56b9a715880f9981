import fc from 'fast-check';
import { checkContact, checkName, type ContactInput } from './check-contact.js';

function violationsOf(input: ContactInput): [string, string][] {
  return checkContact(input, 'BR').violations.map(({ field, rule }) => [field, rule]);
}

describe('checkContact', () => {
  it('changes nothing for absent fields', () => {
    expect(checkContact({}, 'BR')).toMatchObject({ changes: {}, violations: [] });
    expect(Object.keys(checkContact({}, 'BR').changes)).toEqual([]);
  });

  it('clears what is null, and leaves the name alone in having to be there', () => {
    const { changes, violations } = checkContact(
      {
        name: null,
        phone: null,
        email: null,
        city: null,
        timeZone: null,
        attributes: null,
        nicknames: null,
        groupIds: null,
      },
      'BR',
    );
    expect(violations).toEqual([{ field: 'input.name', message: 'must not be null', rule: 'required' }]);
    expect(changes).toEqual({
      phone: null,
      email: null,
      city: null,
      timeZone: null,
      attributes: {},
      nicknames: [],
      groupIds: [],
    });
  });

  it('reads a number in the country of the tenant, and knows it with and without the ninth digit', () => {
    expect(checkContact({ phone: '(65) 8123-4567' }, 'BR').changes.phone).toEqual({
      e164: '+556581234567',
      key: '+5565981234567',
    });
    expect(checkContact({ phone: '(415) 555-2671' }, 'US').changes.phone?.e164).toBe('+14155552671');
  });

  it('stores names trimmed and with composed accents', () => {
    const { changes } = checkContact(
      { name: '  Jose\u0301 ', city: ' ', nicknames: [{ nickname: ' Ze\u0301 ', tone: ' ' }] },
      'BR',
    );
    expect(changes).toEqual({
      name: 'José',
      city: null,
      nicknames: [{ nickname: 'Zé', tone: null, isDefault: false }],
    });
  });

  it('tells everything that is wrong at once', () => {
    const input = { name: 'x'.repeat(1_001), phone: '123', email: 'ana@', city: 'x'.repeat(201) };
    expect(violationsOf(input)).toEqual([
      ['input.name', 'length'],
      ['input.phone', 'phone'],
      ['input.email', 'email'],
      ['input.city', 'maxLength'],
    ]);
  });

  it.each([
    ['', 'input.name'],
    ['   ', 'input.name'],
    ['a\0b', 'input.name'],
    ['\ud800', 'input.name'],
  ])('refuses the name %p', (name, field) => {
    expect(violationsOf({ name })).toHaveLength(1);
    expect(violationsOf({ name })[0]?.[0]).toBe(field);
  });

  it.each(['', 'ana', `${'a'.repeat(64)}@${'b'.repeat(60)}.${'c'.repeat(60)}.${'d'.repeat(63)}.com.br.exemplo`])(
    'refuses the e-mail address %p',
    (email) => {
      expect(violationsOf({ email })).toEqual([['input.email', 'email']]);
    },
  );

  describe('attributes', () => {
    it('are texts, numbers and booleans; null means that there is no value', () => {
      const attributes = { plano: 'ouro', idade: 30, vip: false, nada: null };
      expect(checkContact({ attributes }, 'BR')).toMatchObject({
        changes: { attributes: { plano: 'ouro', idade: 30, vip: false } },
        violations: [],
      });
      expect(checkContact({ attributes }, 'BR').changes.attributes).not.toHaveProperty('nada');
    });

    it.each([
      [['a'], 'input.attributes', 'object'],
      ['texto', 'input.attributes', 'object'],
      [{ a: { b: 1 } }, 'input.attributes.a', 'scalar'],
      [{ a: [1] }, 'input.attributes.a', 'scalar'],
      [{ a: Number.POSITIVE_INFINITY }, 'input.attributes.a', 'scalar'],
      [{ a: 'x'.repeat(1_001) }, 'input.attributes.a', 'maxLength'],
      [{ a: 'x\0' }, 'input.attributes.a', 'characters'],
      [{ '': 'x' }, 'input.attributes.', 'placeholder'],
      [{ '{}': 'x' }, 'input.attributes.{}', 'placeholder'],
      [{ ['k'.repeat(65)]: 'x' }, `input.attributes.${'k'.repeat(64)}`, 'maxLength'],
      [Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 1])), 'input.attributes', 'maxItems'],
    ])('refuses %j', (attributes, field, rule) => {
      expect(violationsOf({ attributes })).toEqual([[field, rule]]);
    });

    it('keeps a key that JavaScript treats specially', () => {
      const attributes: unknown = JSON.parse('{"__proto__": "x"}');
      expect(JSON.stringify(checkContact({ attributes }, 'BR').changes.attributes)).toBe('{"__proto__":"x"}');
    });
  });

  describe('nicknames', () => {
    it('have at most one default', () => {
      const nicknames = [
        { nickname: 'a', isDefault: true },
        { nickname: 'b', isDefault: false },
        { nickname: 'c', isDefault: true },
      ];
      expect(violationsOf({ nicknames })).toEqual([['input.nicknames.2.isDefault', 'oneDefault']]);
      expect(violationsOf({ nicknames: nicknames.slice(0, 2) })).toEqual([]);
      expect(violationsOf({ nicknames: nicknames.slice(1, 2) })).toEqual([]);
    });

    it('are at most 20, and none is empty', () => {
      expect(violationsOf({ nicknames: Array.from({ length: 21 }, () => ({ nickname: 'a' })) })).toEqual([
        ['input.nicknames', 'maxItems'],
      ]);
      expect(violationsOf({ nicknames: [{ nickname: ' ', tone: 'x'.repeat(51) }] })).toEqual([
        ['input.nicknames.0.nickname', 'length'],
        ['input.nicknames.0.tone', 'maxLength'],
      ]);
    });
  });

  it('never throws, and what it accepts it accepts again', () => {
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 30 }), fc.constant(null), fc.constant(undefined));
    fc.assert(
      fc.property(text, text, text, text, fc.jsonValue(), (name, phone, email, city, attributes) => {
        const { changes, violations } = checkContact({ name, phone, email, city, attributes }, 'BR');
        if (violations.length > 0) return;
        const again = checkContact(
          { ...changes, phone: changes.phone && changes.phone.e164, groupIds: undefined },
          'BR',
        );
        expect(again.violations).toEqual([]);
        expect(again.changes.name).toEqual(changes.name);
        expect(again.changes.attributes).toEqual(changes.attributes);
      }),
    );
  });
});

describe('checkName', () => {
  it('names the field that it was given', () => {
    expect(checkName('name', '').violations).toEqual([
      { field: 'name', message: 'must have 1 to 200 characters', rule: 'length' },
    ]);
    expect(checkName('name', 'x'.repeat(200)).violations).toEqual([]);
  });
});
