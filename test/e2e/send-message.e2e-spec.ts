import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { aContact, aMessage } from '../support/factories/rows.js';

const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) {
  schedule { id name type status runCount message { title content } targetContacts { totalCount } runs { nodes { status } } }
  deliveries { id status errorCode clientMessageId dueAt contact { id name phone } } } }`;

interface Sent {
  readonly schedule: { readonly id: string; readonly [field: string]: unknown };
  readonly deliveries: readonly {
    readonly id: string;
    readonly status: string;
    readonly errorCode: string | null;
    readonly clientMessageId: string | null;
    readonly contact: { readonly id: string; readonly name: string; readonly phone: string | null };
  }[];
}

const UNKNOWN = '0198c0de-0000-7000-8000-00000000ffff';

describe('sendMessage', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let scope: Awaited<ReturnType<ConnectedSql['firstTenant']>>;

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    scope = await sql.firstTenant();
    await app.data('mutation { createChannel(input: { name: "Simulador", simulator: {} }) { id } }');
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const send = async (input: Readonly<Record<string, unknown>>): Promise<Sent> =>
    (await app.data<{ sendMessage: Sent }>(SEND, { input })).sendMessage;
  const refusal = async (input: Readonly<Record<string, unknown>>) => {
    const error = (await app.gql(SEND, { input })).errors?.[0]?.extensions;
    return { code: error?.code, violations: error?.violations?.map(({ field, rule }) => `${field}:${rule}`) };
  };
  const stored = () =>
    sql.query(
      `SELECT (SELECT count(*) FROM schedules) AS schedules, (SELECT count(*) FROM messages) AS messages,
              (SELECT count(*) FROM contacts) AS contacts, (SELECT count(*) FROM deliveries) AS deliveries`,
    );

  it('answers with the deliveries in the order of the numbers, known or not, each once', async () => {
    const ana = await aContact(sql, scope, { name: 'Ana', phone: '+5565981234567' });
    const sent = await send({
      content: `  Olá ${'🌱'.repeat(70)}`,
      to: ['(65) 99999-0002', '65 98123-4567', '+55 65 99999-0001', '5565999990002', '(65) 8123-4567'],
    });
    expect(sent.deliveries.map(({ contact }) => contact.phone)).toEqual([
      '+5565999990002',
      '+5565981234567',
      '+5565999990001',
    ]);
    expect(sent.deliveries[1]?.contact).toMatchObject({ id: ana, name: 'Ana' });
    expect(sent.schedule).toMatchObject({
      name: `Olá ${'🌱'.repeat(56)}`,
      type: 'IMMEDIATE',
      status: 'PROCESSING',
      runCount: 1,
      targetContacts: { totalCount: 3 },
      runs: { nodes: [{ status: 'RUNNING' }] },
    });
    const queued = await sql.query('SELECT 1 FROM delivery_queue WHERE schedule_id = $1 AND ready_at <= now()', [
      sent.schedule.id,
    ]);
    expect(queued).toHaveLength(3);
    const [lane] = await sql.query<{ isOpen: boolean }>('SELECT open_at <= now() AS "isOpen" FROM channel_lanes');
    expect(lane).toEqual({ isOpen: true });
    const { contacts } = await app.data<{ contacts: { totalCount: number } }>('query { contacts { totalCount } }');
    expect(contacts.totalCount).toBe(1);
  });

  it('sends a stored message to contacts, and says at once who gets nothing', async () => {
    const people = [
      await aContact(sql, scope, { phone: '+5565970000002' }),
      await aContact(sql, scope, { phone: null }),
      await aContact(sql, scope, { optedOut: true }),
      await aContact(sql, scope, { phone: '+5565970000001' }),
      await aContact(sql, scope, { phone: '+5565970000002' }),
    ];
    const messageId = await aMessage(sql, scope, { content: 'Bom dia, {nome}' });
    const { schedule, deliveries } = await send({ messageId, contactIds: [...people, people[0]] });
    expect(deliveries.map(({ contact, status, errorCode }) => [contact.id, status, errorCode])).toEqual([
      [people[0], 'PENDING', null],
      [people[1], 'SUPPRESSED', 'NO_ADDRESS'],
      [people[2], 'SUPPRESSED', 'OPTED_OUT'],
      [people[3], 'PENDING', null],
      [people[4], 'SUPPRESSED', 'DUPLICATE'],
    ]);
    expect(schedule['name']).toBe('Bom dia, {nome}');
  });

  it.each([0, 5, 10])('queues with the priority %i that it is given', async (priority) => {
    const { schedule } = await send({ content: 'Oi', to: ['65 99999-2001'], priority });
    const rows = await sql.query(
      `SELECT q.priority, d.priority AS logged FROM delivery_queue q JOIN deliveries d ON d.id = q.delivery_id
        WHERE q.schedule_id = $1`,
      [schedule.id],
    );
    expect(rows).toEqual([{ priority, logged: priority }]);
  });

  it('takes the same input with its fields in another order, and its defaults written out, for the same', async () => {
    const first = await send({ content: 'Igual', to: ['65 99999-2002'], clientMessageId: 'c-2' });
    const again = await send({
      clientMessageId: 'c-2',
      to: ['65 99999-2002'],
      contactIds: null,
      priority: 0,
      useNicknames: true,
      respectRateLimit: true,
      guarantee: 'AT_MOST_ONCE',
      content: 'Igual',
    });
    expect(again).toEqual(first);
    const nothing = { priority: null, useNicknames: null, respectRateLimit: null, guarantee: null, retryPolicy: null };
    expect(await send({ content: 'Igual', to: ['65 99999-2002'], clientMessageId: 'c-2', ...nothing })).toEqual(first);
    for (const other of [{ priority: 1 }, { content: 'igual' }, { to: ['65 99999-2003'] }, { useNicknames: false }]) {
      const input = { content: 'Igual', to: ['65 99999-2002'], clientMessageId: 'c-2', ...other };
      expect(await refusal(input)).toMatchObject({ code: 'CONFLICT' });
    }
  });

  it('does one clientMessageId once, also for requests at the same moment', async () => {
    const input = {
      content: 'Uma vez',
      to: ['65 99999-1003', '65 99999-1001', '65 99999-1002'],
      clientMessageId: 'c-1',
    };
    const [first, ...others] = await Promise.all([send(input), send(input), send(input)]);
    for (const other of others) expect(other).toEqual(first);
    expect(first?.deliveries.map(({ contact }) => contact.phone)).toEqual([
      '+5565999991003',
      '+5565999991001',
      '+5565999991002',
    ]);
    expect(first?.deliveries.map(({ clientMessageId }) => clientMessageId)).toEqual(['c-1', 'c-1', 'c-1']);
    const error = (await app.gql(SEND, { input: { ...input, content: 'Outra' } })).errors?.[0]?.extensions;
    expect(error).toMatchObject({ code: 'CONFLICT', current: { scheduleId: first?.schedule.id } });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string[]]>([
    [
      'nothing to say and nobody to say it to',
      {},
      ['input.messageId:exactlyOne', 'input.content:exactlyOne', 'input.contactIds:exactlyOne', 'input.to:exactlyOne'],
    ],
    [
      'both of everything',
      { messageId: UNKNOWN, content: 'x', contactIds: [UNKNOWN], to: ['65 99999-0001'] },
      [
        'input.messageId:exactlyOne',
        'input.content:exactlyOne',
        'input.messageId:exists',
        'input.contactIds:exactlyOne',
        'input.to:exactlyOne',
        'input.contactIds.0:exists',
      ],
    ],
    ['an empty list', { content: 'x', to: [] }, ['input.to:targets.required']],
    [
      'numbers that are none, by their place',
      { content: 'x', to: ['65 99999-0001', 'abc', 'n'.repeat(65), '123'] },
      ['input.to.2:phone', 'input.to.1:phone', 'input.to.3:phone'],
    ],
    ['1,001 numbers', { content: 'x', to: Array<string>(1_001).fill('65 99999-0001') }, ['input.to:maxItems']],
    ['an empty text', { content: ' ', to: ['65 99999-0001'] }, ['input.content:length']],
    ['an open placeholder', { content: 'Olá {nome', to: ['65 99999-0001'] }, ['input.content:placeholder.unclosed']],
    [
      'a foreign channel, a wrong priority and an empty id',
      { content: 'x', to: ['65 99999-0001'], channelId: UNKNOWN, priority: 11, clientMessageId: ' ' },
      ['input.priority:max', 'input.channelId:exists', 'input.clientMessageId:required'],
    ],
  ])('refuses %s, and stores nothing', async (_title, input, violations) => {
    const before = await stored();
    expect(await refusal(input)).toEqual({ code: 'BAD_USER_INPUT', violations });
    expect(await stored()).toEqual(before);
  });
});
