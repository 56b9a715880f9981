import fc from 'fast-check';
import { canonicalJson } from './canonical-json.js';

describe('canonicalJson', () => {
  it('does not depend on the order of keys, nor on whether an empty field is written', () => {
    expect(canonicalJson({ b: 1, a: { d: null, c: [2, { f: 1, e: 2 }] } })).toBe(
      canonicalJson({ a: { c: [2, { e: 2, f: 1, g: undefined }] }, b: 1, z: null }),
    );
  });

  it('sorts keys upwards, for texts that were stored by another version of the program', () => {
    expect(canonicalJson({ b: 1, a: { d: 2, c: [3] } })).toBe('{"a":{"c":[3],"d":2},"b":1}');
    expect(canonicalJson(undefined)).toBe('null');
  });

  it('compares instants, not spellings', () => {
    expect(canonicalJson({ at: new Date('2026-03-01T09:00:00-04:00') })).toBe(
      canonicalJson({ at: new Date('2026-03-01T13:00:00Z') }),
    );
  });

  it('tells different inputs apart', () => {
    expect(canonicalJson({ ids: ['a', 'b'] })).not.toBe(canonicalJson({ ids: ['b', 'a'] }));
    expect(canonicalJson({ name: '1' })).not.toBe(canonicalJson({ name: 1 }));
    expect(canonicalJson({ name: '' })).not.toBe(canonicalJson({}));
  });

  it('gives one text to an object and its copy with the keys in another order', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        expect(canonicalJson(reversed)).toBe(canonicalJson(value));
      }),
    );
  });
});
