import fc from 'fast-check';
import { checkMessage, type MessageInput } from './check-message.js';

const TEXT: MessageInput = { title: 'Aviso', content: 'Olá {nome}' };
const IMAGE: MessageInput = { title: 'Foto', content: '', type: 'IMAGE', attachmentUrl: 'https://example.com/a.png' };
const TEMPLATE: MessageInput = {
  title: 'T',
  content: '',
  type: 'TEMPLATE',
  template: { name: 'ola', language: 'pt_BR' },
};

const problems = (input: MessageInput) => {
  const draft = checkMessage(input, 'input');
  return draft.ok ? [] : draft.error.map(({ field, rule }) => `${field} ${rule}`);
};

describe('checkMessage', () => {
  it('gives the message as it is stored, a TEXT by default', () => {
    expect(checkMessage({ title: ' Aviso ', content: ' Olá {Nome}! ', variations: null }, 'input')).toEqual({
      ok: true,
      value: {
        title: 'Aviso',
        content: ' Olá {Nome}! ',
        type: 'TEXT',
        variations: [],
        attachmentUrl: null,
        attachmentType: null,
        template: null,
        placeholders: ['nome'],
      },
    });
  });

  it('lists placeholders of the content and the variations once, in order of appearance', () => {
    const draft = checkMessage({ ...TEXT, variations: ['{cidade} {NOME}', '{safra|soja} {{x}}'] }, 'input');
    expect(draft.ok && draft.value.placeholders).toEqual(['nome', 'cidade', 'safra']);
  });

  it.each<[string, MessageInput, string[]]>([
    ['a title of 200 characters', { ...TEXT, title: 't'.repeat(200) }, []],
    ['a longer title', { ...TEXT, title: 't'.repeat(201) }, ['input.title length']],
    ['no title', { ...TEXT, title: null }, ['input.title length']],
    ['a text of 4,096 characters', { ...TEXT, content: 'a'.repeat(4096) }, []],
    ['a longer text', { ...TEXT, content: 'a'.repeat(4097) }, ['input.content length']],
    ['a blank text', { ...TEXT, content: ' \n' }, ['input.content length']],
    ['no text', { ...TEXT, content: null }, ['input.content length']],
    ['five variations', { ...TEXT, variations: ['1', '2', '3', '4', '5'] }, []],
    ['a sixth variation', { ...TEXT, variations: ['1', '2', '3', '4', '5', '6'] }, ['input.variations maxItems']],
    ['a blank variation', { ...TEXT, variations: ['1', ''] }, ['input.variations.1 length']],
    ['a long variation', { ...TEXT, variations: ['a'.repeat(4097)] }, ['input.variations.0 length']],
    ['an unclosed placeholder', { ...TEXT, content: 'Olá {nome' }, ['input.content placeholder.unclosed']],
    ['a nameless placeholder', { ...TEXT, variations: ['{}'] }, ['input.variations.0 placeholder.empty']],
    ['a placeholder of two words', { ...TEXT, content: '{meu nome}' }, ['input.content placeholder.badName']],
    [
      'a NUL character',
      { ...TEXT, title: 'a\0', content: 'b\0' },
      ['input.title characters', 'input.content characters'],
    ],
    ['an image without a caption', IMAGE, []],
    ['an image with a caption', { ...IMAGE, content: 'Olá {nome}', attachmentType: 'image/png' }, []],
    ['an image without an address', { ...IMAGE, attachmentUrl: null }, ['input.attachmentUrl required']],
    ['an image from a file', { ...IMAGE, attachmentUrl: 'file:///a.png' }, ['input.attachmentUrl url']],
    ['an image of another kind', { ...IMAGE, attachmentType: 'application/pdf' }, ['input.attachmentType mediaType']],
    ['no media type', { ...IMAGE, attachmentType: 'png' }, ['input.attachmentType mediaType']],
    ['a document of any kind', { ...IMAGE, type: 'DOCUMENT', attachmentType: 'application/pdf' }, []],
    ['an attachment on a text', { ...IMAGE, type: 'TEXT', content: 'x' }, ['input.attachmentUrl notUsed']],
    ['a template', TEMPLATE, []],
    ['a template without its reference', { ...TEMPLATE, template: null }, ['input.template required']],
    ['a list instead of a reference', { ...TEMPLATE, template: [] }, ['input.template required']],
    [
      'a reference of other things',
      { ...TEMPLATE, template: { name: '', language: 'portugues do brasil', components: {} } },
      ['input.template.name length', 'input.template.language language', 'input.template.components type'],
    ],
    [
      'a reference that cannot be stored',
      { ...TEMPLATE, template: { name: 'a', language: 'pt', x: '\0' } },
      ['input.template characters'],
    ],
    [
      'a huge reference',
      { ...TEMPLATE, template: { name: 'a', language: 'pt', components: ['x'.repeat(20_000)] } },
      ['input.template maxLength'],
    ],
    ['a reference on a text', { ...TEXT, template: { name: 'a', language: 'pt' } }, ['input.template notUsed']],
  ])('%s', (_title, input, expected) => {
    expect(problems(input)).toEqual(expected);
  });

  it('says everything that is wrong at once', () => {
    expect(
      problems({ title: '', content: '{', type: 'AUDIO', variations: [''], attachmentType: 'x', template: {} }),
    ).toEqual([
      'input.title length',
      'input.content placeholder.unclosed',
      'input.variations.0 length',
      'input.attachmentUrl required',
      'input.attachmentType mediaType',
      'input.template notUsed',
    ]);
  });

  it('tells where a brace is and how to write one', () => {
    const draft = checkMessage({ ...TEXT, content: 'ok {meu nome}' }, 'input.message');
    expect(draft).toMatchObject({
      ok: false,
      error: [
        {
          field: 'input.message.content',
          message: '{meu nome} at character 4 is not a placeholder’s name; write {{ for a brace',
        },
      ],
    });
  });

  it('has an answer for any texts', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.array(fc.string({ unit: 'binary' })),
        fc.jsonValue(),
        (text, variations, template) => {
          expect(typeof checkMessage({ title: text, content: text, variations, template }, 'input').ok).toBe('boolean');
        },
      ),
    );
  });
});
