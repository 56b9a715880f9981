import type { Announcements } from '../../src/modules/dispatch/application/announcements.js';
import type { Claimer } from '../../src/modules/dispatch/application/claimer.js';
import { Intents } from '../../src/modules/dispatch/application/intents.js';
import { HousekeepingRepository } from '../../src/modules/dispatch/persistence/housekeeping.repository.js';
import { IntentsRepository } from '../../src/modules/dispatch/persistence/intents.repository.js';
import { OutcomesRepository } from '../../src/modules/dispatch/persistence/outcomes.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import { newId } from '../../src/platform/database/ids.js';
import type { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { aClaimer, aLine, enqueue, prepared, queueStates, workerDatabase, type Line } from '../support/workers.js';

const DAY_MS = 86_400_000;
const nobodyListens = { changed: () => undefined } as unknown as Announcements;

describe('claim under sending hours and campaign gates', () => {
  let sql: SqlDatabase;
  let worker: WorkerDatabase;
  let claimer: Claimer;
  const workerId = newId();

  beforeAll(async () => {
    sql = await openSqlDatabase();
    worker = workerDatabase(sql.url, 4);
    claimer = aClaimer(worker);
  });
  // What a test leaves waiting is not the next one's business.
  const closeAll = () => sql.database.execute(`UPDATE channel_lanes SET open_at = 'infinity'`);
  afterEach(closeAll);
  afterAll(async () => {
    await worker.close();
    await sql.close();
  });

  const claim = () => claimer.claim(workerId, [], () => 1_000);
  const openAt = async ({ channelId }: Line): Promise<number> => {
    const [row] = await sql.database.query<{ openAt: Date | number }>(
      'SELECT open_at AS "openAt" FROM channel_lanes WHERE channel_id = $1',
      [channelId],
    );
    return Number(row?.openAt);
  };
  const wake = ({ channelId }: Line) =>
    sql.database.execute('UPDATE channel_lanes SET open_at = clock_timestamp() WHERE channel_id = $1', [channelId]);

  /** Lets the channel send on one weekday only, three days from now; returns when that day begins. */
  async function closeUntilOneDay({ channelId }: Line): Promise<number> {
    const opensMs = (Math.floor(Date.now() / DAY_MS) + 3) * DAY_MS;
    await sql.database.execute(`UPDATE channels SET time_zone = 'UTC', sending_weekdays = $2 WHERE id = $1`, [
      channelId,
      [new Date(opensMs).getUTCDay() || 7],
    ]);
    return opensMs;
  }
  const openAgain = ({ channelId }: Line) =>
    sql.database.execute(`UPDATE channels SET sending_weekdays = '{1,2,3,4,5,6,7}' WHERE id = $1`, [channelId]);

  /** Makes the waiting rows those of a campaign. */
  const plan = ({ channelId }: Line, spacingSeconds: number, slotEndsInSeconds = 3_600) =>
    sql.database.execute(
      `UPDATE delivery_queue SET slot_at = ready_at, slot_until = clock_timestamp() + $3::float8 * interval '1 second',
              spacing_seconds = $2 WHERE channel_id = $1 AND state = 'pending' AND slot_at IS NULL`,
      [channelId, spacingSeconds, slotEndsInSeconds],
    );
  const waiting = ({ channelId }: Line) =>
    sql.database.query<{ reason: string; inSeconds: number }>(
      `SELECT wait_reason::text AS reason, extract(epoch FROM ready_at - clock_timestamp())::float8 AS "inSeconds"
         FROM delivery_queue WHERE channel_id = $1 AND state IN ('pending', 'uncertain') ORDER BY ready_at`,
      [channelId],
    );

  it('takes nothing outside the hours, and sleeps until their first instant', async () => {
    const line = await aLine(sql.database);
    const opensMs = await closeUntilOneDay(line);
    await enqueue(sql.database, line, 3);
    expect((await claim()).taken).toEqual([]);
    expect(await openAt(line)).toBe(opensMs);
    expect((await claim()).lanes).toBe(0);
    expect(await queueStates(sql.database, line)).toEqual({ pending: 3 });
  });

  it('takes express deliveries no earlier than others, and sleeps for them too', async () => {
    const line = await aLine(sql.database);
    const opensMs = await closeUntilOneDay(line);
    await enqueue(sql.database, line, 2, { express: true });
    expect((await claim()).taken).toEqual([]);
    expect(await openAt(line)).toBe(opensMs);
    await openAgain(line);
    await wake(line);
    expect((await claim()).taken).toHaveLength(2);
  });

  it('takes express deliveries also when the permits alone would fill the room, by priority and age', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 5);
    await enqueue(sql.database, line, 1, { express: true, readyInSeconds: -60 });
    await enqueue(sql.database, line, 1, { express: true, priority: 1 });
    const { taken } = await claimer.claim(workerId, [], () => 3);
    expect(taken).toHaveLength(3);
    const left = await sql.database.query<{ express: boolean }>(
      `SELECT express FROM delivery_queue WHERE channel_id = $1 AND state = 'pending'`,
      [line.channelId],
    );
    expect(left.map((row) => row.express)).toEqual([false, false, false, false]);
  });

  it('sleeps while the provider asked for a pause, also when express deliveries wait', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 1, { express: true });
    await sql.database.execute(
      `UPDATE channel_lanes SET held_until_us = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint + 30000000 WHERE channel_id = $1`,
      [line.channelId],
    );
    expect((await claim()).taken).toEqual([]);
    expect((await openAt(line)) - Date.now()).toBeGreaterThan(25_000);
  });

  it('makes no call for what was claimed when the hours ended before it', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 2);
    const batch = (await claim()).taken.map(prepared);
    expect(batch).toHaveLength(2);
    const opensMs = await closeUntilOneDay(line);
    const intents = new Intents(worker, new IntentsRepository(), nobodyListens, new SystemClock());
    const { intended, released, finished } = await intents.commit(batch, workerId, 60_000);
    expect({ intended, finished }).toEqual({ intended: [], finished: [] });
    await new OutcomesRepository().release(worker, released);
    expect(await queueStates(sql.database, line)).toEqual({ pending: 2 });
    expect((await claim()).taken).toEqual([]);
    expect(await openAt(line)).toBe(opensMs);
  });

  it('gives a campaign one message a round, and the next one its distance', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 3);
    await plan(line, 60);
    const { taken, deferred } = await claim();
    expect({ taken: taken.length, deferred: deferred.length }).toEqual({ taken: 1, deferred: 2 });
    const rows = await waiting(line);
    expect(rows.map((row) => row.reason)).toEqual(['rate_limit', 'rate_limit']);
    expect(rows.every((row) => row.inSeconds > 50 && row.inSeconds <= 60)).toBe(true);
    expect((await openAt(line)) - Date.now()).toBeGreaterThan(50_000);
    const [lane] = await sql.database.query<{ sent: number }>(
      'SELECT sent_today AS sent FROM channel_lanes WHERE channel_id = $1',
      [line.channelId],
    );
    expect(lane?.sent).toBe(1);
  });

  it('keeps a campaign its distance from any other message of the channel, also from one without a permit', async () => {
    for (const express of [false, true]) {
      const line = await aLine(sql.database);
      await enqueue(sql.database, line, 1, { express });
      expect((await claim()).taken).toHaveLength(1);
      await enqueue(sql.database, line, 1);
      await plan(line, 60);
      expect((await claim()).taken).toEqual([]);
      expect((await waiting(line))[0]?.inSeconds).toBeGreaterThan(50);
    }
  });

  it('leaves a campaign’s delivery whose day is over to whoever plans it anew, and sleeps', async () => {
    for (const express of [false, true]) {
      const line = await aLine(sql.database);
      await enqueue(sql.database, line, 1, { express });
      await plan(line, 0, -1);
      expect(await claim()).toMatchObject({ taken: [], deferred: [] });
      expect(await openAt(line)).toBe(Infinity);
      await new HousekeepingRepository().healLanes(sql.database);
      expect(await openAt(line)).toBe(Infinity);
      // Those of earlier tests are healed now.
      await closeAll();
    }
  });

  it('sleeps until an uncertain delivery’s contact may get a message, and leaves it UNCERTAIN', async () => {
    const line = await aLine(sql.database, { perMinute: 600, burst: 50, perContactPerMinute: 1 });
    await enqueue(sql.database, line, 2, { sameContact: true });
    expect((await claim()).taken).toHaveLength(1);
    await sql.database.execute(
      `UPDATE delivery_queue SET state = 'uncertain', wait_reason = 'retry', ready_at = clock_timestamp()
        WHERE channel_id = $1 AND state = 'pending'`,
      [line.channelId],
    );
    await wake(line);
    expect(await claim()).toMatchObject({ taken: [], deferred: [] });
    expect(await waiting(line)).toMatchObject([{ reason: 'retry' }]);
    expect((await openAt(line)) - Date.now()).toBeGreaterThan(50_000);
  });
});
