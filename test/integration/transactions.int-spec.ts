import { ContactEntity } from '../../src/modules/contacts/persistence/contact.entity.js';
import { LastStatements } from '../../src/platform/database/in-transaction.js';
import { newId } from '../../src/platform/database/ids.js';
import type { Sql } from '../../src/platform/database/sql.js';
import { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

describe('a transaction whose statements are sent together', () => {
  let db: SqlDatabase;
  let worker: WorkerDatabase;

  beforeAll(async () => {
    db = await openSqlDatabase();
    worker = new WorkerDatabase(db.url, 1, () => undefined);
    await db.database.execute('CREATE TABLE written (n integer PRIMARY KEY)');
  });
  beforeEach(() => db.database.execute('TRUNCATE written'));
  afterAll(async () => {
    await worker.close();
    await db.close();
  });

  const insert = (tx: Sql, n: number): Promise<number> => tx.execute('INSERT INTO written VALUES ($1)', [n]);
  const written = async (): Promise<number[]> =>
    (await db.database.query<{ n: number }>('SELECT n FROM written ORDER BY n')).map((row) => row.n);
  /** Keeps this process from reading until all answers are there, so that it reads them in one piece. */
  const readAtOnce = (): void => {
    setImmediate(() => {
      for (const endMs = performance.now() + 30; performance.now() < endMs;);
    });
  };
  /** As a repository under a service would be: its rejection is seen some turns after that of a bare statement. */
  const deep = async (work: () => Promise<unknown>, depth = 6): Promise<unknown> =>
    depth === 0 ? work() : Promise.all([deep(work, depth - 1)]);

  const databases: Record<string, () => Pick<WorkerDatabase, 'transaction'>> = {
    'the API’s': () => db.database,
    'the dispatcher’s': () => worker,
  };

  describe.each(Object.entries(databases))('on %s connections', (_, database) => {
    it('keeps them in their order', async () => {
      const counts = await database().transaction(async (tx) => {
        const count = () => tx.query<{ count: number }>('SELECT count(*)::int AS count FROM written');
        const [, one, , two] = await Promise.all([insert(tx, 1), count(), insert(tx, 2), count()]);
        return [one[0]?.count, two[0]?.count];
      });
      expect(counts).toEqual([1, 2]);
      expect(await written()).toEqual([1, 2]);
    });

    it('tells of the one that failed first, not of those that it made fail, and keeps nothing', async () => {
      const work = (tx: Sql) => {
        readAtOnce();
        return Promise.all([insert(tx, 1), deep(() => insert(tx, 1)), insert(tx, 2)]);
      };
      await expect(database().transaction(work)).rejects.toThrow('duplicate key');
      expect(await written()).toEqual([]);
    });

    it('does so also when COMMIT was sent with them', async () => {
      const work = (tx: Sql) => {
        readAtOnce();
        return Promise.resolve(new LastStatements(deep(() => Promise.all([insert(tx, 1), insert(tx, 1)]))));
      };
      await expect(database().transaction(work)).rejects.toThrow('duplicate key');
      expect(await written()).toEqual([]);
    });

    it('commits what was sent with COMMIT', async () => {
      const result = await database().transaction((tx) => Promise.resolve(new LastStatements(insert(tx, 7))));
      expect(result).toBe(1);
      expect(await written()).toEqual([7]);
    });

    it('fails when a failed statement was passed over, because then nothing is kept', async () => {
      const work = async (tx: Sql): Promise<void> => {
        await insert(tx, 1);
        await insert(tx, 1).catch(() => undefined);
      };
      await expect(database().transaction(work)).rejects.toThrow('duplicate key');
      expect(await written()).toEqual([]);
    });

    it('sends nothing of what goes on beside work that has failed', async () => {
      let goOn: () => void = () => undefined;
      const rolledBack = new Promise<void>((resolve) => (goOn = resolve));
      let branch: Promise<unknown> = Promise.resolve();
      const work = (tx: Sql): Promise<void> => {
        branch = rolledBack.then(() => insert(tx, 1));
        branch.catch(() => undefined);
        return Promise.reject(new Error('not like that'));
      };
      await expect(database().transaction(work)).rejects.toThrow('not like that');
      goOn();
      await expect(branch).rejects.toThrow('the transaction is over');
      expect(await written()).toEqual([]);
    });

    it('throws what the work throws, whatever failed before', async () => {
      const work = async (tx: Sql): Promise<void> => {
        await tx.query('SELECT 1 / 0').catch(() => undefined);
        throw new Error('not like that');
      };
      await expect(database().transaction(work)).rejects.toThrow('not like that');
    });
  });

  it('inserts a row as its repository would, and reads it by its id', async () => {
    const scope = await aTenant(db.database);
    const row = {
      tenantId: scope.tenantId,
      id: newId(),
      name: 'Ana',
      phone: null,
      phoneKey: null,
      email: null,
      city: 'Cuiabá',
      timeZone: null,
      attributes: { tags: 'a, b', 'com "aspas"': 'sim' },
      implicit: false,
      optedOutAt: null,
      deletedAt: null,
      searchText: 'ana',
    };
    const times = await db.database.transaction((tx) => tx.insert(ContactEntity, row));
    const { searchText: _, ...read } = row;
    const known = await db.database.manager.findOneBy(ContactEntity, { id: row.id });
    expect({ ...known }).toEqual({ ...read, ...times });
    expect(await db.database.findById(ContactEntity, scope, row.id)).toEqual({ ...known });
    expect(await db.database.findByIds(ContactEntity, scope, [row.id, newId()])).toEqual(
      new Map([[row.id, { ...known }]]),
    );
    expect(await db.database.findById(ContactEntity, { ...scope, tenantId: newId() }, row.id)).toBeNull();
  });
});
