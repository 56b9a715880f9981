import { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

let db: SqlDatabase;
let worker: WorkerDatabase;

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());
beforeEach(() => {
  worker = new WorkerDatabase(db.url, 1, () => undefined);
});
afterEach(() => worker.close());

const connection = async (): Promise<number | undefined> => {
  const [row] = await worker.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return row?.pid;
};

describe('the connections of the dispatcher', () => {
  it('are lent out again after work that went well', async () => {
    const first = await connection();
    await worker.execute('SELECT 1');
    expect(await connection()).toBe(first);
  });

  it('are lent out again after a transaction that was rolled back', async () => {
    const first = await connection();
    await expect(worker.transaction((tx) => tx.query('SELECT 1 / 0'))).rejects.toThrow('division by zero');
    expect(await connection()).toBe(first);
  });

  it.each(['query', 'execute'] as const)(
    'are lent out again after a statement that was refused: %s',
    async (method) => {
      const first = await connection();
      await expect(worker[method]('SELECT 1 / 0')).rejects.toThrow('division by zero');
      expect(await connection()).toBe(first);
    },
  );

  it('are not lent out again while they may be busy with a statement that nobody waits for any more', async () => {
    const hasty = new WorkerDatabase(db.url, 1, () => undefined, 50);
    const pid = () => hasty.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const first = await pid();
    await expect(hasty.query('SELECT pg_sleep(0.5)')).rejects.toThrow('timeout');
    expect(await pid()).not.toEqual(first);
    await hasty.close();
  });
});
