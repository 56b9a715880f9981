import fc from 'fast-check';
import { isStorable, isStorableJson, toStorable, toStorableJson } from './storable.js';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels)) as unknown;

describe('what the database can store', () => {
  it.each([
    ['plain text', 'Olá, você! 😀', true],
    ['an empty text', '', true],
    ['a NUL character', 'a\0b', false],
    ['half of a pair', 'a\uD83Db', false],
    ['the other half', '\uDE00', false],
  ])('%s', (_title, text, expected) => {
    expect(isStorable(text)).toBe(expected);
    expect(isStorableJson({ list: [{ [text]: 1 }] })).toBe(expected);
    expect(isStorableJson([text])).toBe(expected);
  });

  it('takes 64 levels of nesting and no more', () => {
    expect(isStorableJson(nested(64))).toBe(true);
    expect(isStorableJson(nested(65))).toBe(false);
    expect(isStorableJson(nested(5_000))).toBe(false);
  });

  it('takes a text, a number or nothing inside the deepest level', () => {
    const deepest = (inner: unknown): unknown => Array.from({ length: 64 }).reduce((value) => [value], inner);
    for (const inner of ['text', 1, true, null]) {
      expect(isStorableJson(deepest(inner))).toBe(true);
      expect(toStorableJson(deepest(inner), 10)).toEqual(deepest(inner));
    }
    expect(toStorableJson(deepest([]), 10)).toEqual(deepest(null));
  });

  it('is a text without its NUL characters, with a mark in place of each half of a pair, and cut to its length', () => {
    expect(toStorable('a\0b\uD83Dc', 10)).toBe('ab\uFFFDc');
    expect(toStorable('abcdef', 4)).toBe('abcd');
    // A pair that is cut in two.
    expect(toStorable('abc😀', 4)).toBe('abc\uFFFD');
    expect(toStorableJson({ 'k\0ey': ['a\0b\uDE00c', 'abcdefgh', 1, null] }, 5)).toEqual({
      key: ['ab\uFFFDc', 'abcde', 1, null],
    });
  });

  it('can be made of any text and any JSON value, and changes nothing that is storable', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 0, max: 50 }), (text, maxLength) => {
        const made = toStorable(text, maxLength);
        expect(isStorable(made)).toBe(true);
        expect(made.length).toBeLessThanOrEqual(maxLength);
        if (isStorable(text) && text.length <= maxLength) expect(made).toBe(text);
      }),
    );
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const made = toStorableJson(value, 100_000);
        expect(isStorableJson(made)).toBe(true);
        if (isStorableJson(value)) expect(made).toEqual(value);
      }),
    );
    expect(isStorableJson(toStorableJson(nested(5_000), 10))).toBe(true);
  });
});
