import { InputValidationPipe } from './input-validation.pipe.js';
import { PageArgs } from './pagination.js';

describe('an argument that is null', () => {
  const given = (value: object): unknown =>
    new InputValidationPipe().transform(value, { type: 'body', metatype: PageArgs });

  it('means its default', () => {
    expect(given({ first: null, after: null })).toEqual({ first: 50, after: null });
  });

  it('is still checked when it is not null', () => {
    expect(given({ first: 100 })).toEqual({ first: 100 });
    expect(() => given({ first: 0 })).toThrow();
  });
});
