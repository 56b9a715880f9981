import { previewText, type PreviewContact } from './preview-text.js';

const contact: PreviewContact = {
  name: 'Maria da Silva',
  phone: '+5565981234567',
  email: null,
  city: 'Cuiabá',
  attributes: {},
  nickname: 'Mari',
  isNameless: false,
};

describe('previewText', () => {
  it('writes the text for the contact', () => {
    const message = { content: 'Oi {nome}, de {cidade}', variations: [] };
    expect(previewText(contact, message, null, true)).toBe('Oi Mari, de Cuiabá');
    expect(previewText(contact, message, null, false)).toBe('Oi Maria da Silva, de Cuiabá');
  });

  it('uses the planned variation, and another one when it was taken away', () => {
    const message = { content: 'x', variations: ['a {nome}', 'b {nome}'] };
    expect(previewText(contact, message, 1, true)).toBe('b Mari');
    expect(previewText(contact, message, 4, true)).toBe('a Mari');
    expect(previewText(contact, message, null, true)).toBe('a Mari');
  });

  it('marks what has no value, without braces', () => {
    const message = { content: '{nome}: {email}, {{literal}}', variations: [] };
    expect(previewText(contact, message, null, true)).toBe('Mari: [email?], {literal}');
  });

  it('marks what cannot be read, without braces', () => {
    expect(previewText(contact, { content: 'Oi {no me} e {nome', variations: [] }, null, true)).toBe(
      'Oi [no me?] e [?]nome',
    );
  });

  it('has no name to write for a bare number', () => {
    const bare = { ...contact, name: '+5565981234567', nickname: null, isNameless: true };
    expect(previewText(bare, { content: 'Oi {nome|amigo}, {nome}', variations: [] }, null, true)).toBe(
      'Oi amigo, [nome?]',
    );
  });
});
