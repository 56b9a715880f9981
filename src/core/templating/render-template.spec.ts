import fc from 'fast-check';
import { parseTemplate } from './parse-template.js';
import { type ContactView, placeholderValues } from './placeholder-values.js';
import { renderTemplate } from './render-template.js';

function aContact(input: Partial<ContactView> = {}): ContactView {
  return { name: 'Ana', phone: null, email: null, city: null, attributes: {}, nickname: null, ...input };
}

function render(source: string, contact: Partial<ContactView> = {}, useNicknames = true) {
  return renderTemplate(parseTemplate(source), placeholderValues(aContact(contact), useNicknames));
}

describe('renderTemplate', () => {
  it.each<[string, Partial<ContactView>, string]>([
    ['Olá {nome}, de {cidade}', { city: 'Sinop' }, 'Olá Ana, de Sinop'],
    ['Olá {nome}', { nickname: 'Aninha' }, 'Olá Aninha'],
    ['{cidade|sua cidade}', {}, 'sua cidade'],
    ['{cidade|sua cidade}', { city: 'Sinop' }, 'Sinop'],
    ['a{cidade|}b', {}, 'ab'],
    ['{apelido}', {}, 'Ana'],
    ['{apelido|amiga}', {}, 'amiga'],
    ['{{nome}} custa {{}}', {}, '{nome} custa {}'],
    ['{plano}', { attributes: { plano: '{nome}' } }, '{nome}'],
  ])('makes of %p for %p: %p', (source, contact, rendered) => {
    expect(render(source, contact)).toEqual({ ok: true, value: rendered });
  });

  it('fails with the names of all that is missing, and a preview', () => {
    expect(render('{nome}: {cidade}, {PLANO}, {cidade}')).toEqual({
      ok: false,
      error: { missing: ['cidade', 'plano'], preview: 'Ana: {cidade}, {plano}, {cidade}' },
    });
  });

  it('fails for a malformed piece, as it was written', () => {
    expect(render('Oi {nome completo} {nome')).toEqual({
      ok: false,
      error: { missing: ['{nome completo}', '{'], preview: 'Oi {nome completo} {nome' },
    });
  });

  const pieces = fc.constantFrom('{nome}', '{cidade}', '{x|y}', '{', '}', '{{', '|', ' ', 'oi', '{}', '{plano}', '\0');
  const sources = fc.oneof(
    fc.array(pieces, { maxLength: 12 }).map((list) => list.join('')),
    fc.string({ unit: 'binary' }),
  );
  const blanks = fc.constantFrom(null, '', ' ', 'Sinop');

  it('renders any text for any contact, or says what is missing', () => {
    fc.assert(
      fc.property(sources, blanks, fc.dictionary(fc.string(), fc.jsonValue()), (source, city, attributes) => {
        const result = render(source, { city, attributes });
        if (result.ok) expect(typeof result.value).toBe('string');
        else expect(result.error.missing).not.toEqual([]);
      }),
    );
  });

  it('never lets a placeholder through: without values every text with one fails', () => {
    fc.assert(
      fc.property(sources, (source) => {
        const template = parseTemplate(source);
        const result = renderTemplate(template, { values: new Map(), substitutes: new Map() });
        const isComplete = template.every(
          (node) => node.kind === 'text' || (node.kind === 'placeholder' && node.fallback !== null),
        );
        expect(result.ok).toBe(isComplete);
      }),
    );
  });
});
