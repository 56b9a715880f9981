import { apiClient, createGroupSchedule, importAudience, progressOf, type ApiClient } from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';

const BACKLOG = 40;

const SEND = `mutation ($input: SendMessageInput!) { sendMessage(input: $input) { deliveries { id status priority } } }`;
const READ = 'query ($id: ID!) { delivery(id: $id) { status } }';

/** A channel that lets one message go a second, with a long line of them. */
describe('a message that is sent at once on a busy channel', () => {
  let app: TestApp;
  let api: ApiClient;
  let channelId: string;
  let backlog: string;

  beforeAll(async () => {
    app = await startTestApp();
    api = apiClient(app.url, app.adminKey);
    const { createChannel } = await api.data<{ createChannel: { id: string } }>(
      `mutation { createChannel(input: { name: "Simulador", simulator: { latencyMs: 1, latencyJitterMs: 0, failureRate: 0 },
         rateLimit: { perMinute: 60, burst: 1, perContactPerMinute: 60 } }) { id } }`,
    );
    channelId = createChannel.id;
    const groupId = await importAudience(api, 'Todos', BACKLOG);
    backlog = await createGroupSchedule(api, { groupId, channelId });
    await eventually(async () => (await waiting()) < BACKLOG);
  });
  afterAll(() => app.close());

  const waiting = async (): Promise<number> => (await progressOf(api, backlog)).statistics['pending'] ?? 0;
  const send = async (to: string, priority: number) => {
    const input = { content: 'Urgente', to: [to], channelId, priority };
    const { sendMessage } = await api.data<{ sendMessage: { deliveries: { id: string; status: string }[] } }>(SEND, {
      input,
    });
    return sendMessage.deliveries[0]?.id ?? '';
  };
  const statusOf = async (id: string) =>
    (await api.data<{ delivery: { status: string } }>(READ, { id })).delivery.status;

  it('goes ahead of what has been due for longer, to a number known or not, and alike waits its turn', async () => {
    const before = await waiting();
    const [known, unknown, alike] = [
      await send('65 98000-0001', 1),
      await send('65 99999-3001', 10),
      await send('65 99999-3002', 0),
    ];
    for (const id of [known, unknown]) {
      await eventually(async () => expect(await statusOf(id)).toMatch(/^(SENT|DELIVERED|READ)$/));
    }
    // One a second goes: those that were ahead of the two are still there, but for a few.
    expect(await waiting()).toBeGreaterThan(before - 10);
    expect(await statusOf(alike)).toBe('PENDING');
  }, 30_000);
});
