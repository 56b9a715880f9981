import type { Claimer } from '../../src/modules/dispatch/application/claimer.js';
import { newId } from '../../src/platform/database/ids.js';
import type { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { aClaimer, aLine, enqueue, queueStates, workerDatabase, type Line } from '../support/workers.js';

const plenty = (): number => 1_000;

describe('claim', () => {
  let sql: SqlDatabase;
  let worker: WorkerDatabase;
  let claimer: Claimer;

  beforeAll(async () => {
    sql = await openSqlDatabase();
    worker = workerDatabase(sql.url, 16);
    claimer = aClaimer(worker);
  });

  // What a test leaves waiting is not the next one's business.
  afterEach(() => sql.database.execute(`UPDATE channel_lanes SET open_at = 'infinity'`));

  afterAll(async () => {
    await worker.close();
    await sql.close();
  });

  const claim = (room = plenty) => claimer.claim(newId(), [], room);
  const openAt = async ({ channelId }: Line): Promise<number> => {
    const [row] = await sql.database.query<{ openAt: Date | number }>(
      'SELECT open_at AS "openAt" FROM channel_lanes WHERE channel_id = $1',
      [channelId],
    );
    return Number(row?.openAt);
  };

  it('gives each delivery to one of 16 workers that claim at once', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 2_000);
    const taken: string[] = [];
    const claims = async (): Promise<void> => {
      // A worker that finds the lane locked comes back, as its loop would; and each asks once more when all are given.
      for (let isEnd = false; !isEnd;) {
        isEnd = taken.length >= 2_000;
        const { taken: batch } = await claim();
        taken.push(...batch.map((delivery) => delivery.deliveryId));
      }
    };
    await Promise.all(Array.from({ length: 16 }, claims));
    expect(taken).toHaveLength(2_000);
    expect(new Set(taken).size).toBe(2_000);
    expect(await queueStates(sql.database, line)).toEqual({ claimed: 2_000 });
  }, 30_000);

  it('serves every lane that waits, however long the backlog of one of them is', async () => {
    const large = await aLine(sql.database);
    await enqueue(sql.database, large, 1_000);
    const small: Line[] = [];
    for (let n = 0; n < 30; n += 1) {
      const line = await aLine(sql.database);
      await enqueue(sql.database, line, 2);
      small.push(line);
    }
    const { taken } = await claim();
    const of = (line: Line): number => taken.filter(({ channelId }) => channelId === line.channelId).length;
    expect(small.map(of)).toEqual(small.map(() => 2));
    expect(of(large)).toBe(20);
    expect((await claim()).taken).toHaveLength(500);
  });

  it('gives no more than the burst, however many ask at once', async () => {
    const line = await aLine(sql.database, { perMinute: 1, burst: 5 });
    await enqueue(sql.database, line, 100);
    const claims = await Promise.all(Array.from({ length: 16 }, () => claim()));
    const again = await claim();
    expect(claims.flatMap(({ taken }) => taken)).toHaveLength(5);
    expect(again.taken).toEqual([]);
    // The lane sleeps until the next permit instead of being asked again and again.
    expect((await openAt(line)) - Date.now()).toBeGreaterThan(50_000);
  });

  it('takes higher priorities first, whatever waits for the future above them', async () => {
    const line = await aLine(sql.database, { perMinute: 60, burst: 3 });
    await enqueue(sql.database, line, 2, { priority: 0 });
    await enqueue(sql.database, line, 2, { priority: 5 });
    await enqueue(sql.database, line, 20, { priority: 10, readyInSeconds: 3_600 });
    const { taken } = await claim();
    const rows = await sql.database.query<{ priority: number }>(
      'SELECT priority FROM deliveries WHERE id = ANY ($1::uuid[]) ORDER BY priority DESC',
      [taken.map((delivery) => delivery.deliveryId)],
    );
    expect(rows.map((row) => row.priority)).toEqual([5, 5, 0]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])(
    'takes a message of priority %i ahead of what has been due for longer below it, campaigns too',
    async (priority) => {
      const line = await aLine(sql.database, { perMinute: 1, burst: 1 });
      await enqueue(sql.database, line, 40, { priority: priority - 1, readyInSeconds: -3_600 });
      await sql.database.execute(
        `UPDATE delivery_queue SET slot_at = ready_at, spacing_seconds = 60
          WHERE delivery_id IN (SELECT delivery_id FROM delivery_queue WHERE channel_id = $1 LIMIT 20)`,
        [line.channelId],
      );
      await enqueue(sql.database, line, 1, { priority });
      const { taken } = await claim();
      const rows = await sql.database.query<{ priority: number }>(
        'SELECT priority FROM deliveries WHERE id = ANY ($1::uuid[])',
        [taken.map((delivery) => delivery.deliveryId)],
      );
      expect(rows).toEqual([{ priority }]);
    },
  );

  it('defers a second message to the same contact, and says so, at no cost to the lane', async () => {
    const line = await aLine(sql.database, { perMinute: 600, burst: 50, perContactPerMinute: 1 });
    await enqueue(sql.database, line, 3, { sameContact: true });
    const { taken, deferred } = await claim();
    expect({ taken: taken.length, deferred: deferred.length }).toEqual({ taken: 1, deferred: 2 });
    const rows = await sql.database.query<{ reason: string; seconds: number }>(
      `SELECT wait_reason::text AS reason, extract(epoch FROM ready_at - clock_timestamp())::float8 AS seconds
         FROM delivery_queue WHERE channel_id = $1 AND state = 'pending'`,
      [line.channelId],
    );
    expect(rows.map((row) => row.reason)).toEqual(['rate_limit', 'rate_limit']);
    expect(rows.every((row) => row.seconds > 50 && row.seconds <= 60)).toBe(true);
    const [lane] = await sql.database.query<{ sent: number }>(
      'SELECT sent_today AS sent FROM channel_lanes WHERE channel_id = $1',
      [line.channelId],
    );
    expect(lane?.sent).toBe(1);
  });

  it('lets express deliveries pass a lane that has no permits', async () => {
    const line = await aLine(sql.database, { perMinute: 1, burst: 1 });
    await enqueue(sql.database, line, 3);
    expect((await claim()).taken).toHaveLength(1);
    await enqueue(sql.database, line, 4, { express: true });
    expect((await claim()).taken).toHaveLength(4);
    expect(await queueStates(sql.database, line)).toEqual({ claimed: 5, pending: 2 });
  });

  it('sleeps while nothing waits, and until the next instant when something does', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 1);
    await claim();
    expect(await openAt(line)).toBe(Infinity);
    await enqueue(sql.database, line, 1, { readyInSeconds: 3_600 });
    expect((await openAt(line)) - Date.now()).toBeGreaterThan(3_590_000);
    expect((await claim()).lanes).toBe(0);
  });

  it('leaves a delivery that somebody else holds locked, and comes back for it', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 1);
    await sql.database.transaction(async (tx) => {
      await tx.query('SELECT 1 FROM delivery_queue WHERE channel_id = $1 FOR UPDATE', [line.channelId]);
      expect((await claim()).taken).toEqual([]);
    });
    expect((await claim()).taken).toHaveLength(1);
  });

  it('serves lanes in turn, so that a large one does not keep a small one waiting', async () => {
    const large = await aLine(sql.database);
    const small = await aLine(sql.database);
    await enqueue(sql.database, large, 3_000);
    await enqueue(sql.database, small, 1);
    const order: string[] = [];
    for (let round = 0; round < 2; round += 1) {
      order.push(...(await claim(() => 100)).taken.map((delivery) => delivery.channelId));
    }
    expect(order).toContain(small.channelId);
  });

  it('takes nothing from a paused channel, and sleeps', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 1);
    await sql.database.execute(`UPDATE channels SET status = 'PAUSED' WHERE id = $1`, [line.channelId]);
    expect((await claim()).taken).toEqual([]);
    expect(await openAt(line)).toBe(Infinity);
  });

  it('takes nothing while the provider asked for a pause', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 1);
    await sql.database.execute(
      `UPDATE channel_lanes SET held_until_us = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 30000000 WHERE channel_id = $1`,
      [line.channelId],
    );
    expect((await claim()).taken).toEqual([]);
    expect((await openAt(line)) - Date.now()).toBeGreaterThan(25_000);
  });
});
