import {
  apiClient,
  createGroupSchedule,
  createWebhookChannel,
  importAudience,
  progressOf,
} from '../support/api-client.js';
import { startTestApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { startLedgerGateway } from '../support/ledger-gateway.js';

const DELIVERIES = 50_000;

describe('cancelling a schedule with 50,000 pending deliveries', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(() => app.close());

  it('lets nothing go out after the answer that was not at the gateway already', async () => {
    const gateway = await startLedgerGateway({ answerMs: 50 });
    const api = apiClient(app.url, app.adminKey);
    const groupId = await importAudience(api, 'todos', DELIVERIES);
    const channelId = await createWebhookChannel(api, { url: gateway.url, concurrency: 5 });
    const scheduleId = await createGroupSchedule(api, { groupId, channelId });
    await eventually(async () => (await progressOf(api, scheduleId)).statistics.total === DELIVERIES, 60_000);

    await api.data('mutation ($id: ID!) { cancelSchedule(id: $id) { status } }', { id: scheduleId });
    const calledAtTheAnswer = gateway.entries.length;
    expect(calledAtTheAnswer).toBeGreaterThan(0);
    // A call whose intent was committed before the cancel may still be on its way: at most as many as go at once.
    await eventually(async () => {
      const { statistics } = await progressOf(api, scheduleId);
      const { sent = 0, cancelled = 0, ...others } = statistics;
      expect(others).toMatchObject({ pending: 0, sending: 0 });
      expect(sent + cancelled).toBe(DELIVERIES);
      expect(statistics.sent).toBe(gateway.entries.length);
    }, 30_000);
    expect(gateway.entries.length - calledAtTheAnswer).toBeLessThanOrEqual(10);

    const again = await api.data<{ cancelSchedule: { status: string } }>(
      'mutation ($id: ID!) { cancelSchedule(id: $id) { status } }',
      { id: scheduleId },
    );
    expect(again.cancelSchedule.status).toBe('CANCELLED');
    await gateway.close();
  }, 150_000);
});
