import { Client } from 'pg';
import { clientSql } from '../../src/platform/database/client-sql.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';

/** One connection beside the program's own, for factories and for looking. */
export interface ConnectedSql extends Sql {
  /** The installation's own tenant, to which the admin key belongs. */
  firstTenant(): Promise<TenantScope>;
  /** A tenant by its name. */
  tenantNamed(name: string): Promise<TenantScope>;
  close(): Promise<void>;
}

export async function connectSql(url: string): Promise<ConnectedSql> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const sql = clientSql(client);
  const tenant = async (where: string, values: readonly unknown[] = []): Promise<TenantScope> => {
    const [row] = await sql.query<{ id: string }>(
      `SELECT id FROM tenants ${where} ORDER BY created_at LIMIT 1`,
      values,
    );
    if (!row) throw new Error('there is no such tenant');
    return { tenantId: row.id, actor: 'tester' };
  };
  return {
    ...sql,
    firstTenant: () => tenant(''),
    tenantNamed: (name) => tenant('WHERE name = $1', [name]),
    close: () => client.end(),
  };
}
