import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../../support/test-database.js';
import { eventually } from '../../support/eventually.js';
import { rowsOf } from '../database.js';
import { DatabaseProxy } from './database-proxy.js';

describe('DatabaseProxy', () => {
  let database: TestDatabase;
  let proxy: DatabaseProxy;
  const clients: Client[] = [];

  beforeAll(async () => {
    database = await createTestDatabase();
    await rowsOf(database.url, 'CREATE TABLE notes (note text)');
  });
  beforeEach(async () => {
    proxy = await DatabaseProxy.before(database.url);
    await rowsOf(database.url, 'TRUNCATE notes');
  });
  afterEach(async () => {
    proxy.heal();
    for (const client of clients.splice(0)) await client.end().catch(() => undefined);
    await proxy.close();
  });
  afterAll(() => database.drop());

  const connected = async (): Promise<Client> => {
    const client = new Client({ connectionString: proxy.url });
    client.on('error', () => undefined);
    clients.push(client);
    await client.connect();
    return client;
  };
  const notes = async (): Promise<number> => (await rowsOf(database.url, 'SELECT 1 FROM notes')).length;

  it('lets everything pass while nothing is wrong', async () => {
    const client = await connected();
    await client.query('INSERT INTO notes VALUES ($1)', ['a']);
    expect(await notes()).toBe(1);
  });

  it('loses the reply of a COMMIT that has happened, and of nothing before it', async () => {
    const client = await connected();
    proxy.loseNext('commit', 1);
    await client.query('BEGIN');
    await client.query('INSERT INTO notes VALUES ($1)', ['a']);
    await expect(client.query('COMMIT')).rejects.toThrow();
    expect({ notes: await notes(), lost: proxy.lost }).toEqual({ notes: 1, lost: { commit: 1, write: 0 } });
  });

  it('loses the reply of a statement that commits by itself, and of no reading one', async () => {
    const client = await connected();
    proxy.loseNext('write', 1);
    await client.query('SELECT $1::text', ['a']);
    await expect(client.query('INSERT INTO notes VALUES ($1)', ['a'])).rejects.toThrow();
    expect({ notes: await notes(), lost: proxy.lost }).toEqual({ notes: 1, lost: { commit: 0, write: 1 } });
  });

  it('swallows what comes until it is healed, and then resets what has missed something', async () => {
    const client = await connected();
    proxy.swallow();
    const asked = expect(client.query('INSERT INTO notes VALUES ($1)', ['a'])).rejects.toThrow();
    const late = connected().then(
      () => 'connected',
      () => 'failed',
    );
    expect(await notes()).toBe(0);
    proxy.heal();
    await asked;
    expect(await late).toBe('failed');
    await eventually(async () => (await connected()).query('SELECT 1'));
  });

  it('cuts the connections that it is told to', async () => {
    const [first, second] = [await connected(), await connected()];
    let asked = 0;
    proxy.cut(() => (asked += 1) === 1);
    await expect(first.query('SELECT 1')).rejects.toThrow();
    await expect(second.query('SELECT 1')).resolves.toBeDefined();
  });

  it('ends one fault and leaves those beside it', async () => {
    const client = await connected();
    const [first, second] = [proxy.swallow(), proxy.swallow()];
    const lost = proxy.loseNext('write', 1);
    const asked = expect(client.query('SELECT 1')).rejects.toThrow();
    first.end();
    const late = connected().then(
      () => 'connected',
      () => 'failed',
    );
    expect(await notes()).toBe(0);
    second.end();
    await asked;
    expect(await late).toBe('failed');
    const after = await connected();
    await expect(after.query('INSERT INTO notes VALUES ($1)', ['a'])).rejects.toThrow();
    expect({ swallowed: [first.hits, second.hits], lost: lost.hits }).toEqual({ swallowed: [1, 2], lost: 1 });
  });

  it('keeps the order of bytes when the delay changes', async () => {
    const client = await connected();
    const delay = proxy.delay(40);
    const slow = client.query<{ n: number }>('SELECT generate_series(1, 5000) AS n');
    delay.end();
    expect((await slow).rows.map((row) => row.n)).toEqual(Array.from({ length: 5_000 }, (_, index) => index + 1));
  });
});
