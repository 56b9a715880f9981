import { CLAIM_LEAD_MS } from '../../src/core/dispatch/claim-lead.js';
import type { Claim, Claimer } from '../../src/modules/dispatch/application/claimer.js';
import { newId } from '../../src/platform/database/ids.js';
import type { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { openVirtualDatabase, type VirtualDatabase } from '../support/virtual-clock.js';
import { aClaimer, aLine, enqueue, workerDatabase, type Line } from '../support/workers.js';

const START_MS = Date.UTC(2026, 10, 23, 12);
const AHEAD_MS = 40;

describe('claim a moment ahead', () => {
  let database: VirtualDatabase;
  let sql: ConnectedSql;
  let worker: WorkerDatabase;
  let claimer: Claimer;

  beforeAll(async () => {
    database = await openVirtualDatabase();
    sql = await connectSql(database.url);
    worker = workerDatabase(database.url, 2);
    claimer = aClaimer(worker);
  });
  beforeEach(async () => {
    await sql.execute(`UPDATE channel_lanes SET open_at = 'infinity'`);
    await database.setNow(START_MS);
  });
  afterAll(async () => {
    await worker.close();
    await sql.close();
    await database.close();
  });

  const claim = (): Promise<Claim> => claimer.claim(newId(), [], () => 100);
  const look = async (line: Line): Promise<Claim> => {
    await sql.execute('UPDATE channel_lanes SET open_at = clock_timestamp() WHERE channel_id = $1', [line.channelId]);
    return claim();
  };
  const openAtMs = async ({ channelId }: Line): Promise<number> => {
    const [row] = await sql.query<{ openAt: Date | number }>(
      'SELECT open_at AS "openAt" FROM channel_lanes WHERE channel_id = $1',
      [channelId],
    );
    return Number(row?.openAt);
  };
  const bookings = async ({ channelId }: Line) => {
    const [row] = await sql.query<{ tatUs: string; lastTakenMs: number; contactUs: string }>(
      `SELECT l.tat_us AS "tatUs", (l.last_taken_us / 1000)::float8 AS "lastTakenMs", r.tat_us AS "contactUs"
         FROM channel_lanes l JOIN contact_rates r USING (channel_id) WHERE l.channel_id = $1`,
      [channelId],
    );
    return row;
  };
  const waitingDelivery = async (options: Parameters<typeof enqueue>[3] & { spacingSeconds?: number }) => {
    const line = await aLine(sql);
    await enqueue(sql, line, 1, { readyInSeconds: AHEAD_MS / 1_000, ...options });
    if (options.spacingSeconds !== undefined) {
      await sql.execute('UPDATE delivery_queue SET spacing_seconds = $2 WHERE channel_id = $1', [
        line.channelId,
        options.spacingSeconds,
      ]);
    }
    return line;
  };

  it.each([false, true])('takes what is due in a moment, and says when it is (express: %s)', async (express) => {
    const line = await waitingDelivery({ express });
    const { taken } = await look(line);
    expect(taken).toHaveLength(1);
    // After the answer to the lane's lock, which came after the claim began.
    expect((taken[0]?.dueAtMs ?? 0) - (taken[0]?.claimedAtMs ?? 0)).toBeGreaterThan(AHEAD_MS);
  });

  it('opens a lane for it as long before, to the millisecond', async () => {
    const line = await waitingDelivery({ readyInSeconds: 3_600 });
    expect((await look(line)).taken).toEqual([]);
    expect(await openAtMs(line)).toBe(START_MS + 3_600_000 - CLAIM_LEAD_MS);
    await database.setNow(START_MS + 3_600_000 - CLAIM_LEAD_MS - 1);
    expect((await claim()).taken).toEqual([]);
    await database.setNow(START_MS + 3_600_000 - CLAIM_LEAD_MS);
    expect((await claim()).taken).toHaveLength(1);
  });

  it('takes what needs a distance when it is due, and does not ask for it before', async () => {
    const line = await waitingDelivery({ spacingSeconds: 60 });
    expect((await look(line)).taken).toEqual([]);
    expect(await openAtMs(line)).toBe(START_MS + AHEAD_MS);
    await database.setNow(START_MS + AHEAD_MS);
    expect((await claim()).taken).toHaveLength(1);
  });

  it('books permit, contact and distance at the instant at which it goes', async () => {
    const line = await waitingDelivery({});
    await look(line);
    const ahead = await bookings(line);
    const dueLater = await waitingDelivery({});
    await database.setNow(START_MS + AHEAD_MS);
    await look(dueLater);
    expect(ahead).toEqual(await bookings(dueLater));
    expect(ahead?.lastTakenMs).toBe(START_MS + AHEAD_MS);
  });

  it('takes what goes after midnight under the cap of its own day', async () => {
    const midnightMs = Date.UTC(2026, 10, 24);
    const line = await aLine(sql, { burst: 3 });
    await sql.execute(`UPDATE channels SET per_day = 3, time_zone = 'UTC' WHERE id = $1`, [line.channelId]);
    await database.setNow(midnightMs - AHEAD_MS);
    await enqueue(sql, line, 6, { readyInSeconds: AHEAD_MS / 1_000 });
    expect((await look(line)).taken).toEqual([]);
    expect(await openAtMs(line)).toBe(midnightMs);
    await database.setNow(midnightMs);
    expect((await claim()).taken).toHaveLength(3);
    expect((await look(line)).taken).toEqual([]);
  });

  it('takes nothing ahead of a channel whose messages keep a distance, and does not ask for it before', async () => {
    const line = await waitingDelivery({});
    await sql.execute('UPDATE channels SET min_spacing_seconds = 60 WHERE id = $1', [line.channelId]);
    expect((await look(line)).taken).toEqual([]);
    expect(await openAtMs(line)).toBe(START_MS + AHEAD_MS);
  });

  it('asks once more for what its contact’s limit keeps back for less than that', async () => {
    const line = await waitingDelivery({});
    const tatUs = (START_MS + AHEAD_MS + 8) * 1_000;
    await sql.execute(
      `INSERT INTO contact_rates (tenant_id, channel_id, contact_id, tat_us)
       SELECT tenant_id, channel_id, contact_id, $2 FROM delivery_queue WHERE channel_id = $1`,
      [line.channelId, tatUs],
    );
    await sql.execute('UPDATE channels SET per_contact_per_minute = 1 WHERE id = $1', [line.channelId]);
    const first = await look(line);
    expect([first.taken.length, first.deferred.length]).toEqual([0, 1]);
    // It is ready a moment later than it was, near enough to be taken by the next claim.
    const second = await claim();
    expect([second.taken.length, second.deferred.length]).toEqual([1, 0]);
    expect(await openAtMs(line)).toBe(Infinity);
  });
});
