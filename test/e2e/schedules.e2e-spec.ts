import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';

const FIELDS = `id name description type status statusReason scheduledAt cronExpression timeZone startsAt endsAt maxRuns misfirePolicy
  nextRunAt lastRunAt runCount priority useNicknames respectRateLimit
  retryPolicy { maxAttempts backoff initialSeconds factor maxSeconds jitter }
  guarantee expiresAfterSeconds clientReference version createdBy createdAt updatedAt`;
const CREATE = `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { ${FIELDS} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateScheduleInput!, $expectedVersion: Int) {
  updateSchedule(id: $id, input: $input, expectedVersion: $expectedVersion) { ${FIELDS} } }`;
const change = (name: string) => `mutation ($id: ID!, $expectedVersion: Int) {
  ${name}(id: $id, expectedVersion: $expectedVersion) { id status version nextRunAt } }`;

const UNKNOWN = '0198c0de-0000-7000-8000-00000000ffff';
const HOUR = 3_600_000;

interface Schedule {
  readonly id: string;
  readonly status: string;
  readonly version: number;
  readonly nextRunAt: string | null;
  readonly scheduledAt: string | null;
  readonly [field: string]: unknown;
}

describe('schedules', () => {
  let app: TestApp;
  let otherKey: string;
  let contactId: string;
  let channelId: string;
  let messageId: string;
  let foreign: { contactId: string; channelId: string; messageId: string; groupId: string };

  const createContact = async (name: string, key?: string): Promise<string> =>
    (
      await app.data<{ createContact: { id: string } }>(
        'mutation ($input: CreateContactInput!) { createContact(input: $input) { id } }',
        { input: { name } },
        key,
      )
    ).createContact.id;
  const createGroup = async (name: string, contactIds: readonly string[], key?: string): Promise<string> =>
    (
      await app.data<{ createContactGroup: { id: string } }>(
        'mutation ($name: String!, $contactIds: [ID!]) { createContactGroup(name: $name, contactIds: $contactIds) { id } }',
        { name, contactIds },
        key,
      )
    ).createContactGroup.id;
  const createChannel = async (key?: string): Promise<string> =>
    (
      await app.data<{ createChannel: { id: string } }>(
        'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id } }',
        { input: { name: 'Simulador', simulator: {} } },
        key,
      )
    ).createChannel.id;
  const createMessage = async (key?: string): Promise<string> =>
    (
      await app.data<{ createMessage: { id: string } }>(
        'mutation ($input: CreateMessageInput!) { createMessage(input: $input) { id } }',
        { input: { title: 'Aviso', content: 'Olá {nome}' } },
        key,
      )
    ).createMessage.id;

  beforeAll(async () => {
    // Without loops, so that a schedule is as the mutation left it.
    app = await startTestApp({ ROLE: 'api', MAX_RETRY_ATTEMPTS: '6' });
    otherKey = await app.newTenant('Outra');
    contactId = await createContact('Ana');
    channelId = await createChannel();
    messageId = await createMessage();
    const foreignContact = await createContact('Bia', otherKey);
    foreign = {
      contactId: foreignContact,
      channelId: await createChannel(otherKey),
      messageId: await createMessage(otherKey),
      groupId: await createGroup('Outros', [foreignContact], otherKey),
    };
  });
  afterAll(() => app.close());

  const ahead = (ms = HOUR): string => new Date(Date.now() + ms).toISOString();
  const inputOf = (input: Readonly<Record<string, unknown>> = {}) => ({
    name: 'Aviso',
    messageId,
    channelId,
    type: 'FUTURE',
    targetContactIds: [contactId],
    ...(input['type'] === undefined || input['type'] === 'FUTURE' ? { scheduledAt: ahead() } : {}),
    ...input,
  });
  const recurring = { type: 'RECURRING', cronExpression: '0 9 * * *' };
  const create = async (input: Readonly<Record<string, unknown>> = {}): Promise<Schedule> =>
    (await app.data<{ createSchedule: Schedule }>(CREATE, { input: inputOf(input) })).createSchedule;
  const act = async (name: string, id: string): Promise<Schedule> =>
    (await app.data<Record<string, Schedule>>(change(name), { id }))[name] as Schedule;
  const refusal = async (query: string, variables: Readonly<Record<string, unknown>>, key?: string) => {
    const error = (await app.gql(query, variables, key)).errors?.[0]?.extensions;
    return {
      code: error?.code,
      violations: error?.violations?.map(({ field, rule }) => `${field}:${rule}`),
      current: error?.current,
    };
  };
  const sql = async (text: string): Promise<unknown[]> => {
    const client = new Client({ connectionString: app.databaseUrl });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  };
  const stored = () =>
    sql(`SELECT (SELECT count(*) FROM schedules) AS schedules, (SELECT count(*) FROM messages) AS messages,
                (SELECT count(*) FROM schedule_runs) AS runs, (SELECT count(*) FROM contacts) AS contacts`);

  it('keeps a schedule as it was given, with the defaults of the contract and of the installation', async () => {
    const scheduledAt = ahead();
    const schedule = await create({ name: '  Aviso de safra ', scheduledAt });
    expect(schedule).toMatchObject({
      name: 'Aviso de safra',
      description: null,
      type: 'FUTURE',
      status: 'PENDING',
      scheduledAt,
      nextRunAt: scheduledAt,
      timeZone: 'America/Cuiaba',
      misfirePolicy: 'LATEST',
      lastRunAt: null,
      runCount: 0,
      priority: 0,
      useNicknames: true,
      respectRateLimit: true,
      retryPolicy: {
        maxAttempts: 6,
        backoff: 'EXPONENTIAL',
        initialSeconds: 60,
        factor: 2,
        maxSeconds: 600,
        jitter: true,
      },
      guarantee: 'AT_MOST_ONCE',
      expiresAfterSeconds: null,
      version: 1,
      createdBy: 'admin',
    });
    const found = await app.data(`query ($id: ID!) { schedule(id: $id) { ${FIELDS} } }`, { id: schedule.id });
    expect(found).toEqual({ schedule });
  });

  it('computes the first run of a recurring schedule in its zone', async () => {
    const schedule = await create({ ...recurring, timeZone: 'Asia/Tokyo', endsAt: ahead(400 * 24 * HOUR) });
    expect(new Date(schedule.nextRunAt ?? '').toISOString()).toMatch(/T00:00:00\.000Z$/);
    const { nextRuns } = await app.data<{ nextRuns: string[] }>(
      'query { nextRuns(cronExpression: "0 9 * * *", timeZone: "Asia/Tokyo", count: 3) }',
    );
    expect(nextRuns).toHaveLength(3);
    expect(nextRuns[0]).toBe(schedule.nextRunAt);
  });

  it('says what changes of the clock make of runs, alone and in a preview', async () => {
    const { nextRunDetails } = await app.data<{ nextRunDetails: unknown[] }>(
      `{ nextRunDetails(cronExpression: "30 2 * * *", timeZone: "America/New_York", count: 2,
           after: "2026-03-07T12:00:00-05:00") { at localTime decision note } }`,
    );
    expect(nextRunDetails).toEqual([
      {
        at: '2026-03-08T07:00:00.000Z',
        localTime: '2026-03-08 03:00',
        decision: 'GAP',
        note: '02:30 does not exist on 2026-03-08 in America/New_York: runs at 03:00.',
      },
      { at: '2026-03-09T06:30:00.000Z', localTime: '2026-03-09 02:30', decision: 'NONE', note: null },
    ]);
    expect(await refusal('{ nextRunDetails(cronExpression: "x", timeZone: "UTC") { at } }', {})).toMatchObject({
      violations: ['cronExpression:cron.invalid'],
    });
    const { schedulePreview } = await app.data<{
      schedulePreview: { nextRuns: string[]; nextRunDetails: { at: string; localTime: string }[] };
    }>(
      'query ($input: CreateScheduleInput!) { schedulePreview(input: $input) { nextRuns nextRunDetails { at localTime } } }',
      { input: inputOf({ ...recurring, timeZone: 'Asia/Tokyo' }) },
    );
    expect(schedulePreview.nextRunDetails.map(({ at }) => at)).toEqual(schedulePreview.nextRuns);
    expect(schedulePreview.nextRunDetails).toHaveLength(12);
    for (const { localTime } of schedulePreview.nextRunDetails) expect(localTime).toMatch(/^\d{4}-\d\d-\d\d 09:00$/);
  });

  it('makes an inline message, the run of an IMMEDIATE schedule, and reads what it refers to', async () => {
    const groupId = await createGroup(`Grupo ${Date.now()}`, [contactId]);
    const schedule = await create({
      type: 'IMMEDIATE',
      messageId: null,
      message: { title: 'Oi', content: 'Oi {nome}', variations: ['a', 'b'] },
      targetContactIds: [contactId, contactId.toUpperCase()],
      targetGroupIds: [groupId],
    });
    expect(schedule).toMatchObject({ status: 'PROCESSING', runCount: 1, nextRunAt: null });
    const { schedule: read } = await app.data<{ schedule: unknown }>(
      `query ($id: ID!) { schedule(id: $id) {
         message { title variations } channel { id } targetGroups { id memberCount }
         targetContacts { nodes { id } totalCount pageInfo { hasNextPage } }
         runs { nodes { status dueAt startedAt finishedAt reason } totalCount } } }`,
      { id: schedule.id },
    );
    expect(read).toEqual({
      message: { title: 'Oi', variations: ['a', 'b'] },
      channel: { id: channelId },
      targetGroups: [{ id: groupId, memberCount: 1 }],
      targetContacts: { nodes: [{ id: contactId }], totalCount: 1, pageInfo: { hasNextPage: false } },
      runs: {
        nodes: [
          {
            status: 'RUNNING',
            dueAt: schedule['lastRunAt'],
            startedAt: schedule['lastRunAt'],
            finishedAt: null,
            reason: null,
          },
        ],
        totalCount: 1,
      },
    });
  });

  describe('refuses', () => {
    const six = ['1', '2', '3', '4', '5', '6'];
    it.each<[string, () => Readonly<Record<string, unknown>>, string[]]>([
      [
        'a wrong expression',
        () => ({ ...recurring, cronExpression: '0 25 * * *' }),
        ['input.cronExpression:cron.invalid'],
      ],
      [
        'an expression that never matches',
        () => ({ ...recurring, cronExpression: '0 0 30 2 *' }),
        ['input.cronExpression:cron.neverMatches'],
      ],
      ['a past instant', () => ({ scheduledAt: ahead(-1_000) }), ['input.scheduledAt:future']],
      [
        'an instant without offset',
        () => ({ scheduledAt: '2031-03-01T09:00:00' }),
        ['input.scheduledAt:dateTime.offset'],
      ],
      ['a date that does not exist', () => ({ scheduledAt: '2031-02-30T09:00:00Z' }), ['input.scheduledAt:dateTime']],
      ['an unknown zone', () => ({ ...recurring, timeZone: 'America/Sinop' }), ['input.timeZone:timeZone']],
      ['no target', () => ({ targetContactIds: [] }), ['input.targetContactIds:targets.required']],
      [
        "another tenant's ids",
        () => ({
          messageId: foreign.messageId,
          channelId: foreign.channelId,
          targetContactIds: [contactId, foreign.contactId, 'x'],
          targetGroupIds: [foreign.groupId],
        }),
        [
          'input.messageId:exists',
          'input.channelId:exists',
          'input.targetContactIds.1:exists',
          'input.targetContactIds.2:exists',
          'input.targetGroupIds.0:exists',
        ],
      ],
      [
        'both messageId and message',
        () => ({ message: { title: 'Oi', content: 'Oi' } }),
        ['input.messageId:exactlyOne', 'input.message:exactlyOne'],
      ],
      [
        'six variations in an inline message',
        () => ({ messageId: null, message: { title: 'Oi', content: 'Oi', variations: six } }),
        ['input.message.variations:maxItems'],
      ],
      ['1,001 characters of name', () => ({ name: 'n'.repeat(1_001) }), ['input.name:maxLength']],
      ['a campaign without its settings', () => ({ type: 'CAMPAIGN' }), ['input.campaign:required']],
      [
        'fields of another type',
        () => ({ type: 'IMMEDIATE', scheduledAt: ahead(), maxRuns: 2 }),
        ['input.scheduledAt:notApplicable', 'input.maxRuns:notApplicable'],
      ],
      [
        'numbers out of range',
        () => ({ ...recurring, priority: 11, maxRuns: 0, expiresAfterSeconds: 0, misfireGraceSeconds: 31_536_001 }),
        ['input.maxRuns:min', 'input.misfireGraceSeconds:max', 'input.priority:max', 'input.expiresAfterSeconds:min'],
      ],
      ['a wrong retry policy', () => ({ retryPolicy: { maxAttempts: 0 } }), ['input.retryPolicy.maxAttempts:range']],
    ])('%s, and stores nothing', async (_title, wrong, violations) => {
      const before = await stored();
      expect(await refusal(CREATE, { input: inputOf(wrong()) })).toMatchObject({ code: 'BAD_USER_INPUT', violations });
      expect(await stored()).toEqual(before);
    });

    it('everything at once', async () => {
      const before = await stored();
      const input = {
        name: 'n'.repeat(1_001),
        messageId: UNKNOWN,
        message: { title: '', content: 'Olá {nome', variations: six },
        channelId: foreign.channelId,
        type: 'RECURRING',
        targetContactIds: [UNKNOWN],
        scheduledAt: '2031-03-01T09:00:00',
        cronExpression: '61 * * * *',
        timeZone: 'Mars/Olympus',
        endsAt: '2001-01-01T00:00:00Z',
        priority: -1,
        clientReference: '',
      };
      const { code, violations } = await refusal(CREATE, { input });
      expect(code).toBe('BAD_USER_INPUT');
      expect([...(violations ?? [])].sort()).toEqual(
        [
          'input.channelId:exists',
          'input.clientReference:required',
          'input.cronExpression:cron.invalid',
          'input.endsAt:future',
          'input.message.content:placeholder.unclosed',
          'input.message.title:length',
          'input.message.variations:maxItems',
          'input.message:exactlyOne',
          'input.messageId:exactlyOne',
          'input.messageId:exists',
          'input.name:maxLength',
          'input.priority:min',
          'input.scheduledAt:dateTime.offset',
          'input.targetContactIds.0:exists',
          'input.timeZone:timeZone',
        ].sort(),
      );
      expect(await stored()).toEqual(before);
    });

    it('a message that is not active', async () => {
      const archived = await createMessage();
      await app.data('mutation ($id: ID!) { archiveMessage(id: $id) { id } }', { id: archived });
      expect(await refusal(CREATE, { input: inputOf({ messageId: archived }) })).toMatchObject({
        violations: ['input.messageId:status'],
      });
    });

    it('to choose among no channels', async () => {
      const key = await app.newTenant('Sem canal');
      const input = {
        name: 'x',
        type: 'IMMEDIATE',
        message: { title: 'a', content: 'b' },
        targetContactIds: [UNKNOWN],
      };
      expect((await refusal(CREATE, { input }, key)).violations).toEqual([
        'input.channelId:required',
        'input.targetContactIds.0:exists',
      ]);
    });

    it('expressions that nobody can run, when asked for their runs', async () => {
      const ask = (cron: string) => refusal(`query { nextRuns(cronExpression: "${cron}", timeZone: "UTC") }`, {});
      expect((await ask('x')).violations).toEqual(['cronExpression:cron.invalid']);
      expect((await ask('0 0 30 2 *')).violations).toEqual(['cronExpression:cron.neverMatches']);
    });
  });

  describe('a client reference', () => {
    it('makes a repeated request answer with the first one’s schedule', async () => {
      const input = inputOf({ clientReference: 'pedido-1', description: null });
      const [first, second] = await Promise.all([
        app.data<{ createSchedule: Schedule }>(CREATE, { input }),
        app.data<{ createSchedule: Schedule }>(CREATE, { input }),
      ]);
      expect(second.createSchedule).toEqual(first.createSchedule);
      const same = Object.fromEntries(Object.entries(input).filter(([name]) => name !== 'description'));
      expect((await app.data<{ createSchedule: Schedule }>(CREATE, { input: same })).createSchedule).toEqual(
        first.createSchedule,
      );
    });

    it('is a conflict for another request, also for one that is wrong', async () => {
      const { id } = await create({ clientReference: 'pedido-2' });
      const other = inputOf({ clientReference: 'pedido-2', name: '' });
      expect(await refusal(CREATE, { input: other })).toEqual({
        code: 'CONFLICT',
        violations: undefined,
        current: { scheduleId: id },
      });
    });

    it('belongs to its tenant', async () => {
      await create({ clientReference: 'pedido-3' });
      const input = {
        ...inputOf({ clientReference: 'pedido-3', targetContactIds: [foreign.contactId] }),
        messageId: foreign.messageId,
        channelId: foreign.channelId,
      };
      expect((await app.data<{ createSchedule: Schedule }>(CREATE, { input }, otherKey)).createSchedule.version).toBe(
        1,
      );
    });
  });

  describe('an edit', () => {
    it('changes what it gives, raises the version and moves the next run', async () => {
      const schedule = await create();
      const scheduledAt = ahead(2 * HOUR);
      const input = { name: 'Novo', description: 'x', scheduledAt, retryPolicy: { maxAttempts: 2 } };
      const { updateSchedule } = await app.data<{ updateSchedule: Schedule }>(UPDATE, {
        id: schedule.id,
        input,
        expectedVersion: 1,
      });
      expect(updateSchedule).toMatchObject({
        ...schedule,
        name: 'Novo',
        description: 'x',
        scheduledAt,
        nextRunAt: scheduledAt,
        retryPolicy: { maxAttempts: 2, initialSeconds: 60 },
        version: 2,
        updatedAt: updateSchedule['updatedAt'],
      });
    });

    it('of a stale version is a conflict that tells the present one', async () => {
      const { id } = await create();
      await app.data(UPDATE, { id, input: { name: 'a' } });
      expect(await refusal(UPDATE, { id, input: { name: 'b' }, expectedVersion: 1 })).toMatchObject({
        code: 'CONFLICT',
        current: { version: 2, status: 'PENDING' },
      });
    });

    it('tells everything that is wrong at once, and changes nothing', async () => {
      const schedule = await create(recurring);
      const input = {
        name: null,
        messageId: UNKNOWN,
        targetContactIds: [foreign.contactId],
        scheduledAt: ahead(),
        priority: 11,
      };
      expect((await refusal(UPDATE, { id: schedule.id, input })).violations?.sort()).toEqual([
        'input.messageId:exists',
        'input.name:notNull',
        'input.priority:max',
        'input.scheduledAt:notApplicable',
        'input.targetContactIds.0:exists',
      ]);
      expect((await refusal(UPDATE, { id: schedule.id, input: { cronExpression: 'x' } })).violations).toEqual([
        'input.cronExpression:cron.invalid',
      ]);
      expect((await refusal(UPDATE, { id: schedule.id, input: { targetContactIds: [] } })).violations).toEqual([
        'input.targetContactIds:targets.required',
      ]);
      const { schedule: after } = await app.data<{ schedule: Schedule }>(
        `query ($id: ID!) { schedule(id: $id) { ${FIELDS} } }`,
        { id: schedule.id },
      );
      expect(after).toEqual(schedule);
    });

    it('cannot reach what was planned once the run has begun', async () => {
      const { id } = await create({ type: 'IMMEDIATE' });
      expect(await refusal(UPDATE, { id, input: { targetContactIds: [contactId], name: 'x' } })).toMatchObject({
        code: 'CONFLICT',
        current: { status: 'PROCESSING', version: 1, runCount: 1 },
      });
      const { updateSchedule } = await app.data<{ updateSchedule: Schedule }>(UPDATE, { id, input: { priority: 9 } });
      expect(updateSchedule).toMatchObject({ priority: 9, version: 2 });
    });

    it('of an unknown or foreign schedule finds nothing', async () => {
      const { id } = await create();
      expect(await refusal(UPDATE, { id: UNKNOWN, input: {} })).toMatchObject({ code: 'NOT_FOUND' });
      expect(await refusal(UPDATE, { id, input: {} }, otherKey)).toMatchObject({ code: 'NOT_FOUND' });
      expect(await refusal(change('cancelSchedule'), { id }, otherKey)).toMatchObject({ code: 'NOT_FOUND' });
      expect(await refusal(change('retrySchedule'), { id: 'x' })).toMatchObject({ code: 'NOT_FOUND' });
    });
  });

  it('pauses and resumes, each once', async () => {
    const { id } = await create(recurring);
    expect(await act('pauseSchedule', id)).toMatchObject({ status: 'PAUSED', version: 2, nextRunAt: null });
    expect(await act('pauseSchedule', id)).toMatchObject({ status: 'PAUSED', version: 2 });
    const resumed = await act('resumeSchedule', id);
    expect(resumed).toMatchObject({ status: 'PENDING', version: 3 });
    expect(Date.parse(resumed.nextRunAt ?? '')).toBeGreaterThan(Date.now());
    expect(await act('resumeSchedule', id)).toEqual(resumed);
  });

  it('changes nothing of a version that was read too long ago, and says what happened', async () => {
    const { id } = await create(recurring);
    await app.data(UPDATE, { id, input: { name: 'a' } });
    const told = async (name: string, expectedVersion: number) => {
      const { errors } = await app.gql(change(name), { id, expectedVersion });
      return [errors?.[0]?.message, errors?.[0]?.extensions.current];
    };
    for (const name of ['pauseSchedule', 'resumeSchedule', 'cancelSchedule', 'retrySchedule']) {
      expect(await told(name, 1)).toMatchObject([
        'It has changed since version 1: it is version 2 now, PENDING.',
        { status: 'PENDING', version: 2, updatedAt: expect.any(String) as string },
      ]);
    }
    const actAt = async (name: string, expectedVersion: number) =>
      (await app.data<Record<string, Schedule>>(change(name), { id, expectedVersion }))[name];
    expect(await actAt('pauseSchedule', 2)).toMatchObject({ status: 'PAUSED', version: 3 });
    expect(await actAt('pauseSchedule', 3)).toMatchObject({ status: 'PAUSED', version: 3 });
    expect(await told('pauseSchedule', 2)).toMatchObject([
      'It has changed since version 2: it is version 3 now, PAUSED.',
      { version: 3 },
    ]);
    expect(await actAt('cancelSchedule', 3)).toMatchObject({ status: 'CANCELLED', version: 4 });
    expect(await told('resumeSchedule', 3)).toMatchObject([
      'The schedule was cancelled. It cannot be resumed any more.',
      { status: 'CANCELLED', version: 4 },
    ]);
  });

  it('does not resume a single instant that passed meanwhile; a new instant lets it', async () => {
    const { id } = await create();
    await act('pauseSchedule', id);
    await sql(`UPDATE schedules SET scheduled_at = now() - interval '1 second' WHERE id = '${id}'`);
    expect(await refusal(change('resumeSchedule'), { id })).toMatchObject({
      code: 'CONFLICT',
      current: { status: 'PAUSED' },
    });
    const scheduledAt = ahead();
    await app.data(UPDATE, { id, input: { scheduledAt } });
    expect(await act('resumeSchedule', id)).toMatchObject({ status: 'PENDING', nextRunAt: scheduledAt });
  });

  it('cancels for good', async () => {
    const { id } = await create(recurring);
    expect(await act('cancelSchedule', id)).toMatchObject({ status: 'CANCELLED', version: 2, nextRunAt: null });
    expect(await act('cancelSchedule', id)).toMatchObject({ status: 'CANCELLED', version: 2 });
    for (const name of ['pauseSchedule', 'resumeSchedule', 'retrySchedule']) {
      expect(await refusal(change(name), { id })).toMatchObject({ code: 'CONFLICT', current: { status: 'CANCELLED' } });
    }
    expect(await refusal(UPDATE, { id, input: { name: 'x' } })).toMatchObject({ code: 'CONFLICT' });
  });

  describe('a conversation', () => {
    const READ = 'query ($id: ID!) { schedule(id: $id) { conversationId privateNote } }';

    it('is refused on a channel whose gateway has none, next to everything else', async () => {
      const before = await stored();
      const input = inputOf({ conversationId: '4711', privateNote: true, scheduledAt: ahead(60_000), priority: 11 });
      expect((await refusal(CREATE, { input })).violations?.sort()).toEqual([
        'input.conversationId:exactlyOne',
        'input.conversationId:unsupported',
        'input.priority:max',
        'input.scheduledAt:leadTime',
        'input.targetContactIds:exactlyOne',
      ]);
      const alone = inputOf({ conversationId: '4711', targetContactIds: null });
      const { errors } = await app.gql(CREATE, { input: alone });
      expect(errors?.[0]?.extensions.violations).toEqual([
        { field: 'input.conversationId', message: "the channel's gateway has no conversations", rule: 'unsupported' },
      ]);
      expect((await refusal(CREATE, { input: inputOf({ privateNote: true }) })).violations).toEqual([
        'input.privateNote:notApplicable',
      ]);
      expect(await stored()).toEqual(before);
    });

    it('is told, found by its id, and keeps its rules in an edit', async () => {
      const { id } = await create();
      expect(await app.data(READ, { id })).toEqual({ schedule: { conversationId: null, privateNote: false } });
      await sql(`UPDATE schedules SET conversation_id = 'c-7', private_note = true WHERE id = '${id}'`);
      expect(await app.data(READ, { id })).toEqual({ schedule: { conversationId: 'c-7', privateNote: true } });
      const found = async (conversationId: string | null, key?: string) =>
        (
          await app.data<{ schedules: { nodes: { id: string }[] } }>(
            'query ($filter: ScheduleFilter) { schedules(first: 100, filter: $filter) { nodes { id } } }',
            { filter: { conversationId } },
            key,
          )
        ).schedules.nodes.map((schedule) => schedule.id);
      expect(await found('c-7')).toEqual([id]);
      expect(await found('c-8')).toEqual([]);
      expect(await found('c-7', otherKey)).toEqual([]);
      expect(await found(null)).toContain(id);
      const near = { scheduledAt: ahead(4 * 60_000), targetContactIds: [contactId] };
      expect((await refusal(UPDATE, { id, input: near })).violations?.sort()).toEqual([
        'input.conversationId:exactlyOne',
        'input.scheduledAt:leadTime',
        'input.targetContactIds:exactlyOne',
      ]);
      await app.data(UPDATE, { id, input: { scheduledAt: ahead(6 * 60_000) } });
    });
  });

  it('lists the newest first, by page and by filter, without other tenants’', async () => {
    const marker = `Lista ${Date.now()}`;
    const ids: string[] = [];
    for (const type of [{}, recurring, recurring]) ids.unshift((await create({ ...type, name: `${marker} ÇÃO` })).id);
    const list = async (variables: Readonly<Record<string, unknown>>, key?: string) =>
      (
        await app.data<{
          schedules: { nodes: { id: string }[]; totalCount: number; pageInfo: { endCursor: string | null } };
        }>(
          `query ($first: Int, $after: String, $filter: ScheduleFilter) { schedules(first: $first, after: $after, filter: $filter) {
             nodes { id } totalCount pageInfo { hasNextPage endCursor } } }`,
          variables,
          key,
        )
      ).schedules;
    const search = `${marker} cao`;
    const first = await list({ first: 2, filter: { search } });
    expect(first).toMatchObject({ nodes: ids.slice(0, 2).map((id) => ({ id })), totalCount: 3 });
    const rest = await list({ first: 2, after: first.pageInfo.endCursor, filter: { search } });
    expect(rest.nodes).toEqual([{ id: ids[2] }]);
    expect((await list({ filter: { search, type: 'FUTURE' } })).nodes).toEqual([{ id: ids[2] }]);
    expect((await list({ filter: { search, statuses: ['PAUSED'] } })).nodes).toEqual([]);
    expect(
      (await list({ filter: { search, contactId, channelId, from: ahead(-HOUR), to: ahead(30 * HOUR) } })).totalCount,
    ).toBe(3);
    expect((await list({ filter: { search, contactId: foreign.contactId } })).totalCount).toBe(0);
    expect((await list({ filter: { search } }, otherKey)).totalCount).toBe(0);
  });
});
