import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql } from '../support/connect-sql.js';
import { eventually } from '../support/eventually.js';
import { json, ScriptedHttpServer, silence } from '../support/scripted-http-server.js';

interface Gate {
  readonly kind: string;
  readonly blocking: boolean;
  readonly until: string | null;
  readonly detail: string;
}
interface Explained {
  readonly status: string;
  readonly dueAt: string;
  readonly explanation: {
    readonly summary: string;
    readonly earliestSendAt: string | null;
    readonly gates: readonly Gate[];
  };
}
type Input = Readonly<Record<string, unknown>>;

const EXPLAIN = `query ($id: ID!) { delivery(id: $id) { status dueAt
  explanation { summary earliestSendAt gates { kind blocking until detail } } } }`;
const CREATE_CHANNEL = 'mutation ($input: CreateChannelInput!) { createChannel(input: $input) { id } }';
const SEND =
  'mutation ($input: SendMessageInput!) { sendMessage(input: $input) { schedule { id } deliveries { id } } }';

const DAY_MS = 86_400_000;
const SIMULATOR = { latencyMs: 0, latencyJitterMs: 0, failureRate: 0, deliveredAfterMs: null, readAfterMs: null };

/** A weekday that is neither today nor tomorrow, anywhere. */
const FAR_WEEKDAY = new Date(Date.now() + 3 * DAY_MS).getUTCDay() || 7;

describe('why a delivery has not gone', () => {
  let app: TestApp;
  let phone = 0;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.close());

  const aChannel = async (input: Input = {}): Promise<string> => {
    const channel = {
      name: 'Vendas',
      timeZone: 'UTC',
      ...('webhook' in input ? {} : { simulator: SIMULATOR }),
      ...input,
    };
    return (await app.data<{ createChannel: { id: string } }>(CREATE_CHANNEL, { input: channel })).createChannel.id;
  };
  const aNumber = (): string => `+55659812${String((phone += 1)).padStart(5, '0')}`;
  const aContact = async (input: Input): Promise<string> => {
    const text = 'mutation ($input: CreateContactInput!) { createContact(input: $input) { id } }';
    return (await app.data<{ createContact: { id: string } }>(text, { input })).createContact.id;
  };
  const send = async (channelId: string, input: Input = {}) => {
    const message = { channelId, content: 'Olá', to: [aNumber()], ...input };
    const { sendMessage } = await app.data<{
      sendMessage: { schedule: { id: string }; deliveries: readonly { id: string }[] };
    }>(SEND, { input: message });
    return { scheduleId: sendMessage.schedule.id, ids: sendMessage.deliveries.map(({ id }) => id) };
  };
  const sendOne = async (channelId: string, input: Input = {}) => {
    const { scheduleId, ids } = await send(channelId, input);
    return { scheduleId, id: ids[0] ?? '' };
  };
  const explain = async (id: string) => (await app.data<{ delivery: Explained }>(EXPLAIN, { id })).delivery;
  /** Waits until the delivery has the status, and explains it then. */
  const explainOnce = async (id: string, status: string): Promise<Explained> => {
    await eventually(async () => (await explain(id)).status === status);
    return explain(id);
  };
  const change = (mutation: string, variables: Input = {}) => app.data(mutation, variables);
  const gateOf = ({ explanation }: Explained, kind: string) => explanation.gates.find((gate) => gate.kind === kind);
  /** The gate is in the way, the summary is its sentence, and the delivery goes at its instant. */
  const expectBinding = (explained: Explained, kind: string): Gate => {
    const gate = gateOf(explained, kind);
    expect(gate).toMatchObject({ kind, blocking: true });
    expect(explained.explanation.summary).toBe(gate?.detail);
    expect(explained.explanation.earliestSendAt).toBe(gate?.until);
    return gate as Gate;
  };
  const secondsAhead = (until: string | null): number => (Date.parse(until ?? '') - Date.now()) / 1_000;

  describe('while a person stands in the way', () => {
    it('is its paused schedule, until it is resumed', async () => {
      const channelId = await aChannel({ sendingWeekdays: [FAR_WEEKDAY] });
      const { id, scheduleId } = await sendOne(channelId);
      await change('mutation ($id: ID!) { pauseSchedule(id: $id) { id } }', { id: scheduleId });
      const gate = expectBinding(await explain(id), 'SCHEDULE_PAUSED');
      expect(gate).toMatchObject({
        until: null,
        detail: 'Its schedule is paused: it waits until a person resumes the schedule.',
      });
      await change('mutation ($id: ID!) { resumeSchedule(id: $id) { id } }', { id: scheduleId });
      expectBinding(await explain(id), 'WINDOW');
    });

    it('is its paused channel, by whom and why', async () => {
      const channelId = await aChannel();
      await change('mutation ($id: ID!) { pauseChannel(id: $id) { id } }', { id: channelId });
      const { id } = await sendOne(channelId);
      expect(expectBinding(await explain(id), 'CHANNEL_PAUSED').detail).toContain('(Paused by admin)');
    });

    it('is its paused message', async () => {
      const { createMessage } = await app.data<{ createMessage: { id: string } }>(
        'mutation { createMessage(input: { title: "Aviso", content: "Olá" }) { id } }',
      );
      const { id } = await sendOne(await aChannel({ sendingWeekdays: [FAR_WEEKDAY] }), {
        content: null,
        messageId: createMessage.id,
      });
      await change('mutation ($id: ID!) { updateMessage(id: $id, input: { status: PAUSED }) { id } }', {
        id: createMessage.id,
      });
      expectBinding(await explain(id), 'MESSAGE_PAUSED');
    });

    it('is the wish of its contact, or what its text lacks, before it comes to that', async () => {
      const channelId = await aChannel({ sendingWeekdays: [FAR_WEEKDAY] });
      const contactId = await aContact({ name: 'Ana', phone: aNumber() });
      const contact = { to: null, contactIds: [contactId] };
      const lacking = await sendOne(channelId, { ...contact, content: 'Olá {cidade}' });
      expect(expectBinding(await explain(lacking.id), 'MISSING_PLACEHOLDERS').detail).toContain('{cidade}');
      const { id } = await sendOne(channelId, contact);
      expectBinding(await explain(id), 'WINDOW');
      await change('mutation ($id: ID!) { setContactOptOut(id: $id, optedOut: true) { id } }', {
        id: contactId,
      });
      expectBinding(await explain(id), 'OPTED_OUT');
    });
  });

  describe('while it waits', () => {
    it('is its time, and the opening after it when it lies outside the hours', async () => {
      const { id } = await sendOne(await aChannel({ sendingWeekdays: [FAR_WEEKDAY] }));
      const at = new Date(Math.ceil(Date.now() / DAY_MS) * DAY_MS + 30 * DAY_MS);
      const reschedule = (to: Date) =>
        change('mutation ($id: ID!, $at: DateTime!) { rescheduleDelivery(id: $id, at: $at) { id } }', {
          id,
          at: to.toISOString(),
        });
      while ((at.getUTCDay() || 7) !== FAR_WEEKDAY) at.setTime(at.getTime() + DAY_MS);
      await reschedule(at);
      const inside = await explain(id);
      expect(expectBinding(inside, 'DUE_TIME').until).toBe(at.toISOString());
      await reschedule(new Date(at.getTime() - DAY_MS));
      const outside = await explain(id);
      expect(expectBinding(outside, 'WINDOW').until).toBe(at.toISOString());
      expect(gateOf(outside, 'DUE_TIME')).toMatchObject({ blocking: true, until: outside.dueAt });
    });

    it('is the rate of its channel, and then its place in the queue', async () => {
      const channelId = await aChannel({ rateLimit: { perMinute: 1, burst: 1 } });
      const { ids } = await send(channelId, { to: [aNumber(), aNumber(), aNumber()] });
      await explainOnce(ids[0] ?? '', 'SENT');
      const [second, third] = await Promise.all([explain(ids[1] ?? ''), explain(ids[2] ?? '')]);
      const rate = expectBinding(second, 'CHANNEL_RATE');
      expect(rate.detail).toMatch(/^The channel sends 1 message a minute; the next may go at .+ \(UTC\)\.$/);
      expect(secondsAhead(rate.until)).toBeGreaterThan(30);
      const queue = expectBinding(third, 'QUEUE');
      expect(queue.detail).toContain('1 delivery of the channel goes before it');
      expect(secondsAhead(queue.until)).toBeGreaterThan(90);
      expect(gateOf(third, 'CONTACT_RATE')).toMatchObject({ blocking: false, until: null });
    });

    it('is the rate of its contact', async () => {
      const channelId = await aChannel({ rateLimit: { perMinute: 600, burst: 10, perContactPerMinute: 1 } });
      const to = [aNumber()];
      await explainOnce((await sendOne(channelId, { to })).id, 'SENT');
      const { id } = await sendOne(channelId, { to });
      const explained = await explainOnce(id, 'RATE_LIMITED');
      expect(secondsAhead(expectBinding(explained, 'CONTACT_RATE').until)).toBeGreaterThan(30);
      expect(gateOf(explained, 'CHANNEL_RATE')).toMatchObject({ blocking: false });
    });

    it('is the daily cap, the distance, or the hours of its channel', async () => {
      const rate = { perMinute: 600, burst: 10 };
      const afterOne = async (rateLimit: Input): Promise<Explained> => {
        const { ids } = await send(await aChannel({ rateLimit }), { to: [aNumber(), aNumber()] });
        await explainOnce(ids[0] ?? '', 'SENT');
        return explain(ids[1] ?? '');
      };
      const cap = expectBinding(await afterOne({ ...rate, perDay: 1 }), 'DAILY_CAP');
      expect(Date.parse(cap.until ?? '') % DAY_MS).toBe(0);
      const spacing = expectBinding(await afterOne({ ...rate, minSpacingSeconds: 3_600 }), 'SPACING');
      expect(secondsAhead(spacing.until)).toBeGreaterThan(3_500);
      const { id } = await sendOne(await aChannel({ sendingWeekdays: [FAR_WEEKDAY] }), { respectRateLimit: false });
      const closed = await explain(id);
      expect(expectBinding(closed, 'WINDOW').detail).toMatch(
        /^The channel sends at any hour on \w+day; it opens at .+ 00:00 \(UTC\)\.$/,
      );
      expect(gateOf(closed, 'CHANNEL_RATE')?.detail).toBe(
        'It does not wait for the limits of its channel and contact.',
      );
    });

    it('is the pause after a failed attempt', async () => {
      // Nobody listens there: the call did not reach anything.
      const rateLimit = { perMinute: 600, burst: 10, perContactPerMinute: 600 };
      const { id } = await sendOne(await aChannel({ webhook: { url: 'http://127.0.0.1:9/' }, rateLimit }));
      const backoff = expectBinding(await explainOnce(id, 'RETRYING'), 'RETRY_BACKOFF');
      expect(backoff.detail).toMatch(/^Attempt 1 failed \(.+\); the next one follows at .+ \(America\/Cuiaba\)\.$/);
    });

    it('is the pause that the provider asked for', async () => {
      const server = await ScriptedHttpServer.start(json(429, {}, { 'retry-after': '600' }));
      try {
        const channelId = await aChannel({ webhook: { url: server.url } });
        const first = await sendOne(channelId);
        await explainOnce(first.id, 'RETRYING');
        const { id } = await sendOne(channelId);
        await eventually(async () => gateOf(await explain(id), 'CHANNEL_HELD')?.blocking);
        expect(secondsAhead(expectBinding(await explain(id), 'CHANNEL_HELD').until)).toBeGreaterThan(500);
        expect(gateOf(await explain(first.id), 'RETRY_BACKOFF')).toMatchObject({ blocking: true });
      } finally {
        await server.stop();
      }
    });

    it('is that its campaign owes it another time, when it has none', async () => {
      const { id } = await sendOne(await aChannel({ sendingWeekdays: [FAR_WEEKDAY] }));
      const sql = await connectSql(app.databaseUrl);
      await sql.execute(
        `UPDATE delivery_queue SET ready_at = 'infinity', slot_at = clock_timestamp() + interval '1 day',
                slot_until = 'infinity', spacing_seconds = 60 WHERE delivery_id = $1`,
        [id],
      );
      await sql.close();
      expect(expectBinding(await explain(id), 'REPLANNING').detail).toMatch(/^It has no time at present/);
    });

    it('is nothing while the gateway is being called', async () => {
      const server = await ScriptedHttpServer.start(silence);
      try {
        const { id } = await sendOne(await aChannel({ webhook: { url: server.url, timeoutMs: 30_000 } }));
        const { explanation } = await explainOnce(id, 'SENDING');
        expect(explanation).toMatchObject({ earliestSendAt: null, gates: [{ kind: 'AT_GATEWAY', blocking: false }] });
        expect(explanation.summary).toMatch(/^The gateway was called at .+; its answer is awaited\.$/);
        server.answerWith(json(200, { messageId: 'm1' }));
      } finally {
        await server.stop();
      }
    });
  });

  describe('when it has ended', () => {
    it('is that the gateway took it', async () => {
      const { explanation } = await explainOnce((await sendOne(await aChannel())).id, 'SENT');
      expect(explanation).toMatchObject({ gates: [], earliestSendAt: null });
      expect(explanation.summary).toMatch(
        /^The gateway took it at \d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)? \(America\/Cuiaba\)\.$/,
      );
    });

    it('is why it failed, was suppressed, expired, or is in doubt', async () => {
      const channelId = await aChannel();
      const failed = await explainOnce((await sendOne(channelId, { content: 'Olá {cidade}' })).id, 'FAILED');
      expect(expectBinding(failed, 'FAILED').detail).toContain('The contact has no value for {cidade}');

      const noAddress = await sendOne(channelId, { to: null, contactIds: [await aContact({ name: 'Rui' })] });
      expectBinding(await explainOnce(noAddress.id, 'SUPPRESSED'), 'NO_ADDRESS');
      const doubtful = await aChannel({ simulator: { ...SIMULATOR, uncertainRate: 1 } });
      const uncertain = await explainOnce((await sendOne(doubtful)).id, 'UNCERTAIN');
      expect(expectBinding(uncertain, 'UNCERTAIN').detail).toContain(
        'a status event, the late answer of the call or a person settles it.',
      );
      const waiting = await aChannel({ sendingWeekdays: [FAR_WEEKDAY] });
      const { createSchedule } = await app.data<{ createSchedule: { id: string } }>(
        'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id } }',
        {
          input: {
            name: 'Aviso',
            type: 'IMMEDIATE',
            channelId: waiting,
            message: { title: 'Aviso', content: 'Olá' },
            targetContactIds: [await aContact({ name: 'Eva', phone: aNumber() })],
            expiresAfterSeconds: 1,
          },
        },
      );
      const late = await deliveryOf(createSchedule.id);
      expect(expectBinding(await explainOnce(late, 'EXPIRED'), 'EXPIRED').detail).toContain(
        'did not go within 1 second.',
      );
    });

    it('is who cancelled it, or that its schedule was', async () => {
      const channelId = await aChannel({ sendingWeekdays: [FAR_WEEKDAY] });
      const { id } = await sendOne(channelId);
      await change('mutation ($id: ID!) { cancelDelivery(id: $id) { id } }', { id });
      const cancelled = await explainOnce(id, 'CANCELLED');
      expect(expectBinding(cancelled, 'CANCELLED').detail).toMatch(/^admin cancelled it at .+\.$/);
      const other = await sendOne(channelId);
      await change('mutation ($id: ID!) { cancelSchedule(id: $id) { id } }', { id: other.scheduleId });
      expect((await explainOnce(other.id, 'CANCELLED')).explanation.summary).toBe(
        'It was cancelled with its schedule.',
      );
    });
  });

  async function deliveryOf(scheduleId: string): Promise<string> {
    const text = 'query ($id: ID) { deliveries(filter: { scheduleId: $id }) { nodes { id } } }';
    const nodes: { readonly id: string }[] = [];
    await eventually(async () => {
      const page = await app.data<{ deliveries: { nodes: { id: string }[] } }>(text, { id: scheduleId });
      return nodes.push(...page.deliveries.nodes) > 0;
    });
    return nodes[0]?.id ?? '';
  }
});
