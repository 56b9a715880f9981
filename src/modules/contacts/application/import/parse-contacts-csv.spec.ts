import fc from 'fast-check';
import { parseContactsCsv } from './parse-contacts-csv.js';

async function parse(content: string) {
  const parsed = await parseContactsCsv(content, { defaultCountry: 'BR' });
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.error)}`);
  return parsed.value;
}

async function rulesOf(content: string): Promise<string[]> {
  const parsed = await parseContactsCsv(content, { defaultCountry: 'BR' });
  return parsed.ok ? [] : parsed.error.map((violation) => `${violation.field} ${violation.rule}`);
}

describe('parseContactsCsv', () => {
  it('reads a list as spreadsheets in Brazil write it', async () => {
    const content =
      '\ufeffNome;Telefone;E-mail;Cidade;Apelido;Grupos;Fuso horário;Plano\r\n' +
      'Maria da Silva;(65) 98123-4567;maria@example.com;Cuiabá;Mari;"Clientes;VIP";America/Cuiaba;Ouro\r\n' +
      ';;;;;;;\r\n' +
      '"Lima, Ana";11 2345-6789;;;;;;\r\n';
    expect(await parse(content)).toEqual({
      contacts: [
        {
          line: 2,
          name: 'Maria da Silva',
          phone: '+5565981234567',
          phoneKey: '+5565981234567',
          email: 'maria@example.com',
          city: 'Cuiabá',
          nickname: 'Mari',
          groups: ['Clientes', 'VIP'],
          timeZone: 'America/Cuiaba',
          attributes: { Plano: 'Ouro' },
        },
        {
          line: 4,
          name: 'Lima, Ana',
          phone: '+551123456789',
          phoneKey: '+551123456789',
          email: null,
          city: null,
          nickname: null,
          groups: [],
          timeZone: null,
          attributes: {},
        },
      ],
      duplicates: 0,
      rejected: [],
    });
  });

  it('rejects each wrong line by its number in the file, and takes the others', async () => {
    const content =
      'name,phone\n' +
      'Ana,65 98123-4567\n' +
      '"Bia\nLima",123\n' +
      '\n' +
      ',65 98123-4568\n' +
      'Caio "Cá" Reis,65 98123-4569\n' +
      'Davi\n' +
      'Eva,65 98123-4570';
    const { contacts, rejected } = await parse(content);
    expect(contacts.map(({ line, name }) => [line, name])).toEqual([
      [2, 'Ana'],
      [9, 'Eva'],
    ]);
    expect(rejected).toEqual([
      { line: 3, reason: expect.stringContaining('lines 3 to 4, as one record: phone "123"') as string },
      { line: 6, reason: 'the name is missing' },
      { line: 7, reason: expect.stringContaining('a quote stands inside a field') as string },
      { line: 8, reason: 'has 1 fields where the first line names 2' },
    ]);
  });

  it('counts later lines with the same number as duplicates, with the ninth digit or without', async () => {
    const content = 'nome,telefone\nAna,65 98123-4567\nAna L.,(65) 8123-4567\nBia,65 3322-1100\nAna,+5565981234567';
    const { contacts, duplicates } = await parse(content);
    expect(contacts.map(({ name }) => name)).toEqual(['Ana', 'Bia']);
    expect(duplicates).toBe(2);
  });

  it('compares e-mail addresses, whatever their case, only where there is no number', async () => {
    const content =
      'nome,telefone,email\nAna,,ana@example.com\nBia,,ANA@example.com\nCaio,65 98123-4567,ana@example.com\nDavi,,\nDavi,,';
    const { contacts, duplicates } = await parse(content);
    expect(contacts.map(({ name }) => name)).toEqual(['Ana', 'Caio', 'Davi', 'Davi']);
    expect(duplicates).toBe(1);
  });

  it('keeps every one of many different numbers', async () => {
    const lines = Array.from({ length: 1_000 }, (_, index) => `Ana,65 9${81_000_000 + index}`);
    const { contacts, duplicates } = await parse(`nome,telefone\n${lines.join('\n')}`);
    expect([contacts.length, duplicates]).toEqual([1_000, 0]);
  });

  it('does not let a rejected line make a later one a duplicate', async () => {
    const { contacts, duplicates } = await parse('nome,telefone\n,65 98123-4567\nAna,65 98123-4567');
    expect(contacts).toHaveLength(1);
    expect(duplicates).toBe(0);
  });

  it('reads a list without contacts', async () => {
    expect(await parse('nome,telefone\n')).toEqual({ contacts: [], duplicates: 0, rejected: [] });
  });

  it.each([
    ['', ['input.content csv.empty']],
    ['\ufeff \n\n', ['input.content csv.empty']],
    [',,\n', ['input.content csv.empty']],
    ['telefone\n1', ['input.content csv.noNameColumn']],
    ['nome,name,cidade,city\n', ['input.content csv.duplicateColumn', 'input.content csv.duplicateColumn']],
    ['no"me,telefone\nAna,1', ['input.content csv.brokenHeader']],
    ['nome,telefone\nBia,2\n"Ana,1\n', ['input.content csv.unclosedQuote']],
    ['"nome,telefone\nAna,1', ['input.content csv.unclosedQuote']],
  ])('refuses the file %p as a whole', async (content, rules) => {
    expect(await rulesOf(content)).toEqual(rules);
  });

  it('names the line of a quote that never closes', async () => {
    const parsed = await parseContactsCsv('nome\n\n"Ana\n', { defaultCountry: 'BR', path: 'arquivo' });
    expect(parsed).toEqual({
      ok: false,
      error: [
        {
          field: 'arquivo',
          rule: 'csv.unclosedQuote',
          message: 'the record that starts on line 3 does not end: a quote in it never closes',
        },
      ],
    });
  });

  it('lets the event loop turn while it reads', async () => {
    const content = `nome,telefone\n${'Ana,65 98123-4567\n'.repeat(5_000)}`;
    let turns = 0;
    let isDone = false;
    const count = (): void => {
      turns += 1;
      if (!isDone) setImmediate(count);
    };
    setImmediate(count);
    const { contacts, duplicates } = await parse(content);
    isDone = true;
    expect([contacts.length, duplicates]).toEqual([1, 4_999]);
    expect(turns).toBeGreaterThanOrEqual(20);
  });

  it('answers any text, and accounts for each of its lines at most once', async () => {
    const pieces = fc.constantFrom(
      'nome',
      ',',
      ';',
      '"',
      '\n',
      '\r\n',
      'Ana',
      '65 98123-4567',
      'x@y.co',
      '\0',
      ' ',
      '\ufeff',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 40 }), async (list) => {
        const content = `nome,telefone\n${list.join('')}`;
        const parsed = await parseContactsCsv(content, { defaultCountry: 'BR' });
        if (!parsed.ok) {
          expect(parsed.error.map(({ rule }) => rule)).toEqual(['csv.unclosedQuote']);
          return;
        }
        const { contacts, rejected } = parsed.value;
        const lines = [...contacts, ...rejected].map(({ line }) => line);
        expect(new Set(lines).size).toBe(lines.length);
        expect(Math.max(0, ...lines)).toBeLessThanOrEqual(content.split(/\r\n|\n/).length);
      }),
    );
  });
});
