import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';

describe('health', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp();
  });

  afterAll(() => app.close());

  const get = async (path: string) => {
    const response = await fetch(`${app.url}${path}`);
    return {
      status: response.status,
      caching: response.headers.get('cache-control'),
      body: await response.json(),
    };
  };

  async function asAdministrator(statement: string): Promise<void> {
    const client = new Client({ connectionString: app.databaseUrl });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  }

  it('is live while the process runs', async () => {
    expect(await get('/health/live')).toEqual({ status: 200, caching: 'no-store', body: { status: 'live' } });
  });

  it('is ready with a database that answers and has the newest tables', async () => {
    expect(await get('/health/ready')).toMatchObject({
      status: 200,
      caching: 'no-store',
      body: { status: 'ready', reasons: [], checks: { database: { ok: true }, migrations: { ok: true } } },
    });
  });

  it('is not ready, with the reason, while the database refuses to answer, and live all the same', async () => {
    const name = new URL(app.databaseUrl).pathname.slice(1);
    const elsewhere = new URL(app.databaseUrl);
    elsewhere.pathname = '/postgres';
    const server = new Client({ connectionString: elsewhere.toString() });
    await server.connect();
    try {
      await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await server.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
      const { status, body } = await get('/health/ready');
      expect(status).toBe(503);
      expect(body).toMatchObject({ status: 'not ready', checks: { database: { ok: false } } });
      expect((body as { reasons: string[] }).reasons).toContain('database: failed');
      expect(await get('/health/live')).toMatchObject({ status: 200 });
    } finally {
      await server.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`);
      await server.end();
    }
    expect(await get('/health/ready')).toMatchObject({ status: 200 });
  });

  it('is not ready on a database that lacks a migration', async () => {
    await app.close();
    app = await startTestApp();
    await asAdministrator('DELETE FROM migrations');
    const { status, body } = await get('/health/ready');
    expect(status).toBe(503);
    expect((body as { reasons: string[] }).reasons).toEqual([
      expect.stringMatching(/^migrations: not applied: CreateSchema\d+/),
    ]);
  });
});
