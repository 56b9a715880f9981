import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { migrate } from '../../src/platform/database/migrate.js';

/** One template is made at a time, by whichever worker process needs it first; "tmpl" in ASCII. */
const TEMPLATE_LOCK = 0x746d706c;

export interface TestDatabase {
  /** Connection URL of a database that only the caller knows of. */
  readonly url: string;
  /** Removes it, ending whatever is still connected. */
  drop(): Promise<void>;
}

/** A new database with the newest schema, copied from a template that is migrated once per run. Takes about 50 ms. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const template = setting('TEST_DATABASE_TEMPLATE');
  await asAdministrator((client) => ensureTemplate(client, template));
  return createDatabase(template);
}

/** A new database without any table: for tests of the migrations themselves. */
export async function createEmptyTestDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

/** Brings a database to the newest schema. */
export async function migrateTemplate(url: string): Promise<void> {
  await migrate(url);
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const name = `pontual_test_${randomBytes(6).toString('hex')}`;
  await asAdministrator((client) =>
    client.query(`create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}`),
  );
  return {
    url: urlOf(name),
    drop: () =>
      asAdministrator((client) =>
        client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`),
      ),
  };
}

async function ensureTemplate(client: Client, template: string): Promise<void> {
  await client.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [template]);
    if (rowCount !== 0) return;
    // Under another name until it is whole, so that a failed migration is not taken for a template.
    const draft = `${template}_draft`;
    await client.query(`drop database if exists ${client.escapeIdentifier(draft)} with (force)`);
    await client.query(`create database ${client.escapeIdentifier(draft)} template template0`);
    await migrateTemplate(urlOf(draft));
    await client.query(
      `alter database ${client.escapeIdentifier(draft)} rename to ${client.escapeIdentifier(template)}`,
    );
  } finally {
    await client.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function asAdministrator(work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: setting('TEST_DATABASE_URL') });
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

function urlOf(database: string): string {
  const url = new URL(setting('TEST_DATABASE_URL'));
  url.pathname = `/${database}`;
  return url.toString();
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run this test through jest.config.cjs, whose global setup starts PostgreSQL.`);
  return value;
}
