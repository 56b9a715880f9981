import { parseTemplate } from './parse-template.js';
import { chooseNickname, type ContactView, nicknameUsed, placeholderValues } from './placeholder-values.js';

function aContact(input: Partial<ContactView> = {}): ContactView {
  return {
    name: 'José da Silva',
    phone: '+5565981234567',
    email: 'jose@example.com',
    city: 'Cuiabá',
    attributes: {},
    nickname: 'Zé',
    ...input,
  };
}

const read = (contact: ContactView, name: string, useNicknames = true) =>
  placeholderValues(contact, useNicknames).values.get(name);

describe('placeholderValues', () => {
  it('reads the fields of a contact by their Portuguese and English names', () => {
    expect(Object.fromEntries(placeholderValues(aContact(), false).values)).toEqual({
      nome: 'José da Silva',
      name: 'José da Silva',
      apelido: 'Zé',
      nickname: 'Zé',
      telefone: '+5565981234567',
      phone: '+5565981234567',
      cidade: 'Cuiabá',
      city: 'Cuiabá',
      email: 'jose@example.com',
    });
  });

  it('reads the nickname for the name when nicknames are used', () => {
    expect(read(aContact(), 'nome')).toBe('Zé');
    expect(read(aContact(), 'name')).toBe('Zé');
  });

  it.each([null, '', '  '])('reads the name when the nickname is %p', (nickname) => {
    expect(read(aContact({ nickname }), 'nome')).toBe('José da Silva');
    expect(read(aContact({ nickname }), 'apelido')).toBeUndefined();
    expect(placeholderValues(aContact({ nickname }), true).substitutes.get('apelido')).toBe('José da Silva');
  });

  it('reads any attribute by its key', () => {
    const attributes = { Plano: 'Ouro', 'Data de nascimento': '01/02/1990', sacas: 12.5, ativo: true };
    const { values } = placeholderValues(aContact({ attributes }), true);
    expect(values.get('plano')).toBe('Ouro');
    expect(values.get('data_de_nascimento')).toBe('01/02/1990');
    expect(values.get('sacas')).toBe('12.5');
    expect(values.get('ativo')).toBe('true');
  });

  it.each([null, undefined, '', ' \n ', {}, { a: 1 }, ['x']])('has no value for an attribute that is %p', (value) => {
    expect(placeholderValues(aContact({ attributes: { plano: value } }), true).values.has('plano')).toBe(false);
  });

  it('lets no attribute replace a built-in name, not even where the contact has nothing', () => {
    const contact = aContact({ city: null, attributes: { nome: 'X', Cidade: 'X', PHONE: 'X' } });
    expect(read(contact, 'nome', false)).toBe('José da Silva');
    expect(read(contact, 'cidade')).toBeUndefined();
    expect(read(contact, 'phone')).toBe('+5565981234567');
  });

  it('takes the first key that is not blank when two spell the same', () => {
    expect(read(aContact({ attributes: { plano: ' ', Plano: 'Ouro', PLANO: 'Prata' } }), 'plano')).toBe('Ouro');
  });

  it('leaves out spaces around a value', () => {
    expect(read(aContact({ city: ' Sinop ' }), 'cidade')).toBe('Sinop');
  });
});

describe('chooseNickname', () => {
  it('takes the default one, else the first, else none', () => {
    const ze = { nickname: 'Zé', isDefault: false };
    const zeca = { nickname: 'Zeca', isDefault: true };
    expect(chooseNickname([ze, zeca])).toBe('Zeca');
    expect(chooseNickname([ze, { ...zeca, isDefault: false }])).toBe('Zé');
    expect(chooseNickname([{ nickname: ' ', isDefault: true }, ze])).toBe('Zé');
    expect(chooseNickname([])).toBeNull();
  });
});

describe('nicknameUsed', () => {
  it.each([
    ['Oi {nome}', true, 'Zé'],
    ['Oi {nome}', false, null],
    ['Oi {apelido}', false, 'Zé'],
    ['Oi {nickname|amigo}', true, 'Zé'],
    ['Oi {cidade}', true, null],
    ['Oi {nome} de {cidade}', true, 'Zé'],
  ])('of %p with nicknames %p is %p', (source, useNicknames, nickname) => {
    expect(nicknameUsed(parseTemplate(source), aContact(), useNicknames)).toBe(nickname);
  });

  it('is the nickname as it is shown, without spaces around it', () => {
    expect(nicknameUsed(parseTemplate('Oi {nome}'), aContact({ nickname: ' Zé ' }), true)).toBe('Zé');
    expect(nicknameUsed(parseTemplate('Oi {nome}'), aContact({ nickname: '  ' }), true)).toBeNull();
  });

  it('is none when the contact has none', () => {
    expect(nicknameUsed(parseTemplate('Oi {nome}'), aContact({ nickname: null }), true)).toBeNull();
  });
});
