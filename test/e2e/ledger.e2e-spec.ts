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

const DELIVERIES = 10_000;

describe('10,000 deliveries through a webhook', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(() => app.close());

  it('calls each once, misses none, and its statuses agree with the ledger', async () => {
    const gateway = await startLedgerGateway({
      answer: (entry) =>
        entry.to.endsWith('7')
          ? { status: 422, body: { code: 'NOT_ON_WHATSAPP', message: 'unknown number' } }
          : { status: 200, body: { messageId: `gw-${entry.deliveryId}` } },
    });
    const api = apiClient(app.url, app.adminKey);
    const groupId = await importAudience(api, 'todos', DELIVERIES);
    const channelId = await createWebhookChannel(api, { url: gateway.url });
    const scheduleId = await createGroupSchedule(api, { groupId, channelId });
    await eventually(async () => {
      const { statistics } = await progressOf(api, scheduleId);
      expect(statistics.total).toBe(DELIVERIES);
      expect((statistics.sent ?? 0) + (statistics.failed ?? 0)).toBe(DELIVERIES);
    }, 120_000);

    const calledTwice = gateway.entries.length - new Set(gateway.entries.map((entry) => entry.deliveryId)).size;
    expect({ calls: gateway.entries.length, calledTwice }).toEqual({ calls: DELIVERIES, calledTwice: 0 });
    expect(new Set(gateway.entries.map((entry) => entry.to)).size).toBe(DELIVERIES);
    expect(gateway.entries.every((entry) => entry.idempotencyKey === entry.deliveryId && entry.attempt === 1)).toBe(
      true,
    );

    const refused = gateway.entries.filter((entry) => entry.to.endsWith('7')).length;
    const { status, statistics } = await progressOf(api, scheduleId);
    expect(statistics).toMatchObject({
      failed: refused,
      sent: DELIVERIES - refused,
      uncertain: 0,
      pending: 0,
      sending: 0,
    });
    expect(status).toMatch(/PROCESSING|COMPLETED/);
    await eventually(async () => expect((await progressOf(api, scheduleId)).status).toBe('COMPLETED'), 15_000);
    await gateway.close();
  }, 180_000);
});
