import { detectDelimiter, readHeader } from './csv-header.js';

function read(...cells: string[]): unknown[] {
  const header = readHeader(cells);
  if (!header.ok) return header.error.map((problem) => problem.rule);
  return header.value.map((column) => (column.kind === 'field' ? column.field : { attribute: column.key }));
}

describe('detectDelimiter', () => {
  it.each([
    ['nome,telefone', ','],
    ['nome;telefone;cidade', ';'],
    ['nome', ','],
    ['', ','],
    ['"a,b,c";telefone', ';'],
    ['nome;telefone\n"a","b","c"', ';'],
    ['\r\n\r\nnome;telefone\r\n1,2,3,4', ';'],
    ['nome;telefone\r1,2,3,4', ';'],
  ])('of %p is %s', (content, delimiter) => {
    expect(detectDelimiter(content)).toBe(delimiter);
  });
});

describe('readHeader', () => {
  it('reads the English and the Portuguese names', () => {
    const fields = ['name', 'phone', 'email', 'city', 'nickname', 'groups', 'timeZone'];
    expect(read('name', 'phone', 'email', 'city', 'nickname', 'groups', 'time_zone')).toEqual(fields);
    expect(read('nome', 'telefone', 'email', 'cidade', 'apelido', 'grupos', 'fuso_horario')).toEqual(fields);
  });

  it('does not mind case, accents, spaces and hyphens', () => {
    expect(read(' NOME ', 'Telefone', 'E-mail', 'Fuso horário', 'GRUPO')).toEqual([
      'name',
      'phone',
      'email',
      'timeZone',
      'groups',
    ]);
    expect(read('nome', 'Fuso hora\u0301rio')).toEqual(['name', 'timeZone']);
  });

  it('keeps any further column as an attribute by its own name', () => {
    expect(read('nome', 'Plano', 'Data de nascimento')).toEqual([
      'name',
      { attribute: 'Plano' },
      { attribute: 'Data de nascimento' },
    ]);
  });

  it('takes other usual names only for fields that no column names', () => {
    expect(read('Nome completo', 'Celular')).toEqual(['name', 'phone']);
    expect(read('nome', 'celular', 'telefone')).toEqual(['name', { attribute: 'celular' }, 'phone']);
    expect(read('nome', 'celular', 'whatsapp')).toEqual(['name', 'phone', { attribute: 'whatsapp' }]);
  });

  it('leaves out columns without a name at the end', () => {
    expect(read('nome', 'telefone', '', ' ')).toEqual(['name', 'phone']);
  });

  it.each([
    [['telefone', 'cidade'], ['csv.noNameColumn']],
    [['Ana', '+5565981234567'], ['csv.noNameColumn']],
    [['nome', 'name'], ['csv.duplicateColumn']],
    [['nome', 'Plano', 'plano'], ['csv.duplicateColumn']],
    [['nome', '', 'cidade'], ['csv.unnamedColumn']],
    [
      ['', 'cidade', 'Cidade'],
      ['csv.unnamedColumn', 'csv.duplicateColumn', 'csv.noNameColumn'],
    ],
    [['nome', 'x'.repeat(101)], ['csv.columnNameTooLong']],
    [['nome', ...Array.from({ length: 100 }, (_, index) => `c${index}`)], ['csv.tooManyColumns']],
  ])('refuses %p', (cells, rules) => {
    expect(read(...cells)).toEqual(rules);
  });
});
