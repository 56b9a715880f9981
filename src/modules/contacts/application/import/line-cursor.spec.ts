import fc from 'fast-check';
import { LineCursor, withLineFeeds } from './line-cursor.js';

describe('LineCursor', () => {
  it('finds the start of a line, and the end of the text after the last one', () => {
    const cursor = new LineCursor('ab\n\ncd');
    cursor.goTo(1);
    expect([cursor.line, cursor.offset]).toEqual([1, 0]);
    cursor.goTo(3);
    expect([cursor.line, cursor.offset]).toEqual([3, 4]);
    cursor.goTo(4);
    expect([cursor.line, cursor.offset]).toEqual([4, 6]);
  });

  it('moves over blank lines, and stays where there is none', () => {
    const cursor = new LineCursor('\n \t\nab\n\n');
    cursor.skipBlankLines();
    expect([cursor.line, cursor.offset]).toEqual([3, 4]);
    cursor.skipBlankLines();
    expect([cursor.line, cursor.offset]).toEqual([3, 4]);
  });
});

describe('withLineFeeds', () => {
  it('writes LF for CR LF and for CR, wherever the text is cut into pieces', async () => {
    const texts = fc.string({ unit: fc.constantFrom('\r', '\n', 'a') });
    await fc.assert(
      fc.asyncProperty(texts, fc.integer({ min: 1, max: 5 }), async (text, length) => {
        const expected = text.replaceAll('\r\n', '\n').replaceAll('\r', '\n');
        expect(await withLineFeeds(text, () => Promise.resolve(), length)).toBe(expected);
      }),
    );
  });
});
