import { decideSend, type Content, type Recipient } from './decide-send.js';

function aRecipient(overrides: Partial<Recipient> = {}): Recipient {
  return {
    name: 'Maria Souza',
    phone: '+5565999990001',
    email: null,
    city: 'Cuiabá',
    attributes: {},
    nickname: 'Mari',
    implicit: false,
    optedOut: false,
    deleted: false,
    ...overrides,
  };
}

function aMessage(overrides: Partial<Content> = {}): Content {
  return { status: 'ACTIVE', content: 'Olá {nome} de {cidade}', variations: [], ...overrides };
}

describe('decideSend', () => {
  it('sends the text with the nickname in place of the name when nicknames are wanted', () => {
    expect(decideSend(aRecipient(), aMessage(), null, true)).toEqual({
      kind: 'send',
      to: '+5565999990001',
      text: 'Olá Mari de Cuiabá',
      variation: null,
      nicknameUsed: 'Mari',
    });
    expect(decideSend(aRecipient(), aMessage(), null, false)).toMatchObject({ text: 'Olá Maria Souza de Cuiabá' });
  });

  it('names everything that has no value', () => {
    const message = aMessage({ content: '{nome} {plano} {cidade} {plano} {fim|.}' });
    expect(decideSend(aRecipient({ city: null }), message, null, true)).toEqual({
      kind: 'fail',
      code: 'MISSING_PLACEHOLDERS',
      message: 'The contact has no value for {plano}, {cidade}.',
    });
  });

  it.each([
    [{ optedOut: true }, 'OPTED_OUT', 'The contact asked to receive nothing more.'],
    [{ phone: null }, 'NO_ADDRESS', 'The contact has no phone number.'],
    [{ deleted: true, optedOut: true }, 'CONTACT_DELETED', 'The contact was deleted.'],
  ])('suppresses a contact with %p', (overrides, code, message) => {
    expect(decideSend(aRecipient(overrides), aMessage(), null, true)).toEqual({ kind: 'suppress', code, message });
  });

  it('fails rather than showing a person a placeholder without a value', () => {
    expect(decideSend(aRecipient({ city: '  ' }), aMessage(), null, true)).toEqual({
      kind: 'fail',
      code: 'MISSING_PLACEHOLDERS',
      message: 'The contact has no value for {cidade}.',
    });
  });

  it('does not greet a bare number by its digits', () => {
    const bare = aRecipient({ implicit: true, name: '+5565999990001', nickname: null });
    expect(decideSend(bare, aMessage({ content: 'Oi {nome}' }), null, true)).toMatchObject({ kind: 'fail' });
    expect(decideSend(bare, aMessage({ content: 'Oi {nome|tudo bem}' }), null, true)).toMatchObject({
      text: 'Oi tudo bem',
    });
  });

  it('uses the variation that planning chose, and wraps around when there are fewer now', () => {
    const message = aMessage({ variations: ['A {nome}', 'B {nome}'] });
    expect(decideSend(aRecipient(), message, 1, false)).toMatchObject({ text: 'B Maria Souza', variation: 1 });
    expect(decideSend(aRecipient(), message, 4, false)).toMatchObject({ text: 'A Maria Souza', variation: 0 });
    expect(decideSend(aRecipient(), message, null, false)).toMatchObject({ variation: 0 });
  });

  it('waits while the message is a draft or paused, and says so', () => {
    for (const status of ['DRAFT', 'PAUSED'] as const) {
      expect(decideSend(aRecipient(), aMessage({ status }), null, true)).toEqual({
        kind: 'hold',
        message: `The message is ${status}.`,
      });
    }
  });

  it('waits while a person has paused the message, and sends what was archived after it was planned', () => {
    expect(decideSend(aRecipient(), aMessage({ status: 'PAUSED' }), null, true)).toMatchObject({ kind: 'hold' });
    expect(decideSend(aRecipient(), aMessage({ status: 'ARCHIVED' }), null, true)).toMatchObject({ kind: 'send' });
  });
});
