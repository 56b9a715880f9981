import type { Sql } from '../../src/platform/database/sql.js';

/** The rows of each table as JSON. */
export type StoredRows = Readonly<Record<string, readonly string[]>>;

/** Everything that is stored, of one tenant when it is given. Without when a key was last used: that is written late, by any request. */
export async function storedRows(sql: Sql, tenantId?: string): Promise<StoredRows> {
  const tables = await sql.query<{ name: string; hasTenant: boolean }>(
    `SELECT t.table_name AS name, EXISTS (
              SELECT FROM information_schema.columns c
               WHERE c.table_schema = t.table_schema AND c.table_name = t.table_name AND c.column_name = 'tenant_id') AS "hasTenant"
       FROM information_schema.tables t
      WHERE t.table_schema = 'public' AND t.table_type = 'BASE TABLE' ORDER BY t.table_name`,
  );
  const chosen = tables.filter(({ hasTenant }) => tenantId === undefined || hasTenant);
  const parts = chosen.map(
    ({ name }) =>
      `SELECT '${name}' AS name, (to_jsonb(t) - 'last_used_at')::text AS row FROM ${name} t
        ${tenantId === undefined ? '' : 'WHERE tenant_id = $1'}`,
  );
  const rows = await sql.query<{ name: string; row: string }>(
    `${parts.join(' UNION ALL ')} ORDER BY name, row`,
    tenantId === undefined ? [] : [tenantId],
  );
  return Object.fromEntries(
    chosen.map(({ name }) => [name, rows.filter((row) => row.name === name).map(({ row }) => row)]),
  );
}
