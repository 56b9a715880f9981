import { checkRequiredText, checkText, normalisedText } from './check-texts.js';

describe('a text that is stored', () => {
  it('has no blanks around it, and composed accents', () => {
    expect(normalisedText('  Ac\u0327a\u0303o de Natal \n')).toBe('Ação de Natal');
  });

  it('is measured without the blanks around it', () => {
    expect(checkText('input.name', `  ${'n'.repeat(5)}  `, 5)).toEqual([]);
    expect(checkText('input.name', 'n'.repeat(6), 5)).toEqual([
      { field: 'input.name', message: 'must have at most 5 characters', rule: 'maxLength' },
    ]);
  });

  it('may be empty unless it must say something', () => {
    expect(checkText('input.description', '', 5)).toEqual([]);
    expect(checkRequiredText('input.name', ' ', 5)).toEqual([
      { field: 'input.name', message: 'must have 1 to 5 characters', rule: 'required' },
    ]);
  });
});
