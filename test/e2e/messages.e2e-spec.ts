import { startTestApp, type TestApp } from '../support/app.js';

interface Message {
  readonly id: string;
  readonly title: string;
  readonly content: string;
  readonly type: string;
  readonly status: string;
  readonly variations: readonly string[];
  readonly attachmentUrl: string | null;
  readonly placeholders: readonly string[];
  readonly createdBy: string;
}

const FIELDS =
  'id title content type status variations attachmentUrl attachmentType template placeholders createdBy createdAt updatedAt';
const CREATE = `mutation ($input: CreateMessageInput!) { createMessage(input: $input) { ${FIELDS} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateMessageInput!) { updateMessage(id: $id, input: $input) { ${FIELDS} } }`;
const ARCHIVE = `mutation ($id: ID!) { archiveMessage(id: $id) { ${FIELDS} } }`;
const FIND = `query ($id: ID!) { message(id: $id) { ${FIELDS} } }`;
const LIST = `query ($first: Int, $after: String, $filter: MessageFilter) {
  messages(first: $first, after: $after, filter: $filter) { nodes { id title } pageInfo { hasNextPage endCursor } totalCount } }`;
const RENDER = `query ($messageId: ID!, $contactId: ID!, $useNicknames: Boolean) {
  renderMessage(messageId: $messageId, contactId: $contactId, useNicknames: $useNicknames) { variation text missingPlaceholders } }`;

const UNKNOWN = '0198c0de-0000-7000-8000-00000000ffff';

describe('messages', () => {
  let app: TestApp;
  let otherKey: string;

  beforeAll(async () => {
    app = await startTestApp();
    otherKey = await app.newTenant('Outra');
  });
  afterAll(() => app.close());

  const create = async (input: Readonly<Record<string, unknown>>, key?: string): Promise<Message> =>
    (
      await app.data<{ createMessage: Message }>(
        CREATE,
        { input: { title: 'Aviso', content: 'Olá {nome}', ...input } },
        key,
      )
    ).createMessage;
  const refusal = async (query: string, variables: Readonly<Record<string, unknown>>, key?: string) => {
    const error = (await app.gql(query, variables, key)).errors?.[0];
    return { code: error?.extensions.code, fields: error?.extensions.violations?.map(({ field }) => field) };
  };
  const createContact = async (input: Readonly<Record<string, unknown>>): Promise<string> =>
    (
      await app.data<{ createContact: { id: string } }>(
        'mutation ($input: CreateContactInput!) { createContact(input: $input) { id } }',
        { input },
      )
    ).createContact.id;

  it('keeps a message as it was given, with the names of its placeholders', async () => {
    const message = await create({
      title: '  Soja ',
      content: 'Olá {nome}',
      variations: ['Oi { Nome }, {cidade|sua cidade}', 'Bom dia {apelido}!'],
    });
    expect(message).toMatchObject({
      title: 'Soja',
      content: 'Olá {nome}',
      type: 'TEXT',
      status: 'ACTIVE',
      variations: ['Oi { Nome }, {cidade|sua cidade}', 'Bom dia {apelido}!'],
      placeholders: ['nome', 'cidade', 'apelido'],
      createdBy: 'admin',
    });
    expect((await app.data<{ message: Message }>(FIND, { id: message.id })).message).toEqual(message);
  });

  it('refuses a sixth variation, and everything else that is wrong, at once', async () => {
    const input = { title: ' ', content: 'Olá {nome', variations: ['1', '2', '3', '4', '5', ' '] };
    expect(await refusal(CREATE, { input })).toEqual({
      code: 'BAD_USER_INPUT',
      fields: ['input.title', 'input.content', 'input.variations', 'input.variations.5'],
    });
    expect(
      (await app.data<{ messages: { totalCount: number } }>(LIST, { filter: { search: 'nome' } }, otherKey)).messages
        .totalCount,
    ).toBe(0);
  });

  it('refuses texts that cannot be stored instead of failing on them', async () => {
    expect(await refusal(CREATE, { input: { title: 'a\0b', content: 'c\0d' } })).toEqual({
      code: 'BAD_USER_INPUT',
      fields: ['input.title', 'input.content'],
    });
  });

  it('needs an address for an attachment, and a reference for a template', async () => {
    const image = { title: 'Foto', content: '', type: 'IMAGE' };
    expect((await refusal(CREATE, { input: image })).fields).toEqual(['input.attachmentUrl']);
    expect((await refusal(CREATE, { input: { ...image, attachmentUrl: 'file:///etc/passwd' } })).fields).toEqual([
      'input.attachmentUrl',
    ]);
    expect(
      (await create({ ...image, attachmentUrl: 'https://example.com/a.png', attachmentType: 'image/png' })).type,
    ).toBe('IMAGE');
    expect((await refusal(CREATE, { input: { title: 'T', content: '', type: 'TEMPLATE' } })).fields).toEqual([
      'input.template',
    ]);
    expect((await create({ type: 'TEMPLATE', template: { name: 'boas_vindas', language: 'pt_BR' } })).type).toBe(
      'TEMPLATE',
    );
  });

  it('changes what is given, leaves what is absent, and checks the message as a whole', async () => {
    const { id } = await create({ variations: ['Oi {nome}'] });
    const changed = await app.data<{ updateMessage: Message }>(UPDATE, {
      id,
      input: { content: 'Até {data}', status: 'DRAFT' },
    });
    expect(changed.updateMessage).toMatchObject({
      title: 'Aviso',
      content: 'Até {data}',
      status: 'DRAFT',
      variations: ['Oi {nome}'],
      placeholders: ['data', 'nome'],
    });
    const cleared = await app.data<{ updateMessage: Message }>(UPDATE, { id, input: { variations: null } });
    expect(cleared.updateMessage).toMatchObject({ variations: [], placeholders: ['data'] });
    expect((await refusal(UPDATE, { id, input: { type: 'IMAGE' } })).fields).toEqual(['input.attachmentUrl']);
    expect((await refusal(UPDATE, { id, input: { title: null, status: null } })).fields).toEqual([
      'input.status',
      'input.title',
    ]);
    expect((await app.data<{ message: Message }>(FIND, { id })).message).toEqual(cleared.updateMessage);
  });

  it('archives once and again', async () => {
    const { id } = await create({});
    for (const _ of [1, 2]) {
      expect((await app.data<{ archiveMessage: Message }>(ARCHIVE, { id })).archiveMessage.status).toBe('ARCHIVED');
    }
  });

  it('finds messages by part of a text without accents, by status and by type', async () => {
    const { id } = await create({ title: 'Promoção de verão', content: 'AÇÚCAR 100%' });
    const search = async (filter: Readonly<Record<string, unknown>>) =>
      (await app.data<{ messages: { nodes: Message[]; totalCount: number } }>(LIST, { filter })).messages;
    expect(await search({ search: 'promocao' })).toMatchObject({ nodes: [{ id }], totalCount: 1 });
    expect(await search({ search: 'Acucar 100%' })).toMatchObject({ nodes: [{ id }] });
    expect(await search({ search: '%' })).toMatchObject({ nodes: [{ id }] });
    expect(await search({ search: 'promocao', status: 'ARCHIVED' })).toMatchObject({ nodes: [], totalCount: 0 });
    expect(await search({ search: 'promocao', type: 'IMAGE' })).toMatchObject({ nodes: [] });
  });

  it('pages through all of them once, the newest first, and refuses a cursor of another filter', async () => {
    const key = await app.newTenant('Paginada');
    const made: string[] = [];
    for (const number of [1, 2, 3, 4, 5]) made.push((await create({ title: `M${number}` }, key)).id);
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const page: {
        messages: {
          nodes: Message[];
          pageInfo: { endCursor: string | null; hasNextPage: boolean };
          totalCount: number;
        };
      } = await app.data(LIST, { first: 2, after }, key);
      seen.push(...page.messages.nodes.map(({ id }) => id));
      expect(page.messages.totalCount).toBe(5);
      after = page.messages.pageInfo.hasNextPage ? page.messages.pageInfo.endCursor : null;
    } while (after !== null);
    expect(seen).toEqual([...made].reverse());
    const { messages } = await app.data<{ messages: { pageInfo: { endCursor: string } } }>(LIST, { first: 2 }, key);
    const mixed = { first: 2, after: messages.pageInfo.endCursor, filter: { status: 'ACTIVE' } };
    expect(await refusal(LIST, mixed, key)).toEqual({ code: 'BAD_USER_INPUT', fields: ['after'] });
  });

  it('shows each variation as the contact would read it, and marks what is missing', async () => {
    const contactId = await createContact({
      name: 'Maria de Souza',
      phone: '(65) 98123-4567',
      attributes: { empresa: 'Fazenda Boa Vista' },
      nicknames: [{ nickname: 'Mari' }, { nickname: 'Dona Maria', isDefault: true }],
    });
    const { id: messageId } = await create({
      content: 'não usado',
      variations: ['Oi {nome} da {empresa}', '{apelido}, {cidade|sua cidade}: {safra} {{ok}}'],
    });
    const render = async (variables: Readonly<Record<string, unknown>>) =>
      (await app.data<{ renderMessage: unknown }>(RENDER, variables)).renderMessage;
    expect(await render({ messageId, contactId })).toEqual([
      { variation: 0, text: 'Oi Dona Maria da Fazenda Boa Vista', missingPlaceholders: [] },
      { variation: 1, text: 'Dona Maria, sua cidade: [safra?] {ok}', missingPlaceholders: ['safra'] },
    ]);
    expect(await render({ messageId, contactId, useNicknames: false })).toMatchObject([
      { text: 'Oi Maria de Souza da Fazenda Boa Vista' },
      { text: 'Dona Maria, sua cidade: [safra?] {ok}' },
    ]);
    const { id: plain } = await create({ content: '{telefone}' });
    expect(await render({ messageId: plain, contactId })).toEqual([
      { variation: 0, text: '+5565981234567', missingPlaceholders: [] },
    ]);
    expect((await refusal(RENDER, { messageId, contactId: UNKNOWN })).code).toBe('NOT_FOUND');
  });

  it('keeps another tenant’s messages out of reach', async () => {
    const { id } = await create({});
    const contactId = await createContact({ name: 'Ana' });
    expect(await app.data(FIND, { id }, otherKey)).toEqual({ message: null });
    expect((await refusal(UPDATE, { id, input: { title: 'Meu' } }, otherKey)).code).toBe('NOT_FOUND');
    expect((await refusal(ARCHIVE, { id }, otherKey)).code).toBe('NOT_FOUND');
    expect((await refusal(RENDER, { messageId: id, contactId }, otherKey)).code).toBe('NOT_FOUND');
    expect(await app.data(FIND, { id: 'not-an-id' })).toEqual({ message: null });
    expect((await app.data<{ message: Message }>(FIND, { id })).message.title).toBe('Aviso');
  });
});
