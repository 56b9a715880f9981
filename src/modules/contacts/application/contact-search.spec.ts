import fc from 'fast-check';
import { searchPatterns, searchText } from './contact-search.js';

const CONTACT = {
  name: 'José Conceição',
  phone: '+556581234567',
  phoneKey: '+5565981234567',
  email: 'Ze@Exemplo.com',
  city: 'Várzea Grande',
  nicknames: ['Zé', 'Zezão 100%'],
};

/** Whether PostgreSQL would find the contact: LIKE with its escapes. */
function finds(search: string): boolean {
  const text = searchText(CONTACT);
  const patterns = searchPatterns(search);
  return (
    patterns === undefined || patterns.some((pattern) => text.includes(pattern.slice(1, -1).replace(/\\(.)/gs, '$1')))
  );
}

describe('searching contacts', () => {
  it.each(['jose', 'CONCEICAO', 'josé conc', 'ze@exemplo', 'varzea', 'zezao', '100%'])('finds %p', (search) => {
    expect(finds(search)).toBe(true);
  });

  it.each(['65 8123-4567', '(65) 98123-4567', '+55 65 98123', '81234567', ' 123-4567 '])(
    'finds a part of the number however it is punctuated, with and without the ninth digit: %p',
    (search) => {
      expect(finds(search)).toBe(true);
    },
  );

  it.each(['maria', '(65) 3333', 'conceicao ze'])('does not find %p', (search) => {
    expect(finds(search)).toBe(false);
  });

  it.each([undefined, null, '', '  '])('is not restricted by %p', (search) => {
    expect(searchPatterns(search)).toBeUndefined();
  });

  it('takes wildcards and the escape for ordinary characters', () => {
    expect(searchPatterns('50%_\\')).toEqual(['%50\\%\\_\\\\%']);
  });

  it('finds every contact by its whole name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 }), (name) => {
        const text = searchText({ ...CONTACT, name: name.trim() });
        const [pattern] = searchPatterns(name) ?? ['%%'];
        expect(text).toContain((pattern as string).slice(1, -1).replace(/\\(.)/gs, '$1'));
      }),
    );
  });
});
