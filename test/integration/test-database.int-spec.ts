import { Client } from 'pg';
import { createEmptyTestDatabase, createTestDatabase } from '../support/test-database.js';

async function ask<Row>(url: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}

const TABLES = `select table_name from information_schema.tables where table_schema = 'public' order by 1`;

describe('databases for tests', () => {
  it('gives each caller a migrated database of its own', async () => {
    const [first, second] = await Promise.all([createTestDatabase(), createTestDatabase()]);
    await ask(first.url, 'create table only_here (id int)');

    const inFirst = await ask<{ table_name: string }>(first.url, TABLES);
    const inSecond = await ask<{ table_name: string }>(second.url, TABLES);
    await Promise.all([first.drop(), second.drop()]);

    expect(inSecond.length).toBeGreaterThan(1);
    expect(inSecond).toContainEqual({ table_name: 'tenants' });
    expect(inSecond).not.toContainEqual({ table_name: 'only_here' });
    expect(inFirst).toContainEqual({ table_name: 'only_here' });
  });

  it('gives an empty database for tests of the migrations', async () => {
    const database = await createEmptyTestDatabase();
    const tables = await ask(database.url, TABLES);
    await database.drop();
    expect(tables).toEqual([]);
  });

  it('ends open connections when a database is dropped', async () => {
    const database = await createEmptyTestDatabase();
    const client = new Client({ connectionString: database.url });
    const ended = new Promise((resolve) => client.once('end', resolve));
    client.on('error', () => undefined);
    await client.connect();
    await database.drop();
    await ended;
    await expect(ask(database.url, 'select 1')).rejects.toMatchObject({ code: '3D000' });
  });
});
