import type { EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';

/** The database's time in whole milliseconds: what is ahead and what has passed is decided by its clock alone. */
export async function databaseNow(sql: Sql): Promise<EpochMs> {
  const rows = await sql.query<{ ms: number }>({
    name: 'now-ms',
    text: 'SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms',
  });
  return (rows[0] as { ms: number }).ms;
}
