import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { eventually } from '../support/eventually.js';
import { storedRows } from '../support/stored-rows.js';

const CREATE = `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) {
  id status version nextRunAt timeZone campaign { startsOn weekdays window { from to } maxPerDay minSpacingSeconds seed } } }`;
const DAY_MS = 86_400_000;

/** Of Cuiabá, four hours behind UTC all year. */
const localDate = (inDays: number): string =>
  new Date(Date.now() - 4 * 3_600_000 + inDays * DAY_MS).toISOString().slice(0, 10);

interface Planned {
  readonly dueAt: string;
  readonly status: string;
  readonly contact: { readonly id: string };
}

describe('a campaign', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let groupId: string;
  let contactIds: string[];

  beforeAll(async () => {
    app = await startTestApp();
    sql = await connectSql(app.databaseUrl);
    const lines = Array.from({ length: 1_000 }, (_, n) => `Contato ${n},+55659${String(80_000_000 + n)}`);
    const group = await app.data<{ createContactGroup: { id: string } }>(
      'mutation { createContactGroup(name: "Todos") { id } }',
    );
    groupId = group.createContactGroup.id;
    await app.data('mutation ($input: ImportContactsInput!) { importContacts(input: $input) { created } }', {
      input: { format: 'CSV', content: ['nome,telefone', ...lines].join('\n'), groupId },
    });
    const rows = await sql.query<{ id: string }>('SELECT id FROM contacts ORDER BY id');
    contactIds = rows.map((row) => row.id);
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const newChannel = async (more: object = {}): Promise<string> => {
    const input = {
      name: 'Simulador',
      simulator: { latencyMs: 1, latencyJitterMs: 0, failureRate: 0 },
      rateLimit: { perMinute: 6_000, burst: 100 },
      ...more,
    };
    const made = await app.data<{ createChannel: { id: string } }>(
      'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id } }',
      { input },
    );
    return made.createChannel.id;
  };
  const campaignOf = (channelId: string, campaign: object, more: object = {}) => ({
    name: 'Campanha',
    type: 'CAMPAIGN',
    channelId,
    message: { title: 'Oferta', content: 'Olá {nome}', variations: ['Oi {nome}', 'Olá {nome}'] },
    targetGroupIds: [groupId],
    campaign: { startsOn: localDate(1), ...campaign },
    ...more,
  });
  const create = async (input: unknown) =>
    (
      await app.data<{ createSchedule: { id: string; status: string; nextRunAt: string | null; campaign: unknown } }>(
        CREATE,
        { input },
      )
    ).createSchedule;
  /** All deliveries of a schedule by their due time, once its plan is made. */
  const planOf = async (scheduleId: string, count = 1_000): Promise<Planned[]> => {
    await eventually(async () => {
      const rows = await sql.query<{ n: number }>('SELECT count(*)::int AS n FROM deliveries WHERE schedule_id = $1', [
        scheduleId,
      ]);
      return rows[0]?.n === count;
    });
    const rows = await sql.query<{ dueAt: Date; contactId: string; status: string }>(
      `SELECT due_at AS "dueAt", contact_id AS "contactId", status FROM deliveries WHERE schedule_id = $1 ORDER BY due_at`,
      [scheduleId],
    );
    return rows.map((row) => ({ dueAt: row.dueAt.toISOString(), status: row.status, contact: { id: row.contactId } }));
  };

  const perDay = (plan: readonly Planned[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { dueAt } of plan) {
      const day = new Date(Date.parse(dueAt) - 4 * 3_600_000).toISOString().slice(0, 10);
      counts[day] = (counts[day] ?? 0) + 1;
    }
    return counts;
  };

  it('spreads 1,000 recipients over a window: what does not fit goes to the next day', async () => {
    const schedule = await create(campaignOf(await newChannel(), { window: { from: '08:00', to: '20:00' } }));
    const plan = await planOf(schedule.id);
    expect(perDay(plan)).toEqual({ [localDate(1)]: 721, [localDate(2)]: 279 });
    const instants = plan.map(({ dueAt }) => Date.parse(dueAt));
    const gaps = instants.slice(1).map((at, index) => at - (instants[index] as number));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(60_000);
    expect(plan.map(({ contact }) => contact.id).sort()).toEqual(contactIds);
    const { schedule: now } = await app.data<{ schedule: { status: string; nextRunAt: string } }>(
      'query ($id: ID!) { schedule(id: $id) { status nextRunAt } }',
      { id: schedule.id },
    );
    expect(now).toEqual({ status: 'PENDING', nextRunAt: plan[0]?.dueAt });
  });

  describe('that cannot be', () => {
    const closedOnMondays = { sendingWeekdays: [2, 3, 4, 5, 6, 7] };
    const mornings = { sendingWindow: { from: '08:00', to: '12:00' } };

    it.each<[string, object, object, string, string]>([
      ['has a window without length', {}, { window: { from: '09:00', to: '09:00' } }, 'window.to', 'window.empty'],
      [
        'has a window that ends before it begins',
        {},
        { window: { from: '20:00', to: '08:00' } },
        'window.to',
        'window.order',
      ],
      ['has no weekday', {}, { weekdays: [] }, 'weekdays', 'weekdays.required'],
      ['has a weekday that is none', {}, { weekdays: [0] }, 'weekdays', 'weekdays.range'],
      ['never opens on its weekdays', closedOnMondays, { weekdays: [1] }, 'window', 'window.neverOpens'],
      [
        "never opens in the channel's hours",
        mornings,
        { window: { from: '13:00', to: '18:00' } },
        'window',
        'window.neverOpens',
      ],
      ['may send nothing a day', {}, { maxPerDay: 0 }, 'maxPerDay', 'range'],
      ['may send too much a day', {}, { maxPerDay: 100_001 }, 'maxPerDay', 'range'],
      ['has a negative spacing', {}, { minSpacingSeconds: -1 }, 'minSpacingSeconds', 'range'],
      [
        'has a spacing that lets nothing fit',
        {},
        { window: { from: '09:00', to: '10:00' }, minSpacingSeconds: 3_601 },
        'minSpacingSeconds',
        'spacing.nothingFits',
      ],
      ['starts in the past', {}, { startsOn: localDate(-1) }, 'startsOn', 'past'],
      ['starts too late', {}, { startsOn: localDate(368) }, 'startsOn', 'maxDaysAhead'],
      ['has an empty seed', {}, { seed: '' }, 'seed', 'length'],
      ['would take longer than a year', {}, { maxPerDay: 2 }, '', 'campaign.tooLong'],
    ])('%s', async (_title, channel, campaign, field, rule) => {
      const channelId = await newChannel(channel);
      const before = await storedRows(sql);
      const { errors } = await app.gql(CREATE, { input: campaignOf(channelId, campaign) });
      const violation = { field: field === '' ? 'input.campaign' : `input.campaign.${field}`, rule };
      expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', violations: [violation] });
      expect(await storedRows(sql)).toEqual(before);
    });

    it('is told everything at once', async () => {
      const wrong = {
        startsOn: '2026-02-30',
        window: { from: '9', to: '25:00' },
        weekdays: [8],
        maxPerDay: 0,
        seed: 'x'.repeat(201),
      };
      const { errors } = await app.gql(CREATE, { input: campaignOf('no id', wrong, { name: '' }) });
      const fields = (errors?.[0]?.extensions.violations ?? []).map(({ field }) => field).sort();
      expect(fields).toEqual([
        'input.campaign.maxPerDay',
        'input.campaign.seed',
        'input.campaign.startsOn',
        'input.campaign.weekdays',
        'input.campaign.window.from',
        'input.campaign.window.to',
        'input.channelId',
        'input.name',
      ]);
    });

    it('is a schedule of another type', async () => {
      const scheduledAt = new Date(Date.now() + DAY_MS).toISOString();
      const input = campaignOf(await newChannel(), {}, { type: 'FUTURE', scheduledAt });
      const { errors } = await app.gql(CREATE, { input });
      expect(errors?.[0]?.extensions?.violations).toMatchObject([{ field: 'input.campaign', rule: 'notApplicable' }]);
    });
  });
});
