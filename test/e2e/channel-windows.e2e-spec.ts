import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

interface Channel {
  readonly id: string;
  readonly sendingWindow: { readonly from: string; readonly to: string } | null;
  readonly sendingWeekdays: readonly number[];
  readonly rateLimitStatus: { readonly availableTokens: number; readonly waitSeconds: number };
}

const FIELDS =
  'id sendingWindow { from to } sendingWeekdays rateLimitStatus { availableTokens capacity waitSeconds sentToday }';
const CREATE = `mutation ($input: CreateChannelInput!) { channel: createChannel(input: $input) { ${FIELDS} } }`;
const UPDATE = `mutation ($id: ID!, $input: UpdateChannelInput!) { channel: updateChannel(id: $id, input: $input) { ${FIELDS} } }`;
const FIND = `query ($id: ID!) { channel(id: $id) { ${FIELDS} } }`;
const COUNT = '{ channels { id } }';
const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { deliveries { id status } } }`;
const STATUS = 'query ($id: ID!) { delivery(id: $id) { status } }';

const EVERY_DAY = [1, 2, 3, 4, 5, 6, 7];
const DAY_MS = 86_400_000;

describe('the sending hours of a channel', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const create = async (input: Readonly<Record<string, unknown>> = {}): Promise<Channel> => {
    const simulator = { latencyMs: 0, latencyJitterMs: 0, failureRate: 0 };
    const made = { name: 'Vendas', simulator, timeZone: 'UTC', ...input };
    return (await app.data<{ channel: Channel }>(CREATE, { input: made })).channel;
  };
  const update = async (id: string, input: Readonly<Record<string, unknown>>): Promise<Channel> =>
    (await app.data<{ channel: Channel }>(UPDATE, { id, input })).channel;
  const violations = async (query: string, variables: Readonly<Record<string, unknown>>) => {
    const error = (await app.gql(query, variables)).errors?.[0]?.extensions;
    expect(error?.code).toBe('BAD_USER_INPUT');
    return error?.violations?.map(({ field, rule }) => `${field} ${rule}`);
  };

  it('are any hour of any day unless it is told otherwise', async () => {
    expect(await create()).toMatchObject({ sendingWindow: null, sendingWeekdays: EVERY_DAY });
    expect(await create({ sendingWindow: null, sendingWeekdays: null })).toMatchObject({
      sendingWindow: null,
      sendingWeekdays: EVERY_DAY,
    });
  });

  it('are kept as they are given, weekdays once each and in their order', async () => {
    const hours = { sendingWindow: { from: '08:30', to: '24:00' }, sendingWeekdays: [5, 1, 5, 3] };
    const { id, sendingWindow, sendingWeekdays } = await create(hours);
    expect({ sendingWindow, sendingWeekdays }).toEqual({ ...hours, sendingWeekdays: [1, 3, 5] });
    expect((await app.data<{ channel: Channel }>(FIND, { id })).channel).toMatchObject({ sendingWindow });
  });

  it('change with what is given; null clears the window and names every weekday', async () => {
    const { id } = await create({ sendingWindow: { from: '08:00', to: '20:00' }, sendingWeekdays: [1, 2] });
    expect(await update(id, { name: 'Suporte' })).toMatchObject({
      sendingWindow: { from: '08:00', to: '20:00' },
      sendingWeekdays: [1, 2],
    });
    expect(await update(id, { sendingWindow: { from: '00:00', to: '00:01' } })).toMatchObject({
      sendingWindow: { from: '00:00', to: '00:01' },
      sendingWeekdays: [1, 2],
    });
    expect(await update(id, { sendingWindow: null })).toMatchObject({ sendingWindow: null, sendingWeekdays: [1, 2] });
    expect(await update(id, { sendingWeekdays: null })).toMatchObject({ sendingWeekdays: EVERY_DAY });
  });

  it.each<[string, Readonly<Record<string, unknown>>, string[]]>([
    ['of no length', { sendingWindow: { from: '08:00', to: '08:00' } }, ['input.sendingWindow.to window.empty']],
    [
      'at the end of the day only',
      { sendingWindow: { from: '24:00', to: '24:00' } },
      ['input.sendingWindow.to window.empty'],
    ],
    ['past midnight', { sendingWindow: { from: '22:00', to: '06:00' } }, ['input.sendingWindow.to window.order']],
    ['on no weekday', { sendingWeekdays: [] }, ['input.sendingWeekdays weekdays.required']],
    ['on weekday 0', { sendingWeekdays: [0, 1] }, ['input.sendingWeekdays weekdays.range']],
    ['on weekday 8', { sendingWeekdays: [7, 8] }, ['input.sendingWeekdays weekdays.range']],
    [
      'at times that are none',
      { sendingWindow: { from: '8h', to: '24:01' } },
      ['input.sendingWindow.from localTime', 'input.sendingWindow.to localTime'],
    ],
    [
      'wrong in several ways',
      {
        name: '',
        sendingWindow: { from: '20:00', to: '08:00' },
        sendingWeekdays: [9],
        rateLimit: { perMinute: 0, burst: 1 },
      },
      [
        'input.name length',
        'input.rateLimit.perMinute range',
        'input.sendingWindow.to window.order',
        'input.sendingWeekdays weekdays.range',
      ],
    ],
  ])('are refused %s, with everything else that is wrong, and nothing is stored', async (_what, input, expected) => {
    const { id } = await create({ sendingWindow: { from: '08:00', to: '20:00' }, sendingWeekdays: [1] });
    const before = await app.data<{ channels: unknown[] }>(COUNT);
    const made = { name: 'Nova', simulator: {}, ...input };
    expect(await violations(CREATE, { input: made })).toEqual(expected);
    expect(await app.data(COUNT)).toEqual(before);
    expect(await violations(UPDATE, { id, input })).toEqual(expected);
    expect((await app.data<{ channel: Channel }>(FIND, { id })).channel).toMatchObject({
      sendingWindow: { from: '08:00', to: '20:00' },
      sendingWeekdays: [1],
    });
  });

  it('keep what is due waiting while they are over, also without a rate limit, and let it go when they are removed', async () => {
    const opensMs = (Math.floor(Date.now() / DAY_MS) + 3) * DAY_MS;
    const channel = await create({ sendingWeekdays: [new Date(opensMs).getUTCDay() || 7] });
    const { rateLimitStatus } = (await app.data<{ channel: Channel }>(FIND, { id: channel.id })).channel;
    expect(rateLimitStatus.availableTokens).toBe(0);
    expect(Math.abs(rateLimitStatus.waitSeconds - (opensMs - Date.now()) / 1_000)).toBeLessThan(30);
    const send = async (to: string, respectRateLimit: boolean): Promise<string> => {
      const input = { content: 'Olá', to: [to], channelId: channel.id, respectRateLimit };
      const sent = await app.data<{ sendMessage: { deliveries: { id: string }[] } }>(SEND, { input });
      return sent.sendMessage.deliveries[0]?.id ?? '';
    };
    const ids = [await send('+5565981230001', true), await send('+5565981230002', false)];
    const statuses = () =>
      Promise.all(
        ids.map(async (id) => (await app.data<{ delivery: { status: string } }>(STATUS, { id })).delivery.status),
      );
    // One that goes by another channel shows that the dispatcher has been there.
    const open = await create();
    const input = { content: 'Olá', to: ['+5565981230003'], channelId: open.id };
    const { sendMessage } = await app.data<{ sendMessage: { deliveries: { id: string }[] } }>(SEND, { input });
    await eventually(async () => {
      const { delivery } = await app.data<{ delivery: { status: string } }>(STATUS, {
        id: sendMessage.deliveries[0]?.id,
      });
      return ['SENT', 'DELIVERED', 'READ'].includes(delivery.status);
    });
    expect(await statuses()).toEqual(['PENDING', 'PENDING']);
    const changed = await update(channel.id, { sendingWeekdays: null });
    expect(changed.rateLimitStatus.waitSeconds).toBe(0);
    // Of ten, the two that wait may have had theirs already.
    expect(changed.rateLimitStatus.availableTokens).toBeGreaterThanOrEqual(8);
    await eventually(async () => (await statuses()).every((status) => ['SENT', 'DELIVERED', 'READ'].includes(status)));
  });
});
