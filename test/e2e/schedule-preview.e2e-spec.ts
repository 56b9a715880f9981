import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { eventually } from '../support/eventually.js';
import { storedRows } from '../support/stored-rows.js';

interface PlannedDelivery {
  readonly contact: { readonly id: string };
  readonly at: string;
  readonly text: string;
  readonly missingPlaceholders: readonly string[];
}

interface Preview {
  readonly recipientCount: number;
  readonly excludedCount: number;
  readonly excluded: readonly { readonly contact: { readonly name: string }; readonly reason: string }[];
  readonly deliveries: {
    readonly nodes: readonly PlannedDelivery[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
    readonly totalCount: number;
  };
  readonly nextRuns: readonly string[];
  readonly firstSendAt: string | null;
  readonly lastSendAt: string | null;
  readonly warnings: readonly string[];
  readonly seed: string | null;
}

const PREVIEW = `query ($input: CreateScheduleInput!, $scheduleId: ID, $first: Int, $after: String) {
  schedulePreview(input: $input, scheduleId: $scheduleId) {
    recipientCount excludedCount excluded { contact { name } reason } nextRuns firstSendAt lastSendAt warnings seed
    deliveries(first: $first, after: $after) {
      nodes { contact { id } at text missingPlaceholders } pageInfo { hasNextPage endCursor } totalCount } } }`;
const CREATE = 'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id version } }';
const DAY_MS = 86_400_000;

describe('schedulePreview', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let channelId: string;
  let ids: string[];

  beforeAll(async () => {
    app = await startTestApp();
    sql = await connectSql(app.databaseUrl);
    channelId = await newChannel();
    ids = [];
    for (const [name, city] of [
      ['Ana', 'Cuiabá'],
      ['Bia', null],
      ['Caio', 'Recife'],
      ['Davi', 'Natal'],
    ]) {
      const { createContact } = await app.data<{ createContact: { id: string } }>(
        'mutation ($input: CreateContactInput!) { createContact(input: $input) { id } }',
        { input: { name, city, phone: `65 98123-${String(4_000 + ids.length)}` } },
      );
      ids.push(createContact.id);
    }
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  async function newChannel(rateLimit: object = { perMinute: 6_000, burst: 100 }): Promise<string> {
    const { createChannel } = await app.data<{ createChannel: { id: string } }>(
      'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id } }',
      { input: { name: 'Simulador', simulator: { latencyMs: 1, latencyJitterMs: 0, failureRate: 0 }, rateLimit } },
    );
    return createChannel.id;
  }
  const localDate = (inDays: number): string =>
    new Date(Date.now() - 4 * 3_600_000 + inDays * DAY_MS).toISOString().slice(0, 10);
  const inputOf = (more: Readonly<Record<string, unknown>>) => ({
    name: 'Aviso',
    message: { title: 'Aviso', content: 'Olá {nome}', variations: ['Oi {nome}', 'Olá {nome}!'] },
    channelId,
    targetContactIds: ids,
    ...more,
  });
  const campaign = (more: object = {}, input: object = {}) =>
    inputOf({
      type: 'CAMPAIGN',
      campaign: { startsOn: localDate(1), window: { from: '08:00', to: '18:00' }, ...more },
      ...input,
    });
  const preview = async (input: object, page: object = {}): Promise<Preview> =>
    (await app.data<{ schedulePreview: Preview }>(PREVIEW, { input, ...page })).schedulePreview;
  const create = async (input: object): Promise<string> =>
    (await app.data<{ createSchedule: { id: string } }>(CREATE, { input })).createSchedule.id;
  /** What was really planned, once it is. */
  const plannedBy = async (
    scheduleId: string,
    count: number,
  ): Promise<{ contactId: string; dueAt: string; content: string }[]> => {
    const query = `query ($filter: DeliveryFilter) { deliveries(first: 100, filter: $filter) {
      nodes { contact { id } dueAt content status } } }`;
    type Answer = {
      deliveries: { nodes: { contact: { id: string }; dueAt: string; content: string; status: string }[] };
    };
    let nodes: Answer['deliveries']['nodes'] = [];
    await eventually(async () => {
      nodes = (await app.data<Answer>(query, { filter: { scheduleId } })).deliveries.nodes;
      return nodes.length === count;
    });
    return nodes
      .filter(({ status }) => status !== 'SUPPRESSED')
      .map(({ contact, dueAt, content }) => ({ contactId: contact.id, dueAt, content }));
  };
  const byContact = <T extends { readonly contactId: string }>(rows: readonly T[]): T[] =>
    [...rows].sort((a, b) => (a.contactId < b.contactId ? -1 : 1));

  it('shows the instants and texts that the same input then has, and stores nothing', async () => {
    const before = await storedRows(sql);
    const shown = await preview(campaign());
    expect(await storedRows(sql)).toEqual(before);
    expect(shown).toMatchObject({ recipientCount: 4, excludedCount: 0, excluded: [] });
    const made = await plannedBy(await create(campaign()), 4);
    expect(byContact(made)).toEqual(
      byContact(
        shown.deliveries.nodes.map(({ contact, at, text }) => ({ contactId: contact.id, dueAt: at, content: text })),
      ),
    );
    expect(shown.firstSendAt).toBe(shown.deliveries.nodes[0]?.at);
    expect(shown.lastSendAt).toBe(shown.deliveries.nodes.at(-1)?.at);
  });

  it('plans around what other campaigns of the channel have reserved', async () => {
    const channel = await newChannel();
    const narrow = { window: { from: '08:00', to: '08:06' } };
    const alone = await preview(campaign(narrow, { channelId: channel }));
    expect(new Set(alone.deliveries.nodes.map(({ at }) => at.slice(0, 10))).size).toBe(1);
    await plannedBy(await create(campaign({ ...narrow, seed: 'other' }, { channelId: channel })), 4);
    const beside = await preview(campaign(narrow, { channelId: channel }));
    const taken = await sql.query<{ at: Date }>('SELECT slot_at AS at FROM delivery_queue WHERE channel_id = $1', [
      channel,
    ]);
    for (const { at } of beside.deliveries.nodes) {
      for (const slot of taken) expect(Math.abs(slot.at.getTime() - Date.parse(at))).toBeGreaterThanOrEqual(60_000);
    }
  });

  it('pages through the plan', async () => {
    const whole = await preview(campaign());
    const first = await preview(campaign(), { first: 3 });
    expect(first.deliveries).toMatchObject({ totalCount: 4, pageInfo: { hasNextPage: true } });
    const rest = await preview(campaign(), { first: 3, after: first.deliveries.pageInfo.endCursor });
    expect(rest.deliveries.pageInfo.hasNextPage).toBe(false);
    expect([...first.deliveries.nodes, ...rest.deliveries.nodes]).toEqual(whole.deliveries.nodes);
    const made = Buffer.from(
      Buffer.from(first.deliveries.pageInfo.endCursor as string, 'base64url')
        .toString()
        .replace('"3"', '"x"'),
    );
    const refused = await app.gql(PREVIEW, { input: campaign(), after: made.toString('base64url') });
    expect(refused.errors?.[0]?.extensions.violations).toMatchObject([{ field: 'after', rule: 'cursor.malformed' }]);
    const { endCursor } = first.deliveries.pageInfo;
    const ruleOf = async (input: object, scheduleId: string | null = null) =>
      (await app.gql(PREVIEW, { input, scheduleId, after: endCursor })).errors?.[0]?.extensions.violations?.[0]?.rule;
    expect(await ruleOf(campaign({ seed: 'another' }))).toBe('cursor.mismatch');
    const id = await create(campaign());
    await plannedBy(id, 4);
    expect(await ruleOf(campaign(), id)).toBe('cursor.mismatch');
    expect(await ruleOf(campaign({ maxPerDay: null }, { priority: null }))).toBeUndefined();
  });

  it('says who gets nothing and why, what is missing, and warns', async () => {
    const { createContact } = await app.data<{ createContact: { id: string } }>(
      'mutation { createContact(input: { name: "Sem telefone" }) { id } }',
    );
    const message = { title: 'Aviso', content: 'Olá {nome} de {cidade}' };
    const shown = await preview(
      campaign({ window: { from: '22:30', to: '23:30' } }, { message, targetContactIds: [...ids, createContact.id] }),
    );
    expect(shown.excluded).toEqual([{ contact: { name: 'Sem telefone' }, reason: 'NO_ADDRESS' }]);
    const bia = shown.deliveries.nodes.find(({ missingPlaceholders }) => missingPlaceholders.length > 0);
    expect(bia).toMatchObject({ text: 'Olá Bia de {cidade}', missingPlaceholders: ['cidade'] });
    expect(shown.warnings).toEqual([
      '1 contact lacks {cidade}: the message cannot be sent to them.',
      '4 messages would go at night, between 22:00 and 07:00 (America/Cuiaba).',
    ]);
  });

  it('counts the limits of the channel in', async () => {
    const slow = await newChannel({ perMinute: 1, burst: 1 });
    const at = new Date(Date.now() + 60_000).toISOString();
    const shown = await preview(inputOf({ type: 'FUTURE', scheduledAt: at, channelId: slow }));
    expect(shown.deliveries.nodes.map((node) => node.at)).toEqual([at, at, at, at]);
    expect([shown.nextRuns, shown.firstSendAt]).toEqual([[at], at]);
    expect(Date.parse(shown.lastSendAt as string)).toBeGreaterThanOrEqual(Date.parse(at) + 180_000);
    const limits: unknown = expect.stringMatching(/^The limits of the channel .* 3 minutes after its time\.$/);
    expect(shown.warnings).toContainEqual(limits);
  });

  it('counts what goes before by its priority, and not what goes after', async () => {
    const channel = await newChannel({ perMinute: 1, burst: 1, perContactPerMinute: 60 });
    for (let n = 0; n < 5; n++) {
      const message = { content: 'Antes', contactIds: [ids[0]], channelId: channel, priority: 5 };
      await app.data('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } } }', {
        input: message,
      });
    }
    const waitOf = async (priority: number): Promise<number> => {
      const shown = await preview(
        inputOf({ type: 'IMMEDIATE', channelId: channel, targetContactIds: [ids[1]], priority }),
      );
      return Date.parse(shown.firstSendAt as string) - Date.now();
    };
    expect(await waitOf(9)).toBeLessThan(2 * 60_000);
    expect(await waitOf(0)).toBeGreaterThan(3 * 60_000);
  });

  it('shows the same a moment later, and makes it, though messages wait on the channel', async () => {
    const channel = await newChannel({ perMinute: 1, burst: 1, perContactPerMinute: 60 });
    for (let n = 0; n < 5; n++) {
      const message = { content: 'Antes', contactIds: [ids[0]], channelId: channel };
      await app.data('mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } } }', {
        input: message,
      });
    }
    const today = { startsOn: localDate(0), window: { from: '00:00', to: '24:00' } };
    const instants = async () =>
      (await preview(campaign(today, { channelId: channel }))).deliveries.nodes.map(({ at }) => at);
    const first = await instants();
    expect(await instants()).toEqual(first);
    const made = await plannedBy(await create(campaign(today, { channelId: channel })), 4);
    expect(made.map(({ dueAt }) => dueAt).sort()).toEqual([...first].sort());
  });

  it('shows the runs of a recurring schedule', async () => {
    const shown = await preview(
      inputOf({ type: 'RECURRING', cronExpression: '0 9 * * 1', timeZone: 'America/Cuiaba', maxRuns: 3 }),
    );
    expect(shown.nextRuns).toHaveLength(3);
    expect(new Set(shown.deliveries.nodes.map(({ at }) => at))).toEqual(new Set([shown.nextRuns[0]]));
  });

  it('shows what an edit of a running campaign would do, which is what the edit does', async () => {
    const id = await create(campaign());
    await plannedBy(id, 4);
    const changed = { startsOn: localDate(2), window: { from: '13:00', to: '14:00' }, minSpacingSeconds: 600 };
    const shown = await preview(campaign(changed), { scheduleId: id });
    await app.data(
      'mutation ($id: ID!, $input: UpdateScheduleInput!) { updateSchedule(id: $id, input: $input) { id } }',
      {
        id,
        input: { campaign: changed },
      },
    );
    const expected = byContact(
      shown.deliveries.nodes.map(({ contact, at, text }) => ({ contactId: contact.id, dueAt: at, content: text })),
    );
    await eventually(async () => JSON.stringify(byContact(await plannedBy(id, 4))) === JSON.stringify(expected));
  });

  it('leaves out of an edit who has become unreachable, and the others keep the instants that the edit gives', async () => {
    const { createContact } = await app.data<{ createContact: { id: string } }>(
      'mutation { createContact(input: { name: "Eva", phone: "65 98123-4999" }) { id } }',
    );
    const id = await create(campaign({}, { targetContactIds: [...ids, createContact.id] }));
    await plannedBy(id, 5);
    const changed = { startsOn: localDate(2), window: { from: '13:00', to: '14:00' } };
    await app.data('mutation ($id: ID!) { deleteContact(id: $id) }', { id: createContact.id });
    const shown = await preview(campaign(changed), { scheduleId: id });
    expect(shown).toMatchObject({ recipientCount: 4, excludedCount: 1 });
    expect(shown.excluded.map(({ reason }) => reason)).toEqual(['CONTACT_DELETED']);
    await app.data(
      'mutation ($id: ID!, $input: UpdateScheduleInput!) { updateSchedule(id: $id, input: $input) { id } }',
      { id, input: { campaign: changed } },
    );
    const expected = new Set(shown.deliveries.nodes.map(({ at }) => at));
    await eventually(async () => {
      const rows = await sql.query<{ at: Date }>('SELECT slot_at AS at FROM delivery_queue WHERE schedule_id = $1', [
        id,
      ]);
      return rows.filter(({ at }) => expected.has(at.toISOString())).length === 4;
    });
  });

  it('refuses an edit that leaves no room for what has not gone, as the edit itself does', async () => {
    await sql.query(
      `INSERT INTO contacts (tenant_id, id, name, phone, phone_key)
       SELECT t.id, ordered_uuid(clock_timestamp(), n), 'Muitos', '+55659' || (70000000 + n), '+55659' || (70000000 + n)
         FROM tenants t, generate_series(1, 60) n WHERE t.id = $1`,
      [(await sql.firstTenant()).tenantId],
    );
    const many = await sql.query<{ id: string }>(`SELECT id FROM contacts WHERE name = 'Muitos'`);
    const id = await create(campaign({}, { targetContactIds: many.map((contact) => contact.id) }));
    await plannedBy(id, 60);
    // 366 days have 52 or 53 Mondays.
    const mondays = { startsOn: localDate(1), weekdays: [1], maxPerDay: 1 };
    const edit = 'mutation ($id: ID!, $input: UpdateScheduleInput!) { updateSchedule(id: $id, input: $input) { id } }';
    const refusals = async () => {
      const [shown, made] = [
        await app.gql(PREVIEW, { input: inputOf({ type: 'CAMPAIGN', campaign: mondays }), scheduleId: id }),
        await app.gql(edit, { id, input: { campaign: mondays } }),
      ];
      return [shown, made].map((answer) => answer.errors?.[0]?.extensions.violations ?? []);
    };
    const [shown, made] = await refusals();
    expect(shown).toMatchObject([{ field: 'input.campaign', rule: 'campaign.tooLong' }]);
    expect(shown?.[0]?.message).toMatch(/^leaves room for 5[23] of 60 recipients within 366 days$/);
    expect(made).toEqual(shown);
    await sql.query(
      `DELETE FROM delivery_queue WHERE delivery_id IN (SELECT delivery_id FROM delivery_queue WHERE schedule_id = $1 LIMIT 10)`,
      [id],
    );
    expect(await refusals()).toEqual([[], []]);
  });

  it('says of what is no campaign, or is over, that there is nothing to plan', async () => {
    const future = await create(inputOf({ type: 'FUTURE', scheduledAt: new Date(Date.now() + DAY_MS).toISOString() }));
    const codeOf = async (scheduleId: string) =>
      (await app.gql(PREVIEW, { input: campaign(), scheduleId })).errors?.[0]?.extensions?.code;
    expect(await codeOf(future)).toBe('BAD_USER_INPUT');
    expect(await codeOf('0198c0de-0000-7000-8000-000000000000')).toBe('NOT_FOUND');
    const over = await create(campaign());
    await plannedBy(over, 4);
    await app.data('mutation ($id: ID!) { cancelSchedule(id: $id) { id } }', { id: over });
    await eventually(async () => (await codeOf(over)) === 'CONFLICT');
  });

  it('refuses what would not be made, in the same words', async () => {
    const wrong = campaign(
      { maxPerDay: 0, window: { from: '10:00', to: '10:00' } },
      { name: ' ', targetContactIds: [] },
    );
    const [shown, made] = [await app.gql(PREVIEW, { input: wrong }), await app.gql(CREATE, { input: wrong })];
    const violations = (answer: typeof shown) => answer.errors?.[0]?.extensions?.violations;
    expect(violations(shown)).toEqual(violations(made));
    expect(violations(shown)).toHaveLength(4);
  });
});
