import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { aContact, aMessage } from '../support/factories/rows.js';

const SEND = `mutation ($input: SendTestMessageInput!) { sendTestMessage(input: $input) {
  schedule { id isTest type status priority statistics { total } message { type content attachmentUrl } }
  deliveries { id isTest status errorCode content clientMessageId contact { id phone } } } }`;

interface Delivery {
  readonly id: string;
  readonly status: string;
  readonly content: string;
  readonly [field: string]: unknown;
}
interface Sent {
  readonly schedule: { readonly id: string; readonly [field: string]: unknown };
  readonly deliveries: readonly Delivery[];
}
type Input = Readonly<Record<string, unknown>>;

const UNKNOWN = '0198c0de-0000-7000-8000-00000000ffff';
const NUMBER = '+5565981234567';

/** An API process alone: what is sent stays as it was made. */
describe('sendTestMessage', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let scope: Awaited<ReturnType<ConnectedSql['firstTenant']>>;
  let maria: string;

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    scope = await sql.firstTenant();
    await app.data('mutation { createChannel(input: { name: "Simulador", simulator: {} }) { id } }');
    maria = await aContact(sql, scope, {
      name: 'Maria Souza',
      nickname: 'Mari',
      phone: '+5565970000001',
      city: 'Cuiabá',
      attributes: { plano: 'ouro {VIP}' },
    });
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const send = async (input: Input): Promise<Sent> =>
    (await app.data<{ sendTestMessage: Sent }>(SEND, { input: { to: NUMBER, ...input } })).sendTestMessage;
  const refusal = async (input: Input, key?: string) => {
    const error = (await app.gql(SEND, { input: { to: NUMBER, ...input } }, key)).errors?.[0]?.extensions;
    return { code: error?.code, violations: error?.violations?.map(({ field, rule }) => `${field}:${rule}`) };
  };
  const stored = () =>
    sql.query(
      `SELECT (SELECT count(*) FROM schedules) AS schedules, (SELECT count(*) FROM messages) AS messages,
              (SELECT count(*) FROM contacts) AS contacts, (SELECT count(*) FROM deliveries) AS deliveries`,
    );
  const listed = async (isTest: boolean | null): Promise<string[]> =>
    (
      await app.data<{ deliveries: { nodes: Delivery[] } }>(
        'query ($filter: DeliveryFilter) { deliveries(first: 100, filter: $filter) { nodes { id } } }',
        { filter: { isTest } },
      )
    ).deliveries.nodes.map(({ id }) => id);

  it('sends the finished text of another contact to one number, marked as a test', async () => {
    const messageId = await aMessage(sql, scope, { content: 'Olá {nome} de {cidade}, {plano}' });
    const { schedule, deliveries } = await send({ messageId, contactId: maria, clientMessageId: 't-1' });
    expect(schedule).toMatchObject({
      isTest: true,
      type: 'IMMEDIATE',
      status: 'PROCESSING',
      priority: 10,
      statistics: { total: 1 },
      message: { type: 'TEXT', content: 'Olá Mari de Cuiabá, ouro {{VIP}}' },
    });
    expect(deliveries).toEqual([
      {
        id: expect.any(String) as string,
        isTest: true,
        status: 'PENDING',
        errorCode: null,
        content: 'Olá Mari de Cuiabá, ouro {VIP}',
        clientMessageId: 't-1',
        contact: { id: expect.any(String) as string, phone: NUMBER },
      },
    ]);
    expect(deliveries[0]?.['contact']).not.toMatchObject({ id: maria });
    const messages = await app.data('query { messages { nodes { title content } } }');
    expect(JSON.stringify(messages)).not.toContain('Mari');
  });

  it('shows the data of the contact that has the number, and of a bare number nothing but the number', async () => {
    const own = await send({ content: '{nome}, {cidade}', to: '65 97000-0001', useNicknames: false });
    expect(own.deliveries[0]).toMatchObject({ content: 'Maria Souza, Cuiabá', contact: { id: maria } });
    const bare = await send({ content: '{telefone} {nome|você}', to: '65 99999-7777' });
    expect(bare.deliveries[0]).toMatchObject({ content: '+5565999997777 você' });
  });

  it('tests any variation of a message, and messages that nobody may schedule yet', async () => {
    const variations = ['Um {nome}', 'Dois {nome}'];
    const draft = await aMessage(sql, scope, { variations, status: 'DRAFT' });
    expect((await send({ messageId: draft, contactId: maria })).deliveries[0]?.content).toBe('Um Mari');
    expect((await send({ messageId: draft, contactId: maria, variation: 1 })).deliveries[0]?.content).toBe('Dois Mari');
    const image = {
      title: 'Foto',
      content: 'Foto de {nome}',
      type: 'IMAGE',
      attachmentUrl: 'https://example.com/a.png',
    };
    expect((await send({ message: image, contactId: maria })).schedule).toMatchObject({
      message: { type: 'IMAGE', content: 'Foto de Mari', attachmentUrl: 'https://example.com/a.png' },
    });
  });

  it('sends nothing to a number that asked for no more', async () => {
    await aContact(sql, scope, { phone: '+5565970000009', optedOut: true });
    const { deliveries } = await send({ content: 'Oi', to: '65 97000-0009', contactId: maria });
    expect(deliveries).toMatchObject([{ status: 'SUPPRESSED', errorCode: 'OPTED_OUT', isTest: true }]);
  });

  it('does one clientMessageId once; another test, and anything that is no test, is a conflict', async () => {
    const input = { content: 'Uma vez', clientMessageId: 't-2' };
    const [first, second] = await Promise.all([send(input), send(input)]);
    expect(second).toEqual(first);
    const nothing = { variation: null, useNicknames: null, respectRateLimit: null, messageId: null, channelId: null };
    expect(await send({ ...input, ...nothing })).toEqual(first);
    expect(await send({ ...input, variation: 0, useNicknames: true })).toEqual(first);
    const other = await app.gql(SEND, { input: { to: NUMBER, ...input, content: 'Outra' } });
    expect(other.errors?.[0]?.extensions).toMatchObject({
      code: 'CONFLICT',
      current: { scheduleId: first?.schedule.id },
    });
    const real = await app.gql(
      'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } } }',
      {
        input: { ...input, to: [NUMBER] },
      },
    );
    expect(real.errors?.[0]?.extensions.code).toBe('CONFLICT');
  });

  it('is told apart in the log, and left out of statistics over time', async () => {
    const { sendMessage } = await app.data<{ sendMessage: Sent }>(
      `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
         schedule { id isTest } deliveries { id isTest status content } } }`,
      { input: { content: 'De verdade', to: ['65 99999-5555'] } },
    );
    expect([sendMessage.schedule['isTest'], sendMessage.deliveries[0]?.['isTest']]).toEqual([false, false]);
    const test = await send({ content: 'Um teste' });
    const [tests, others, all] = [await listed(true), await listed(false), await listed(null)];
    expect(tests).toContain(test.deliveries[0]?.id);
    expect(others).toEqual([sendMessage.deliveries[0]?.id]);
    expect([...tests, ...others].sort()).toEqual(all.sort());
    const { deliveryStatistics } = await app.data<{ deliveryStatistics: { statistics: { total: number } }[] }>(
      `query ($from: DateTime!, $to: DateTime!) {
         deliveryStatistics(from: $from, to: $to, interval: DAY) { statistics { total } } }`,
      {
        from: new Date(Date.now() - 3_600_000).toISOString(),
        to: new Date(Date.now() + 3_600_000).toISOString(),
      },
    );
    expect(deliveryStatistics.reduce((sum, { statistics }) => sum + statistics.total, 0)).toBe(1);
  });

  it.each<[string, () => Promise<Input> | Input, string[]]>([
    [
      'nothing to say',
      () => ({}),
      ['input.messageId:exactlyOne', 'input.content:exactlyOne', 'input.message:exactlyOne'],
    ],
    [
      'two things to say',
      () => ({ content: 'x', message: { title: 'x', content: 'x' } }),
      ['input.content:exactlyOne', 'input.message:exactlyOne'],
    ],
    [
      'a message that is not there, a number that is none and a channel that is not there',
      () => ({ messageId: UNKNOWN, to: '123', channelId: UNKNOWN, clientMessageId: ' ' }),
      ['input.messageId:exists', 'input.to:phone', 'input.channelId:exists', 'input.clientMessageId:required'],
    ],
    ['a contact that is not there', () => ({ content: 'x', contactId: UNKNOWN }), ['input.contactId:exists']],
    [
      'a message that is archived',
      async () => ({ messageId: await aMessage(sql, scope, { status: 'ARCHIVED' }) }),
      ['input.messageId:status'],
    ],
    ['a variation that is not there', () => ({ content: 'x', variation: 1 }), ['input.variation:exists']],
    [
      'a text with a gap',
      () => ({ content: 'Olá {nome}, {plano}', to: '65 99999-0000' }),
      ['input.to:placeholders.missing'],
    ],
    [
      'a gap of the named contact',
      () => ({ content: '{saldo}', contactId: maria }),
      ['input.contactId:placeholders.missing'],
    ],
    [
      'a draft that could not be saved',
      () => ({ message: { title: '', content: 'Olá {nome' } }),
      ['input.message.title:length', 'input.message.content:placeholder.unclosed'],
    ],
  ])('refuses %s, and stores nothing', async (_title, input, violations) => {
    const given = await input();
    const before = await stored();
    expect(await refusal(given)).toEqual({ code: 'BAD_USER_INPUT', violations });
    expect(await stored()).toEqual(before);
  });
});
