import fc from 'fast-check';
import { decideSend } from '../../../core/dispatch/decide-send.js';
import { escapeTemplate } from '../../../core/templating/parse-template.js';
import { finishText, type TestedContact, type TestedMessage } from './test-text.js';

const maria: TestedContact = {
  name: 'Maria Souza',
  phone: '+5565999990001',
  email: null,
  city: 'Cuiabá',
  attributes: { plano: 'ouro {VIP}' },
  nickname: 'Mari',
  implicit: false,
};
const plain: TestedMessage = {
  content: 'Olá {nome}, plano {plano}',
  variations: [],
  type: 'TEXT',
  attachmentUrl: null,
  attachmentType: null,
  template: null,
};
const first = { variation: 0, useNicknames: true, contactField: 'input.to' };

describe('finishText', () => {
  it('writes the text for the contact, and its braces as text', () => {
    expect(finishText(plain, maria, first)).toEqual({
      ok: true,
      value: {
        ...plain,
        title: 'Olá Mari, plano ouro {VIP}',
        content: 'Olá Mari, plano ouro {{VIP}}',
        placeholders: [],
      },
    });
  });

  it('keeps type, attachment and template', () => {
    const image: TestedMessage = {
      ...plain,
      content: '',
      type: 'IMAGE',
      attachmentUrl: 'https://example.com/a.png',
      attachmentType: 'image/png',
    };
    expect(finishText(image, maria, first)).toMatchObject({ ok: true, value: { ...image, title: '–' } });
    const template = { name: 'aviso', language: 'pt_BR' };
    expect(finishText({ ...plain, type: 'TEMPLATE', template }, maria, first)).toMatchObject({
      value: { type: 'TEMPLATE', template },
    });
  });

  it('takes the variation that is asked for, and refuses one that is not there', () => {
    const varied = { ...plain, variations: ['A {nome}', 'B {nome}'] };
    expect(finishText(varied, maria, { ...first, variation: 1, useNicknames: false })).toMatchObject({
      value: { content: 'B Maria Souza', variations: [] },
    });
    for (const [message, variation] of [
      [varied, 2],
      [varied, -1],
      [plain, 1],
    ] as const) {
      expect(finishText(message, maria, { ...first, variation })).toMatchObject({
        error: [{ field: 'input.variation', rule: 'exists' }],
      });
    }
  });

  it('names what has no value, where the contact came from', () => {
    const bare = { ...maria, name: '+5565999990001', nickname: null, attributes: {}, implicit: true };
    expect(finishText(plain, bare, first)).toEqual({
      ok: false,
      error: [
        { field: 'input.to', message: 'The contact has no value for {nome}, {plano}.', rule: 'placeholders.missing' },
      ],
    });
  });

  it('is what dispatch would write for that contact, and what dispatch writes again for anybody', () => {
    const text = fc.string({ unit: fc.constantFrom('{', '}', '{nome}', 'a', ' ', 'ç', '😀') });
    fc.assert(
      fc.property(text, text, fc.boolean(), (content, name, useNicknames) => {
        const message = { ...plain, content: escapeTemplate(content) + '{nome|ninguém}' };
        const contact = { ...maria, name, nickname: null };
        const finished = finishText(message, contact, { ...first, useNicknames });
        const recipient = { ...contact, optedOut: false, deleted: false };
        const sent = decideSend(recipient, { ...message, status: 'ACTIVE' }, 0, useNicknames);
        if (!finished.ok || sent.kind !== 'send') throw new Error('a text without a gap was refused');
        const anybody = { ...recipient, name: 'Outra', attributes: {} };
        expect(decideSend(anybody, { ...finished.value, status: 'ACTIVE' }, null, true)).toMatchObject({
          text: sent.text,
        });
      }),
    );
  });
});
