import fc from 'fast-check';
import { type CsvItem, readCsvRecords } from './csv-records.js';

async function read(content: string, delimiter = ',', sliceLength?: number): Promise<CsvItem[]> {
  const items: CsvItem[] = [];
  for await (const batch of readCsvRecords(content, delimiter, sliceLength)) items.push(...batch);
  return items;
}
const record = (line: number, ...cells: string[]): CsvItem => ({
  kind: 'record',
  line,
  lastLine: line + cells.join('').split('\n').length - 1,
  cells,
});
const broken = (line: number): CsvItem => ({ kind: 'broken', line });

describe('readCsvRecords', () => {
  it('reads nothing from an empty text', async () => {
    expect(await read('')).toEqual([]);
    expect(await read('\n \r\n\n')).toEqual([]);
  });

  it.each([
    ['LF', 'a,b\n1,2\n3,4\n'],
    ['CR LF', 'a,b\r\n1,2\r\n3,4\r\n'],
    ['CR', 'a,b\r1,2\r3,4'],
    ['mixed', 'a,b\r\n1,2\n3,4\r'],
  ])('counts the lines of a text with %s line breaks', async (_name, content) => {
    expect(await read(content)).toEqual([record(1, 'a', 'b'), record(2, '1', '2'), record(3, '3', '4')]);
  });

  it('tells the line on which a record starts, over blank lines and line breaks in quotes', async () => {
    expect(await read('\na,b\r\n\r\n1,"x\r\n\r\ny"\r\n  \n2,"z\n"\n\n3,4')).toEqual([
      record(2, 'a', 'b'),
      record(4, '1', 'x\n\ny'),
      record(8, '2', 'z\n'),
      record(11, '3', '4'),
    ]);
  });

  it('reads separators, doubled quotes and spaces around fields', async () => {
    expect(await read('"a;b"; "c ""d"" e";f , ;""', ';')).toEqual([record(1, 'a;b', 'c "d" e', 'f , ', '')]);
  });

  it.each(['João "Jão" Silva,1', '"Jão" Silva,1', 'a,"b"c', 'a"'])(
    'reports only the line of a quote inside a field: %p',
    async (line) => {
      expect(await read(`x,y\n${line}\n3,4\n${line}\n${line}\n5,6`)).toEqual([
        record(1, 'x', 'y'),
        broken(2),
        record(3, '3', '4'),
        broken(4),
        broken(5),
        record(6, '5', '6'),
      ]);
    },
  );

  it('goes on at the next line when the quote that a stray one is taken for stands far below', async () => {
    expect(await read('x,y\n\n"Ana,1\n2,2\n"Zé",3\n4,4\n')).toEqual([
      record(1, 'x', 'y'),
      broken(3),
      record(4, '2', '2'),
      record(5, 'Zé', '3'),
      record(6, '4', '4'),
    ]);
  });

  it('reads the lines of a broken record as if they stood alone', async () => {
    expect(await read('x,y\n"Ana\nMaria" Lima,1\n2,2')).toEqual([
      record(1, 'x', 'y'),
      broken(2),
      broken(3),
      record(4, '2', '2'),
    ]);
  });

  it('tells where a quote that never closes was opened', async () => {
    expect(await read('x,y\n1,2\n"Ana,1\n2,2\n')).toEqual([
      record(1, 'x', 'y'),
      record(2, '1', '2'),
      { kind: 'unclosedQuote', line: 3 },
    ]);
  });

  it('does not take the rest of a large text for one field', async () => {
    const rest = 'Ana,1\n'.repeat(200_000);
    expect(await read(`x,y\n"${rest}`)).toEqual([record(1, 'x', 'y'), { kind: 'unclosedQuote', line: 2 }]);
  });

  it('reports each of many broken lines, far from each other and next to each other', async () => {
    const swallowed = '""\n'.repeat(20_000);
    const items = await read(`x,y\n"a\n${swallowed}${'b "c"\n'.repeat(2_000)}d,e`);
    expect(items.filter(({ kind }) => kind === 'broken')).toEqual([
      broken(2),
      ...Array.from({ length: 2_000 }, (_, index) => broken(20_003 + index)),
    ]);
    expect(items.filter(({ kind }) => kind === 'record')).toHaveLength(20_002);
    expect(items.at(-1)).toEqual(record(22_003, 'd', 'e'));
  });

  it('passes over any number of blank lines', async () => {
    expect(await read(`x,y\n${'\n'.repeat(400_000)}1,2`)).toEqual([record(1, 'x', 'y'), record(400_002, '1', '2')]);
  });

  const pieces = fc.constantFrom('"', '""', ',', '\n', '\r\n', '\r', ' ', 'a', 'ção', '😀', '\ud800');

  it('reads the same wherever the text is cut into slices', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(pieces, { maxLength: 40 }), fc.integer({ min: 1, max: 8 }), async (list, length) => {
        const content = list.join('');
        expect(await read(content, ',', length)).toEqual(await read(content));
      }),
    );
  });

  it('reads back what was written with every field in quotes, each record on its line', async () => {
    const cells = fc.array(fc.string({ unit: fc.constantFrom('"', ',', ';', '\n', ' ', 'a', 'ç') }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(cells, { maxLength: 8 }), async (records) => {
        let line = 1;
        const expected: CsvItem[] = [];
        const lines = records.map((values) => {
          const written = values.map((value) => `"${value.replaceAll('"', '""')}"`).join(',');
          expected.push(record(line, ...values));
          line += written.split('\n').length;
          return written;
        });
        expect(await read(lines.join('\r\n'))).toEqual(expected);
      }),
    );
  });
});
