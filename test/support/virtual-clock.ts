import { Client } from 'pg';
import { migrate } from '../../src/platform/database/migrate.js';
import { createEmptyTestDatabase } from './test-database.js';

/** A database whose clock stands still until it is told the time. */
export interface VirtualDatabase {
  readonly url: string;
  /** Sets the time of every connection. */
  setNow(atMs: number): Promise<void>;
  close(): Promise<void>;
}

/*
 * The program asks the database for the time, by clock_timestamp() and now(). On this database these names are functions
 * of ours that read a table, because public comes before pg_catalog in the path: the program's own statements, real
 * PostgreSQL, and a clock that can be set to any day of the year.
 */
const VIRTUAL_CLOCK = `
CREATE TABLE public.virtual_clock (at timestamptz NOT NULL);
INSERT INTO public.virtual_clock VALUES (pg_catalog.now());
CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE PARALLEL SAFE AS
  'SELECT at FROM public.virtual_clock';
CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
  'SELECT at FROM public.virtual_clock';`;

/** A migrated database on a virtual clock. */
export async function openVirtualDatabase(): Promise<VirtualDatabase> {
  const database = await createEmptyTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query(VIRTUAL_CLOCK);
  const { pathname } = new URL(database.url);
  await client.query(
    `ALTER DATABASE ${client.escapeIdentifier(pathname.slice(1))} SET search_path = public, pg_catalog`,
  );
  await migrate(database.url);
  return {
    url: database.url,
    setNow: async (atMs) => {
      await client.query('UPDATE public.virtual_clock SET at = $1', [new Date(atMs)]);
    },
    close: async () => {
      await client.end();
      await database.drop();
    },
  };
}
