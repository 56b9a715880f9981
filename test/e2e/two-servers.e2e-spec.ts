import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiClient, createGroupSchedule, createWebhookChannel, importAudience } from '../support/api-client.js';
import { startLedgerGateway } from '../support/ledger-gateway.js';
import { startServerProcess, type ServerProcess } from '../support/server-process.js';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';

const PER_MINUTE = 60;
const BURST = 5;
const DELIVERIES = 30;

describe('two server processes on one database', () => {
  const adminKey = `test-${randomBytes(16).toString('hex')}`;
  let database: TestDatabase;
  let dataDir: string;
  let servers: ServerProcess[];

  beforeAll(async () => {
    database = await createTestDatabase();
    dataDir = await mkdtemp(join(tmpdir(), 'pontual-two-'));
    const environment = { DATABASE_URL: database.url, DATA_DIR: dataDir, ADMIN_API_KEY: adminKey };
    servers = await Promise.all([startServerProcess(environment), startServerProcess(environment)]);
  }, 120_000);

  afterAll(async () => {
    await Promise.all(servers.map((server) => server.stop()));
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('never let a window hold more than burst + rate × t calls', async () => {
    const gateway = await startLedgerGateway();
    const api = apiClient(servers[0]?.url ?? '', adminKey);
    const groupId = await importAudience(api, 'todos', DELIVERIES);
    const channelId = await createWebhookChannel(api, { url: gateway.url }, { perMinute: PER_MINUTE, burst: BURST });
    await createGroupSchedule(api, { groupId, channelId });
    await gateway.reached(DELIVERIES);

    const times = gateway.entries.map((entry) => entry.atMs).sort((a, b) => a - b);
    const broken: string[] = [];
    for (const [first, startMs] of times.entries()) {
      for (let last = first; last < times.length; last += 1) {
        const seconds = ((times[last] ?? 0) - startMs) / 1_000;
        const calls = last - first + 1;
        if (calls > BURST + (PER_MINUTE / 60) * seconds) broken.push(`${calls} calls in ${seconds} s`);
      }
    }
    expect(broken).toEqual([]);
    // The limit is also used: the run takes no longer than the rate explains.
    const took = ((times.at(-1) ?? 0) - (times[0] ?? 0)) / 1_000;
    expect(took).toBeLessThan(DELIVERIES - BURST + 10);
    await gateway.close();
  }, 120_000);
});
