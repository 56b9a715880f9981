import { describeMissing } from './write-text.js';

describe('describeMissing', () => {
  it('puts names into braces, and leaves what could not be read as it was written', () => {
    expect(describeMissing(['plano', '{cidade|'])).toBe('The contact has no value for {plano}, {cidade|.');
  });
});
