import { readContact } from './contact-row.js';
import { readHeader } from './csv-header.js';
import type { ParsedContact } from './parsed-contact.js';

/** Reads one record under a header; a record that is all right is the contact, another one its reason. */
function read(record: Record<string, string>, extraCells: string[] = []): Partial<ParsedContact> | string | null {
  const header = readHeader(Object.keys(record));
  if (!header.ok) throw new Error('the test has a header that cannot be read');
  const contact = readContact([...Object.values(record), ...extraCells], header.value, 7, 'BR');
  if (contact === null) return null;
  return contact.ok ? contact.value : contact.error;
}

describe('readContact', () => {
  it('reads every field', () => {
    expect(
      read({
        nome: '  Maria   da Silva ',
        telefone: '(65) 8123-4567',
        email: ' Maria@Example.com ',
        cidade: 'Cuiabá',
        apelido: 'Mari',
        grupos: 'Clientes; VIP;; clientes',
        fuso_horario: 'america/cuiaba',
        Plano: ' Ouro ',
        obs: '',
      }),
    ).toEqual({
      line: 7,
      name: 'Maria da Silva',
      phone: '+556581234567',
      phoneKey: '+5565981234567',
      email: 'Maria@Example.com',
      city: 'Cuiabá',
      nickname: 'Mari',
      groups: ['Clientes', 'VIP'],
      timeZone: 'America/Cuiaba',
      attributes: { Plano: 'Ouro' },
    });
  });

  it('needs a name only', () => {
    expect(read({ nome: 'Ana', telefone: '', email: ' ' })).toEqual({
      line: 7,
      name: 'Ana',
      phone: null,
      phoneKey: null,
      email: null,
      city: null,
      nickname: null,
      groups: [],
      timeZone: null,
      attributes: {},
    });
  });

  it('finds no contact in empty fields', () => {
    expect(read({ nome: '', telefone: ' ' })).toBeNull();
  });

  it('writes a name with line breaks on one line, and keeps those of an attribute', () => {
    expect(read({ nome: 'Ana\n Lima', endereço: 'Rua A\nnº 1' })).toMatchObject({
      name: 'Ana Lima',
      attributes: { endereço: 'Rua A\nnº 1' },
    });
  });

  it('keeps an attribute apart from what every object has', () => {
    const contact = read({ nome: 'Ana', ['__proto__']: 'a', constructor: 'b' }) as ParsedContact;
    expect(Object.entries(contact.attributes)).toEqual([
      ['__proto__', 'a'],
      ['constructor', 'b'],
    ]);
  });

  it.each<[Record<string, string>, string]>([
    [{ nome: '', telefone: '65 98123-4567' }, 'the name is missing'],
    [{ nome: 'Ana', telefone: '98123-4567' }, 'phone "98123-4567" is not an existing phone number'],
    [{ nome: 'Ana', telefone: 'não tem' }, 'phone "não tem" cannot be read as one phone number'],
    [{ nome: 'Ana', email: 'ana@' }, 'email "ana@" is not an e-mail address'],
    [{ nome: 'Ana', email: `${'a'.repeat(60)}@${'example.'.repeat(30)}com` }, 'is not an e-mail address'],
    [{ nome: 'Ana', fuso: 'Cuiabá' }, 'time_zone "Cuiabá" is not an IANA time zone'],
    [{ nome: 'Ana', fuso: '-04:00' }, 'time_zone "-04:00" is not an IANA time zone'],
    [{ nome: 'a'.repeat(1_001) }, 'name has more than 1000 characters'],
    [{ nome: 'Ana', cidade: 'a'.repeat(201) }, 'city has more than 200 characters'],
    [{ nome: 'Ana', apelido: 'a'.repeat(201) }, 'nickname has more than 200 characters'],
    [{ nome: 'Ana', grupos: `a;${'b'.repeat(201)}` }, 'group has more than 200 characters'],
    [{ nome: 'Ana', obs: 'a'.repeat(2_001) }, 'obs has more than 2000 characters'],
    [{ nome: 'Jos\ufffd' }, 'UTF-8'],
    [{ nome: 'Ana', obs: 'a\0b' }, 'control character'],
  ])('rejects %p with its reason', (record, reason) => {
    expect(read(record)).toContain(reason);
  });

  it('tells all that is wrong at once', () => {
    expect(read({ nome: '', telefone: '1', email: 'x', fuso: 'y' })).toMatch(/name.*phone.*email.*time_zone/);
  });

  it('repeats no more than the start of a long value', () => {
    expect(read({ nome: 'Ana', telefone: '9'.repeat(5_000) })).toMatch(/^phone "9{40}…" cannot/);
  });

  it('does not mind empty fields after the last column', () => {
    expect(read({ nome: 'Ana' }, ['', ' '])).toMatchObject({ name: 'Ana' });
  });

  it('rejects more and fewer fields than the header names', () => {
    expect(read({ nome: 'Ana', grupos: 'a' }, ['b'])).toBe(
      'has 3 fields where the first line names 2; a field that contains the separator must stand in quotes',
    );
    const header = readHeader(['nome', 'telefone', 'cidade']);
    const columns = header.ok ? header.value : [];
    expect(readContact(['Ana', ''], columns, 7, 'BR')).toEqual({
      ok: false,
      error: 'has 2 fields where the first line names 3',
    });
  });
});
