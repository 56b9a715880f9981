import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { eventually } from '../support/eventually.js';
import { subscriber, type StreamResult, type Subscriber } from '../support/subscriber.js';

interface Update {
  readonly scheduleUpdated: { readonly id: string; readonly status: string; readonly version: number };
}

const CREATE = 'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id version } }';
const UPDATE =
  'mutation ($id: ID!, $input: UpdateScheduleInput!) { updateSchedule(id: $id, input: $input) { version } }';
const UPDATED = 'subscription ($id: ID) { scheduleUpdated(id: $id) { id status version } }';

describe('a schedule from its making to its end', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  let contactId: string;
  let channelId: string;
  const open: Subscriber[] = [];

  beforeAll(async () => {
    app = await startTestApp();
    sql = await connectSql(app.databaseUrl);
    const made = await app.data<{ createContact: { id: string }; createChannel: { id: string } }>(
      `mutation { createContact(input: { name: "Ana", phone: "65 98123-4567" }) { id }
                  createChannel(input: { name: "Simulador", simulator: { latencyMs: 1, latencyJitterMs: 0, failureRate: 0 },
                    rateLimit: { perMinute: 6000, burst: 100, perContactPerMinute: 6000 } }) { id } }`,
    );
    contactId = made.createContact.id;
    channelId = made.createChannel.id;
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((client) => client.close()));
  });
  afterAll(async () => {
    await sql.close();
    await app.close();
  });

  const create = async (input: Readonly<Record<string, unknown>>): Promise<string> => {
    const schedule = {
      name: 'Aviso',
      message: { title: 'Aviso', content: 'Olá {nome}' },
      channelId,
      targetContactIds: [contactId],
      ...input,
    };
    return (await app.data<{ createSchedule: { id: string } }>(CREATE, { input: schedule })).createSchedule.id;
  };
  const statusOf = async (id: string): Promise<string> =>
    (await app.data<{ schedule: { status: string } }>('query ($id: ID!) { schedule(id: $id) { status } }', { id }))
      .schedule.status;
  const listen = (id: string | null, key = app.adminKey) => {
    const client = subscriber(app.url, key);
    open.push(client);
    const heard: Update['scheduleUpdated'][] = [];
    const ended = (async () => {
      for await (const result of client.iterate<Update>(UPDATED, { id }) as AsyncIterable<StreamResult<Update>>) {
        if (result.errors) throw new Error(JSON.stringify(result.errors));
        if (result.data) heard.push(result.data.scheduleUpdated);
      }
    })();
    return { heard, ended };
  };
  /** Nothing acknowledges a subscription but its first event. */
  const untilHeard = (id: string, heard: readonly unknown[]) =>
    eventually(async () => {
      if (heard.length === 0) await app.data(UPDATE, { id, input: { description: String(Math.random()) } });
      return heard.length > 0;
    });

  it('fires on time, reaches its contact and tells each step to who listens, and to nobody else', async () => {
    const scheduledAt = new Date(Date.now() + 2_500);
    const id = await create({ type: 'FUTURE', scheduledAt: scheduledAt.toISOString() });
    const other = await create({ type: 'RECURRING', cronExpression: '0 9 1 1 *' });
    const { heard } = listen(id);
    const foreign = listen(null, await app.newTenant('Outra'));
    await untilHeard(id, heard);
    await app.data(UPDATE, { id: other, input: { name: 'Outro' } });
    await eventually(async () => (await statusOf(id)) === 'COMPLETED');
    await eventually(() => heard.at(-1)?.status === 'COMPLETED');
    expect(new Set(heard.map((update) => update.id))).toEqual(new Set([id]));
    expect([...new Set(heard.map((update) => update.status))]).toEqual(['PENDING', 'PROCESSING', 'COMPLETED']);
    const versions = heard.map((update) => update.version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
    expect(foreign.heard).toEqual([]);
    const [delivery] = await sql.query<{ status: string; lateMs: number }>(
      `SELECT d.status::text, (extract(epoch FROM a.started_at - d.due_at) * 1000)::float8 AS "lateMs"
         FROM deliveries d JOIN delivery_attempts a ON a.delivery_id = d.id WHERE d.schedule_id = $1`,
      [id],
    );
    expect(['sent', 'delivered', 'read']).toContain(delivery?.status);
    expect(delivery?.lateMs).toBeGreaterThanOrEqual(0);
    expect(delivery?.lateMs).toBeLessThan(1_000);
  }, 15_000);

  it('runs an IMMEDIATE one at once', async () => {
    const id = await create({ type: 'IMMEDIATE' });
    await eventually(async () => (await statusOf(id)) === 'COMPLETED');
  }, 15_000);

  it('fires a schedule that no hint knows of within the poll’s interval', async () => {
    const id = await create({ type: 'RECURRING', cronExpression: '0 9 1 1 *' });
    // Behind the program's back: no event, no timer.
    await sql.execute(`UPDATE schedules SET next_run_at = date_trunc('second', now()) WHERE id = $1`, [id]);
    await eventually(
      async () => (await sql.query('SELECT 1 FROM schedule_runs WHERE schedule_id = $1', [id])).length === 1,
      7_000,
    );
  }, 15_000);

  it('ends the stream of a key that is revoked', async () => {
    const { createApiKey } = await app.data<{ createApiKey: { key: string; apiKey: { id: string } } }>(
      'mutation { createApiKey(name: "Painel", role: VIEWER) { key apiKey { id } } }',
    );
    const id = await create({ type: 'RECURRING', cronExpression: '0 9 1 1 *' });
    const { heard, ended } = listen(null, createApiKey.key);
    const failure = ended.then(
      () => undefined,
      (error: unknown) => error,
    );
    await untilHeard(id, heard);
    await app.data('mutation ($id: ID!) { revokeApiKey(id: $id) { id } }', { id: createApiKey.apiKey.id });
    expect(JSON.stringify(await failure)).toContain('UNAUTHENTICATED');
  });
});
