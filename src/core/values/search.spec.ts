import { containsPattern, foldText } from './search.js';

describe('searching text', () => {
  it('takes case and accents for nothing', () => {
    expect(foldText('SÃO João, Ñandú')).toBe('sao joao, nandu');
    expect(foldText('Sa\u0303o')).toBe(foldText('São'));
  });

  it('makes a pattern that takes wildcards literally', () => {
    expect(containsPattern(' 100%_Ação\\ ')).toBe('%100\\%\\_acao\\\\%');
  });

  it('restricts nothing when the search is blank', () => {
    expect([undefined, null, '', '  ', '\u0301'].map(containsPattern)).toEqual(Array(5).fill(undefined));
  });
});
