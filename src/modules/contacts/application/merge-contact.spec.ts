import fc from 'fast-check';
import { findLimitProblem, mergeContact, type ImportedContact } from './merge-contact.js';

const STORED = {
  id: 'stored',
  name: 'Ana Silva',
  phone: '+556581234567',
  phoneKey: '+5565981234567',
  email: 'ana@exemplo.com',
  city: 'Cuiabá',
  timeZone: null,
  attributes: { plano: 'ouro', idade: 30 },
  implicit: false,
  nicknames: ['Aninha'],
  groupIds: ['g1'],
};
const EMPTY: ImportedContact = {
  name: 'Ana Silva',
  phone: null,
  phoneKey: null,
  email: null,
  city: null,
  timeZone: null,
  nickname: null,
  attributes: {},
};

describe('mergeContact', () => {
  it('changes nothing for what the file leaves empty', () => {
    expect(mergeContact(STORED, EMPTY, [])).toEqual({ kind: 'unchanged' });
  });

  it.each([
    ['the other spelling of the number', { phone: '+5565981234567', phoneKey: '+5565981234567' }],
    ['an address that differs in case', { email: 'ANA@exemplo.com' }],
    ['a known nickname in another case', { nickname: 'aninha' }],
    ['a stored number as text', { attributes: { idade: '30', plano: 'ouro' } }],
  ])('counts %s as unchanged', (_what, told) => {
    expect(mergeContact(STORED, { ...EMPTY, ...told }, ['g1'])).toEqual({ kind: 'unchanged' });
  });

  it.each([
    ['name', { name: 'Ana Souza' }, { name: 'Ana Souza' }],
    ['e-mail address', { email: 'ana@outra.com' }, { email: 'ana@outra.com' }],
    ['city', { city: 'Sinop' }, { city: 'Sinop' }],
    ['time zone', { timeZone: 'America/Manaus' }, { timeZone: 'America/Manaus' }],
    ['attribute', { attributes: { plano: 'prata' } }, { attributes: { plano: 'prata', idade: 30 } }],
    ['further attribute', { attributes: { cor: 'azul' } }, { attributes: { plano: 'ouro', idade: 30, cor: 'azul' } }],
  ])('replaces a different %s and keeps the rest', (_what, told, columns) => {
    const merge = mergeContact(STORED, { ...EMPTY, ...told }, []);
    expect(merge).toMatchObject({ kind: 'updated', columns: { ...columns }, nickname: null, groupIds: [] });
  });

  it('finds the contact by its new name afterwards', () => {
    expect(mergeContact(STORED, { ...EMPTY, name: 'Zoé' }, [])).toMatchObject({
      columns: { searchText: expect.stringContaining('zoe') as unknown },
    });
  });

  it('adds a new nickname, as the default one only when it is the first', () => {
    expect(mergeContact(STORED, { ...EMPTY, nickname: 'Nana' }, [])).toMatchObject({
      nickname: { nickname: 'Nana', isDefault: false },
    });
    expect(mergeContact({ ...STORED, nicknames: [] }, { ...EMPTY, nickname: 'Nana' }, [])).toMatchObject({
      nickname: { nickname: 'Nana', isDefault: true },
      columns: { searchText: expect.stringContaining('nana') as unknown },
    });
  });

  it('adds no nickname to a contact that has as many as it may', () => {
    const nicknames = Array.from({ length: 20 }, (_, index) => `n${index}`);
    expect(mergeContact({ ...STORED, nicknames }, { ...EMPTY, nickname: 'Nana' }, [])).toEqual({ kind: 'unchanged' });
  });

  it('joins groups without touching the columns', () => {
    expect(mergeContact(STORED, EMPTY, ['g1', 'g2'])).toEqual({
      kind: 'updated',
      columns: null,
      nickname: null,
      groupIds: ['g2'],
    });
  });

  it('lists a contact that was only a number before', () => {
    expect(mergeContact({ ...STORED, implicit: true }, EMPTY, [])).toMatchObject({
      kind: 'updated',
      columns: { name: 'Ana Silva' },
    });
  });

  it('is done after one time', () => {
    const cell = fc.option(fc.string({ unit: fc.constantFrom('a', 'A', 'é', '1'), minLength: 1, maxLength: 3 }));
    const told = fc.record({
      name: fc.string({ minLength: 1, maxLength: 3 }),
      phone: fc.constant(null),
      phoneKey: fc.constant(null),
      email: cell,
      city: cell,
      timeZone: cell,
      nickname: cell,
      attributes: fc.dictionary(fc.constantFrom('plano', 'idade', 'cor'), fc.constantFrom('ouro', '30', 'x')),
    });
    fc.assert(
      fc.property(told, (imported) => {
        const merge = mergeContact(STORED, imported, ['g2']);
        if (merge.kind !== 'updated') throw new Error('joining a group is a change');
        const merged = {
          ...STORED,
          ...merge.columns,
          nicknames: merge.nickname ? [...STORED.nicknames, merge.nickname.nickname] : STORED.nicknames,
          groupIds: [...STORED.groupIds, ...merge.groupIds],
        };
        expect(mergeContact(merged, imported, ['g2'])).toEqual({ kind: 'unchanged' });
      }),
    );
  });
});

describe('findLimitProblem', () => {
  it('accepts what an API client may store', () => {
    expect(
      findLimitProblem({ ...EMPTY, name: 'x'.repeat(200), attributes: { ['k'.repeat(64)]: 'v'.repeat(1_000) } }),
    ).toBeNull();
  });

  it('tells all reasons at once', () => {
    const attributes = { ['k'.repeat(65)]: 'v'.repeat(1_001) };
    expect(findLimitProblem({ ...EMPTY, name: 'x'.repeat(201), attributes })).toBe(
      'name has more than 200 characters; has a value in a column whose name has more than 64 characters; ' +
        'has a value of more than 1000 characters',
    );
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, 'v']));
    expect(findLimitProblem({ ...EMPTY, attributes: many })).toBe('has values in more than 50 columns');
  });
});
