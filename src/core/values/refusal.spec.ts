import { conflict, invalid, notFound } from './refusal.js';

describe('a refusal', () => {
  it('of invalid input lists every rule that it breaks', () => {
    const violations = [{ field: 'input.name', rule: 'maxLength', message: 'must be shorter' }];
    expect(invalid(violations)).toEqual({ kind: 'invalid', violations });
  });

  it('of an id that names nothing says of what kind the thing would be', () => {
    expect(notFound('Contact', 'c1')).toEqual({ kind: 'notFound', what: 'Contact', id: 'c1' });
  });

  it('because of the present state tells that state', () => {
    expect(conflict('It is paused.', { status: 'PAUSED' })).toEqual({
      kind: 'conflict',
      message: 'It is paused.',
      current: { status: 'PAUSED' },
    });
  });
});
