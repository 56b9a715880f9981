import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import type { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { workerDatabase } from '../support/workers.js';

const LEASES = new LeasesRepository();

describe('a block of lease tokens', () => {
  let sql: SqlDatabase;
  let worker: WorkerDatabase;

  beforeAll(async () => {
    sql = await openSqlDatabase();
    worker = workerDatabase(sql.url, 2);
  });
  afterAll(async () => {
    await worker.close();
    await sql.close();
  });

  it('is given to one only', async () => {
    const blocks = await Promise.all(Array.from({ length: 50 }, () => LEASES.takeTokenBlock(worker)));
    expect(new Set(blocks).size).toBe(50);
  });

  it('is on the disk before anybody uses it, also when its number had been logged before', async () => {
    // The sequence logs many numbers at once: the first of these may write a record, the others find theirs written.
    for (let round = 0; round < 5; round += 1) {
      const before = await lsn('pg_current_wal_insert_lsn()');
      await LEASES.takeTokenBlock(worker);
      expect(await lsn('pg_current_wal_flush_lsn()')).toBeGreaterThan(before);
    }
  });

  async function lsn(position: string): Promise<number> {
    const [row] = await sql.database.query<{ bytes: number }>(`SELECT (${position} - '0/0')::float8 AS bytes`);
    return row?.bytes ?? Number.NaN;
  }
});
