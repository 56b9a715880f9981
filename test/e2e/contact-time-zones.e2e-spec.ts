import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const HOUR = 3_600_000;

const CREATE = `mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) {
  id version nextRunAt perContactTimeZone } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateScheduleInput!) { updateSchedule(id: $id, input: $input) {
  perContactTimeZone version nextRunAt } }`;
const READ = `query ($id: ID!) { schedule(id: $id) { status nextRunAt runs { nodes { dueAt startedAt status } }
  deliveries { nodes { status dueAt sentAt errorCode errorMessage contact { timeZone } } } } }`;

interface Read {
  readonly status: string;
  readonly nextRunAt: string | null;
  readonly runs: { readonly nodes: readonly { readonly dueAt: string; readonly startedAt: string }[] };
  readonly deliveries: {
    readonly nodes: readonly {
      readonly status: string;
      readonly dueAt: string;
      readonly sentAt: string | null;
      readonly errorCode: string | null;
      readonly contact: { readonly timeZone: string | null };
    }[];
  };
}
interface Changed {
  readonly id: string;
  readonly version: number;
  readonly nextRunAt: string | null;
  readonly perContactTimeZone: boolean;
}

describe('a schedule for the local time of its contacts', () => {
  let app: TestApp;
  let channelId: string;

  beforeAll(async () => {
    app = await startTestApp();
    const { createChannel } = await app.data<{ createChannel: { id: string } }>(
      `mutation { createChannel(input: { name: "Simulador", simulator: { latencyMs: 1, latencyJitterMs: 0, failureRate: 0 },
         rateLimit: { perMinute: 6000, burst: 100, perContactPerMinute: 6000 } }) { id } }`,
    );
    channelId = createChannel.id;
  });
  afterAll(() => app.close());

  let made = 0;
  const contactIn = async (timeZone: string | null): Promise<string> => {
    made += 1;
    const input = { name: `Contato ${made}`, phone: `+55659${String(82_000_000 + made)}`, timeZone };
    return (
      await app.data<{ createContact: { id: string } }>(
        'mutation ($input: CreateContactInput!) { createContact(input: $input) { id } }',
        { input },
      )
    ).createContact.id;
  };
  const inputOf = (input: Readonly<Record<string, unknown>>) => ({
    name: 'Bom dia',
    message: { title: 'Bom dia', content: 'Bom dia, {nome}' },
    channelId,
    timeZone: 'UTC',
    perContactTimeZone: true,
    ...input,
  });
  const create = async (input: Readonly<Record<string, unknown>>): Promise<Changed> =>
    (await app.data<{ createSchedule: Changed }>(CREATE, { input: inputOf(input) })).createSchedule;
  const read = async (id: string): Promise<Read> => (await app.data<{ schedule: Read }>(READ, { id })).schedule;
  const refusal = async (query: string, variables: Readonly<Record<string, unknown>>) =>
    (await app.gql(query, variables)).errors?.[0]?.extensions.violations?.map(({ field, rule }) => `${field}:${rule}`);

  it('reaches each contact when its own clock shows the time, and nobody at a wrong hour', async () => {
    // The clock of GMT-1 (an hour ahead of UTC) shows it in a second, that of UTC in an hour.
    const nominal = Date.now() + HOUR + 1_000;
    const zones = ['Etc/GMT-1', 'Etc/GMT-3', 'Etc/GMT+2', null];
    const targetContactIds = await Promise.all(zones.map(contactIn));
    const scheduledAt = new Date(nominal).toISOString();
    const { id, nextRunAt } = await create({ type: 'FUTURE', scheduledAt, targetContactIds });
    expect(nextRunAt).toBe(scheduledAt);
    const byZone = (schedule: Read) =>
      new Map(schedule.deliveries.nodes.map((delivery) => [delivery.contact.timeZone, delivery]));
    await eventually(async () => expect(byZone(await read(id)).get('Etc/GMT-1')?.sentAt).toEqual(expect.any(String)));
    const schedule = await read(id);
    const deliveries = byZone(schedule);
    const first = deliveries.get('Etc/GMT-1');
    expect(first?.dueAt).toBe(new Date(nominal - HOUR).toISOString());
    expect(Date.parse(first?.sentAt ?? '')).toBeGreaterThanOrEqual(nominal - HOUR);
    expect(Date.parse(first?.sentAt ?? '')).toBeLessThan(nominal - HOUR + 60_000);
    expect(deliveries.get('Etc/GMT-3')).toMatchObject({ status: 'SUPPRESSED', errorCode: 'LOCAL_TIME_PASSED' });
    expect(deliveries.get('Etc/GMT+2')).toMatchObject({
      status: 'PENDING',
      dueAt: new Date(nominal + 2 * HOUR).toISOString(),
    });
    expect(deliveries.get(null)).toMatchObject({ status: 'PENDING', dueAt: scheduledAt });
    expect(schedule).toMatchObject({
      status: 'PROCESSING',
      nextRunAt: null,
      runs: { nodes: [{ dueAt: scheduledAt }] },
    });
    expect(Date.parse(schedule.runs.nodes[0]?.startedAt ?? '')).toBeLessThan(nominal - HOUR + 60_000);
    const { errors } = await app.gql(UPDATE, { id, input: { perContactTimeZone: false } });
    expect(errors?.[0]?.message).toBe(
      'Its run has begun for the zones whose clocks are ahead, before this reached it: perContactTimeZone cannot change any more.',
    );
  }, 30_000);

  it('keeps its nominal next run, and may be changed before', async () => {
    const targetContactIds = [await contactIn('Asia/Tokyo')];
    const scheduledAt = new Date(Date.now() + 40 * HOUR).toISOString();
    const { id } = await create({ type: 'FUTURE', scheduledAt, targetContactIds });
    expect(
      (await app.data<{ updateSchedule: Changed }>(UPDATE, { id, input: { perContactTimeZone: false } }))
        .updateSchedule,
    ).toEqual({ perContactTimeZone: false, version: 2, nextRunAt: scheduledAt });
    const recurring = { type: 'RECURRING', cronExpression: '0 9 * * *', targetContactIds };
    expect((await create({ ...recurring, perContactTimeZone: null })).perContactTimeZone).toBe(false);
  });

  it('is shown before it is made, as it would be', async () => {
    const nominal = Date.now() + 2 * HOUR;
    const [early, late, passed, without] = await Promise.all(
      ['Etc/GMT-1', 'Etc/GMT+3', 'Asia/Tokyo', null].map(contactIn),
    );
    const { schedulePreview } = await app.data<{ schedulePreview: unknown }>(
      `query ($input: CreateScheduleInput!) { schedulePreview(input: $input) {
         deliveries { nodes { at contact { id } } } excluded { reason contact { id } } nextRuns } }`,
      {
        input: inputOf({
          type: 'FUTURE',
          scheduledAt: new Date(nominal).toISOString(),
          targetContactIds: [early, late, passed, without],
        }),
      },
    );
    const at = (ms: number) => new Date(nominal + ms).toISOString();
    expect(schedulePreview).toEqual({
      deliveries: {
        nodes: [
          { at: at(-HOUR), contact: { id: early } },
          { at: at(0), contact: { id: without } },
          { at: at(3 * HOUR), contact: { id: late } },
        ],
      },
      excluded: [{ reason: 'LOCAL_TIME_PASSED', contact: { id: passed } }],
      nextRuns: [at(0)],
    });
  });

  it('is for schedules that name a time', async () => {
    const targetContactIds = [await contactIn(null)];
    expect(await refusal(CREATE, { input: inputOf({ type: 'IMMEDIATE', targetContactIds }) })).toEqual([
      'input.perContactTimeZone:notApplicable',
    ]);
    const { id } = await create({ type: 'IMMEDIATE', targetContactIds, perContactTimeZone: false });
    // Its run has begun, which comes before what is wrong with the input.
    expect((await app.gql(UPDATE, { id, input: { perContactTimeZone: true } })).errors?.[0]?.extensions.code).toBe(
      'CONFLICT',
    );
  });
});
