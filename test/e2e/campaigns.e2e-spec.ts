import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { eventually } from '../support/eventually.js';

const CREATE = `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) {
  id status version nextRunAt timeZone campaign { startsOn weekdays window { from to } maxPerDay minSpacingSeconds seed } } }`;
const DAY_MS = 86_400_000;

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

  const localDate = (inDays: number): string =>
    new Date(Date.now() - 4 * 3_600_000 + inDays * DAY_MS).toISOString().slice(0, 10);
  const newChannel = async (more: Readonly<Record<string, unknown>> = {}): Promise<string> => {
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
  const campaignOf = (channelId: string, campaign: Readonly<Record<string, unknown>>, more = {}) => ({
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
});
