import { assertNever, err, ok } from './result.js';

describe('a result', () => {
  it('carries a value when it is ok, and an error when it is not', () => {
    expect(ok(1)).toEqual({ ok: true, value: 1 });
    expect(err('why')).toEqual({ ok: false, error: 'why' });
  });
});

describe('assertNever', () => {
  it('throws and shows the value that the types ruled out', () => {
    expect(() => assertNever({ kind: 'new' } as never)).toThrow('unexpected value: {"kind":"new"}');
  });
});
