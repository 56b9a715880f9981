import fc from 'fast-check';
import {
  escapeTemplate,
  listPlaceholders,
  listProblems,
  parseTemplate,
  placeholderKey,
  type TemplateNode,
} from './parse-template.js';

const text = (content: string): TemplateNode => ({ kind: 'text', text: content });
const placeholder = (name: string, fallback: string | null = null): TemplateNode => ({
  kind: 'placeholder',
  name,
  fallback,
});

describe('parseTemplate', () => {
  it.each<[string, TemplateNode[]]>([
    ['', []],
    ['Bom dia', [text('Bom dia')]],
    ['Olá {nome}!', [text('Olá '), placeholder('nome'), text('!')]],
    ['{nome}{cidade}', [placeholder('nome'), placeholder('cidade')]],
    ['{ NoMe }', [placeholder('nome')]],
    ['{endereço_2}', [placeholder('endereço_2')]],
    ['{AÇÃO}', [placeholder('ação')]],
    ['{cidade|sua área}', [placeholder('cidade', 'sua área')]],
    ['{cidade | a | b }', [placeholder('cidade', ' a | b ')]],
    ['{cidade|}', [placeholder('cidade', '')]],
    ['{{nome}}', [text('{nome}')]],
    ['{{{nome}}}', [text('{'), placeholder('nome'), text('}')]],
    ['a {{ b', [text('a { b')]],
    ['a } b }} c', [text('a } b } c')]],
  ])('reads %p', (source, nodes) => {
    expect(parseTemplate(source)).toEqual(nodes);
  });

  it.each([
    ['Olá {nome, tudo bem', '{', 'unclosed', 4],
    ['Olá {', '{', 'unclosed', 4],
    ['{nome {cidade}', '{', 'unclosed', 0],
    ['{}', '{}', 'empty', 0],
    ['{ | x}', '{ | x}', 'empty', 0],
    ['{|x}', '{|x}', 'empty', 0],
    ['{nome completo}', '{nome completo}', 'badName', 0],
    ['{"a":1}', '{"a":1}', 'badName', 0],
  ])('reports what it cannot read in %p', (source, written, problem, position) => {
    expect(listProblems(parseTemplate(source))).toEqual([{ kind: 'malformed', written, problem, position }]);
  });

  it('goes on reading after a brace that nothing closes', () => {
    expect(listPlaceholders(parseTemplate('{oi {nome}'))).toEqual(['nome']);
  });

  it('reads a decomposed accent like a composed one', () => {
    expect(parseTemplate('{ação}'.normalize('NFD'))).toEqual(parseTemplate('{ação}'.normalize('NFC')));
  });

  const messy = fc.string({ unit: fc.constantFrom('{', '}', '|', ' ', 'a', 'ç', '\n', '😀', '\ud800'), maxLength: 30 });

  it('reads any text without throwing, and loses nothing but braces and spaces of names', () => {
    fc.assert(
      fc.property(fc.oneof(messy, fc.string({ unit: 'binary' })), (source) => {
        const written = parseTemplate(source)
          .map((node) => {
            if (node.kind === 'text') return node.text;
            if (node.kind === 'malformed') return node.written;
            return `${node.name}${node.fallback === null ? '' : `|${node.fallback}`}`;
          })
          .join('');
        const bare = (content: string) =>
          content
            .normalize('NFC')
            .toLowerCase()
            .replace(/[{}\s]/g, '');
        expect(bare(written)).toBe(bare(source));
      }),
    );
  });

  it('reads any escaped text as that text', () => {
    fc.assert(
      fc.property(fc.oneof(messy, fc.string({ unit: 'binary' })), (content) => {
        const nodes = parseTemplate(escapeTemplate(content));
        expect(nodes).toEqual(content === '' ? [] : [text(content)]);
      }),
    );
  });
});

describe('listPlaceholders', () => {
  it('names each placeholder once, in order of appearance', () => {
    expect(listPlaceholders(parseTemplate('{cidade} {nome} {CIDADE|x} {{email}} {}'))).toEqual(['cidade', 'nome']);
  });
});

describe('placeholderKey', () => {
  it.each([
    ['Plano', 'plano'],
    ['Data de nascimento', 'data_de_nascimento'],
    [' valor (R$) ', 'valor_r'],
    ['-- (valor) --', 'valor'],
    ['código-do-cliente', 'código_do_cliente'],
    ['_id', '_id'],
    ['***', ''],
  ])('spells %p as %p', (name, key) => {
    expect(placeholderKey(name)).toBe(key);
  });
});
