import { startTestApp, type TestApp } from '../support/app.js';

const CONTACT = `id name phone email city timeZone attributes nicknames { nickname tone isDefault } groups { name } optedOutAt createdAt updatedAt`;
const CREATE = `mutation ($input: CreateContactInput!) { createContact(input: $input) { ${CONTACT} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateContactInput!) { updateContact(id: $id, input: $input) { ${CONTACT} } }`;
const LIST = `query ($first: Int, $after: String, $filter: ContactFilter) {
  contacts(first: $first, after: $after, filter: $filter) { nodes { name } pageInfo { hasNextPage endCursor } totalCount } }`;
const CREATE_GROUP = `mutation ($name: String!, $contactIds: [ID!]) {
  createContactGroup(name: $name, contactIds: $contactIds) { id name googleId memberCount contacts { nodes { name } totalCount } } }`;
const IMPORT = `mutation ($input: ImportContactsInput!) {
  importContacts(input: $input) { created updated unchanged duplicates rejected { line reason } } }`;

interface Contact {
  readonly id: string;
  readonly name: string;
  readonly optedOutAt: string | null;
}

describe('contacts', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(async () => {
    await app.close();
  });

  /** A tenant of its own for each test. */
  async function setup() {
    const key = await app.newTenant('Loja');
    const data = <Data>(query: string, variables: Record<string, unknown> = {}) =>
      app.data<Data>(query, variables, key);
    const create = async (input: Record<string, unknown>) =>
      (await data<{ createContact: Contact }>(CREATE, { input })).createContact;
    const refusal = async (query: string, variables: Record<string, unknown> = {}) => {
      const { data: nothing, errors } = await app.gql<unknown>(query, variables, key);
      expect(nothing).toBeNull();
      return errors?.[0]?.extensions;
    };
    return { key, data, create, refusal };
  }

  it('are created with everything that the contract has', async () => {
    const { data, create } = await setup();
    const { createContactGroup: group } = await data<{ createContactGroup: { id: string } }>(CREATE_GROUP, {
      name: 'Clientes',
    });
    const contact = await create({
      name: ' José Conceição ',
      phone: '(65) 98123-4567',
      email: 'ze@exemplo.com',
      city: 'Cuiabá',
      timeZone: 'America/Cuiaba',
      attributes: { plano: 'ouro', pontos: 12 },
      nicknames: [
        { nickname: 'Zé', tone: 'informal' },
        { nickname: 'Seu José', isDefault: true },
      ],
      groupIds: [group.id],
    });
    const expected = {
      name: 'José Conceição',
      phone: '+5565981234567',
      email: 'ze@exemplo.com',
      city: 'Cuiabá',
      timeZone: 'America/Cuiaba',
      attributes: { plano: 'ouro', pontos: 12 },
      nicknames: [
        { nickname: 'Zé', tone: 'informal', isDefault: false },
        { nickname: 'Seu José', tone: null, isDefault: true },
      ],
      groups: [{ name: 'Clientes' }],
      optedOutAt: null,
    };
    expect(contact).toMatchObject(expected);
    const read = await data<{ contact: Contact }>(`query ($id: ID!) { contact(id: $id) { ${CONTACT} } }`, {
      id: contact.id,
    });
    expect(read.contact).toEqual(contact);
  });

  it('are refused with everything that is wrong, and not stored', async () => {
    const { data, refusal } = await setup();
    const input = {
      name: 'x'.repeat(1_001),
      phone: '123',
      email: 'nada',
      timeZone: 'Brasil',
      attributes: { a: {} },
      nicknames: [
        { nickname: 'a', isDefault: true },
        { nickname: 'b', isDefault: true },
      ],
      groupIds: ['01900000-0000-7000-8000-000000000000'],
    };
    const refused = await refusal(CREATE, { input });
    expect(refused?.code).toBe('BAD_USER_INPUT');
    expect(refused?.violations?.map(({ field }) => field).sort()).toEqual([
      'input.attributes.a',
      'input.email',
      'input.groupIds.0',
      'input.name',
      'input.nicknames.1.isDefault',
      'input.phone',
      'input.timeZone',
    ]);
    expect(await data(LIST)).toMatchObject({ contacts: { nodes: [], totalCount: 0 } });
  });

  it('are updated field by field', async () => {
    const { data, create, refusal } = await setup();
    const { id } = await create({
      name: 'Ana',
      phone: '65 98123-4567',
      city: 'Sinop',
      nicknames: [{ nickname: 'Nana' }],
    });
    const { updateContact } = await data<{ updateContact: Contact }>(UPDATE, {
      id,
      input: { city: null, phone: '+1 415 555 2671' },
    });
    expect(updateContact).toMatchObject({
      name: 'Ana',
      phone: '+14155552671',
      city: null,
      nicknames: [{ nickname: 'Nana' }],
    });
    expect(await refusal(UPDATE, { id, input: { name: null } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      violations: [{ field: 'input.name', rule: 'required' }],
    });
  });

  it('are deleted once and for good', async () => {
    const { data, create, refusal } = await setup();
    const { id } = await create({ name: 'Ana' });
    const REMOVE = `mutation ($id: ID!) { deleteContact(id: $id) }`;
    expect(await data(REMOVE, { id })).toEqual({ deleteContact: true });
    expect(await data(`query ($id: ID!) { contact(id: $id) { id } }`, { id })).toEqual({ contact: null });
    expect(await refusal(REMOVE, { id })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal(REMOVE, { id: 'no id' })).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('are opted out and in again', async () => {
    const { data, create } = await setup();
    const { id } = await create({ name: 'Ana', phone: '65 98123-4567' });
    const OPT = `mutation ($id: ID!, $optedOut: Boolean!) { setContactOptOut(id: $id, optedOut: $optedOut) { optedOutAt } }`;
    const out = await data<{ setContactOptOut: Contact }>(OPT, { id, optedOut: true });
    expect(out.setContactOptOut.optedOutAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
    expect(await data(LIST, { filter: { optedOut: true } })).toMatchObject({ contacts: { nodes: [{ name: 'Ana' }] } });
    expect(await data(OPT, { id, optedOut: false })).toEqual({ setContactOptOut: { optedOutAt: null } });
  });

  it('are listed in pages of one filter, and found without accents', async () => {
    const { data, create, refusal } = await setup();
    for (const name of ['Conceição 1', 'João', 'Conceição 2', 'Conceição 3']) await create({ name });
    const filter = { search: 'CONCEICAO' };
    const first = await data<{ contacts: { pageInfo: { endCursor: string } } }>(LIST, { first: 2, filter });
    expect(first).toMatchObject({
      contacts: {
        nodes: [{ name: 'Conceição 1' }, { name: 'Conceição 2' }],
        pageInfo: { hasNextPage: true },
        totalCount: 3,
      },
    });
    const after = first.contacts.pageInfo.endCursor;
    expect(await data(LIST, { first: 2, filter, after })).toMatchObject({
      contacts: { nodes: [{ name: 'Conceição 3' }], pageInfo: { hasNextPage: false }, totalCount: 3 },
    });
    const violation = async (variables: Record<string, unknown>) =>
      (await refusal(LIST, variables))?.violations?.[0]?.field;
    expect(await violation({ filter: { search: 'joao' }, after })).toBe('after');
    expect(await violation({ after: 'x' })).toBe('after');
    expect(await violation({ first: 101 })).toBe('first');
    expect(await violation({ filter: { search: 'x'.repeat(201) } })).toBe('filter.search');
  });

  it('are put into groups and taken out', async () => {
    const { data, create, refusal } = await setup();
    const [ana, bia] = [await create({ name: 'Ana' }), await create({ name: 'Bia' })];
    const { createContactGroup: group } = await data<{ createContactGroup: { id: string } }>(CREATE_GROUP, {
      name: 'Clientes',
      contactIds: [ana.id],
    });
    expect(group).toMatchObject({
      name: 'Clientes',
      googleId: null,
      memberCount: 1,
      contacts: { nodes: [{ name: 'Ana' }], totalCount: 1 },
    });
    expect(await refusal(CREATE_GROUP, { name: 'CLIENTES' })).toMatchObject({
      code: 'CONFLICT',
      current: { id: group.id },
    });
    expect(await refusal(CREATE_GROUP, { name: '', contactIds: ['x'] })).toMatchObject({
      violations: [{ field: 'name' }, { field: 'contactIds.0' }],
    });
    const change = (operation: string) => `mutation ($groupId: ID!, $contactIds: [ID!]!) {
      changed: ${operation}(groupId: $groupId, contactIds: $contactIds) { memberCount contacts(first: 1) { nodes { name } pageInfo { hasNextPage } } } }`;
    expect(await data(change('addContactsToGroup'), { groupId: group.id, contactIds: [ana.id, bia.id] })).toEqual({
      changed: { memberCount: 2, contacts: { nodes: [{ name: 'Ana' }], pageInfo: { hasNextPage: true } } },
    });
    expect(await data(change('removeContactsFromGroup'), { groupId: group.id, contactIds: [ana.id] })).toEqual({
      changed: { memberCount: 1, contacts: { nodes: [{ name: 'Bia' }], pageInfo: { hasNextPage: false } } },
    });
    expect(await refusal(change('addContactsToGroup'), { groupId: ana.id, contactIds: [] })).toMatchObject({
      code: 'NOT_FOUND',
    });
    const GROUPS = `{ contactGroups { nodes { name memberCount } totalCount } }`;
    expect(await data(GROUPS)).toEqual({
      contactGroups: { nodes: [{ name: 'Clientes', memberCount: 1 }], totalCount: 1 },
    });
    expect(await data(`mutation ($id: ID!) { deleteContactGroup(id: $id) }`, { id: group.id })).toEqual({
      deleteContactGroup: true,
    });
    expect(await data(GROUPS)).toEqual({ contactGroups: { nodes: [], totalCount: 0 } });
    expect(await data(LIST)).toMatchObject({ contacts: { totalCount: 2 } });
  });

  it('are imported, tried before with a dry run', async () => {
    const { data, refusal } = await setup();
    const content = '\ufeffnome;telefone;grupos\r\nAna;(65) 98123-4567;Clientes\r\nAna;65 8123-4567;\r\nBeto;123;\r\n';
    const report = {
      created: 1,
      updated: 0,
      unchanged: 0,
      duplicates: 1,
      rejected: [{ line: 4, reason: expect.stringContaining('123') as unknown }],
    };
    expect(await data(IMPORT, { input: { format: 'CSV', content, dryRun: true } })).toEqual({ importContacts: report });
    expect(await data(LIST)).toMatchObject({ contacts: { totalCount: 0 } });
    expect(await data(IMPORT, { input: { format: 'CSV', content } })).toEqual({ importContacts: report });
    expect(await data(LIST)).toMatchObject({ contacts: { nodes: [{ name: 'Ana' }], totalCount: 1 } });
    expect(await refusal(IMPORT, { input: { format: 'CSV', content: 'x,y\n"a' } })).toMatchObject({
      code: 'BAD_USER_INPUT',
      violations: [{ field: 'input.content' }],
    });
    expect(await refusal(IMPORT, { input: { format: 'VCARD', content } })).toMatchObject({
      violations: [{ field: 'input.format', rule: 'unsupported' }],
    });
  });

  it('are not seen by another tenant nor without a key', async () => {
    const [ours, theirs] = [await setup(), await setup()];
    const { id } = await ours.create({ name: 'Ana' });
    expect(await theirs.data(`query ($id: ID!) { contact(id: $id) { id } }`, { id })).toEqual({ contact: null });
    expect(await theirs.refusal(UPDATE, { id, input: { name: 'x' } })).toMatchObject({ code: 'NOT_FOUND' });
    expect((await app.gql(LIST, {}, '')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });
});
