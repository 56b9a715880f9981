import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import {
  apiClient,
  createGroupSchedule,
  createWebhookChannel,
  importAudience,
  progressOf,
  type ApiClient,
} from '../support/api-client.js';
import { eventually } from '../support/eventually.js';
import { startLedgerGateway } from '../support/ledger-gateway.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const DELIVERIES = 10_000;
const KILLS = 5;

describe('a server that is killed five times while it sends', () => {
  const adminKey = `test-${randomBytes(16).toString('hex')}`;
  let database: TestDatabase;
  let dataDir: string;
  let server: ServerProcess;

  const start = (): Promise<ServerProcess> =>
    startServerProcess({ DATABASE_URL: database.url, DATA_DIR: dataDir, ADMIN_API_KEY: adminKey });

  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'pontual-killed-'));
    server = await start();
  }, 90_000);

  afterAll(async () => {
    await server.stop();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('loses nothing, sends nothing twice, and says of what was at the gateway that it is uncertain', async () => {
    const gateway = await startLedgerGateway({ answerMs: 20 });
    let api: ApiClient = apiClient(server.url, adminKey);
    const groupId = await importAudience(api, 'todos', DELIVERIES);
    const channelId = await createWebhookChannel(api, { url: gateway.url, timeoutMs: 1_000, concurrency: 50 });
    const scheduleId = await createGroupSchedule(api, { groupId, channelId, guarantee: 'AT_MOST_ONCE' });

    for (let kill = 1; kill <= KILLS; kill += 1) {
      await gateway.reached(kill * 800);
      await server.kill();
      server = await start();
      api = apiClient(server.url, adminKey);
    }
    await eventually(async () => {
      const { statistics } = await progressOf(api, scheduleId);
      expect((statistics.pending ?? 0) + (statistics.sending ?? 0)).toBe(0);
    }, 240_000);

    const calls = new Map<string, number>();
    for (const entry of gateway.entries) calls.set(entry.deliveryId, (calls.get(entry.deliveryId) ?? 0) + 1);
    expect([...calls.values()].filter((count) => count > 1)).toEqual([]);

    const { statistics } = await progressOf(api, scheduleId);
    expect(statistics.total).toBe(DELIVERIES);
    expect((statistics.sent ?? 0) + (statistics.uncertain ?? 0)).toBe(DELIVERIES);
    // At most what was at the gateway, or had its intent written, at each kill.
    expect(statistics.uncertain).toBeLessThanOrEqual(KILLS * 200);

    const rows = await deliveriesOf(database.url, scheduleId);
    const sentWithoutCall = rows.filter((row) => row.status === 'sent' && !calls.has(row.id));
    const calledUnsaid = rows.filter((row) => calls.has(row.id) && row.status !== 'sent' && row.status !== 'uncertain');
    expect({ sentWithoutCall, calledUnsaid }).toEqual({ sentWithoutCall: [], calledUnsaid: [] });
    expect(rows.filter((row) => row.status === 'uncertain').every((row) => row.errorCode === 'LEASE_EXPIRED')).toBe(
      true,
    );
    await gateway.close();
  }, 420_000);
});

async function deliveriesOf(
  url: string,
  scheduleId: string,
): Promise<{ id: string; status: string; errorCode: string | null }[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ id: string; status: string; errorCode: string | null }>(
      'SELECT id, status::text, error_code AS "errorCode" FROM deliveries WHERE schedule_id = $1',
      [scheduleId],
    );
    return rows;
  } finally {
    await client.end();
  }
}
