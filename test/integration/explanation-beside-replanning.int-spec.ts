import { ExplanationsService } from '../../src/modules/delivery-logs/application/explanations.service.js';
import type { SchedulerStatusService } from '../../src/modules/delivery-logs/application/scheduler-status.service.js';
import { ExplanationFactsRepository } from '../../src/modules/delivery-logs/persistence/explanation-facts.repository.js';
import { ReplanningRepository } from '../../src/modules/schedules/persistence/replanning.repository.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { aLine, enqueue } from '../support/workers.js';

/** Seconds from now: an instant that it keeps, one that it has missed, one that it is owed. */
const SLOTS = ['30 seconds', '-59 seconds', '-61 seconds', '-infinity'] as const;
const REASONS = ['none', 'rate_limit', 'retry'] as const;
const ENDS = [null, '1 hour', '-1 second'] as const;

/** What is owed an instant has not been tried since. */
const KINDS = SLOTS.flatMap((slot) => REASONS.flatMap((reason) => ENDS.map((end) => ({ slot, reason, end })))).filter(
  ({ slot, reason }) => slot !== '-infinity' || reason === 'none',
);

describe('explanations beside a plan that is made anew of the same rows', () => {
  let sql: SqlDatabase;
  let explanations: ExplanationsService;
  beforeAll(async () => {
    sql = await openSqlDatabase();
    const scheduler = { isRunning: () => Promise.resolve(true) } as unknown as SchedulerStatusService;
    explanations = new ExplanationsService(new ExplanationFactsRepository(sql.database), scheduler);
  });
  afterAll(() => sql.close());

  it('say of exactly those that they get another instant which the planner takes', async () => {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, KINDS.length);
    // Nothing can go for five minutes: what has not missed its instant by now will have by then.
    await sql.database.execute(
      `UPDATE channel_lanes SET last_taken_us = (extract(epoch FROM clock_timestamp()) * 1000000)::bigint WHERE channel_id = $1`,
      [line.channelId],
    );
    await sql.database.execute(
      `UPDATE delivery_queue q
          SET slot_at = CASE WHEN k.slot = '-infinity' THEN '-infinity' ELSE clock_timestamp() + k.slot::interval END,
              ready_at = CASE WHEN k.slot = '-infinity' THEN 'infinity' ELSE clock_timestamp() + k.slot::interval END,
              wait_reason = k.reason::wait_reason, slot_until = clock_timestamp() + k.until::interval, spacing_seconds = 300
         FROM (SELECT delivery_id, row_number() OVER () AS n FROM delivery_queue WHERE channel_id = $1) r
         JOIN unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k (slot, reason, until, n) ON k.n = r.n
        WHERE q.delivery_id = r.delivery_id`,
      [line.channelId, KINDS.map(({ slot }) => slot), KINDS.map(({ reason }) => reason), KINDS.map(({ end }) => end)],
    );
    const rows = await sql.database.query<{ id: string; runId: string }>(
      'SELECT delivery_id AS id, run_id AS "runId" FROM delivery_queue WHERE channel_id = $1',
      [line.channelId],
    );
    const run = { ...line.scope, scheduleId: line.scheduleId, runId: rows[0]?.runId ?? '' };
    const late = await new ReplanningRepository().waiting(sql.database, run, 'late', false);
    const told = await explanations.explain(
      line.scope,
      rows.map(({ id }) => id),
    );
    const saying = (words: RegExp): string[] =>
      [...told].filter(([, { gates }]) => gates.some(({ detail }) => words.test(detail))).map(([id]) => id);
    const missed = saying(/is getting another time|is giving it another one|It has no time at present/);
    expect(missed.sort()).toEqual(late.map(({ id }) => id).sort());
    expect(late.length).toBeGreaterThan(KINDS.length / 4);
    // What has its instant yet and cannot go in time will be taken later; an attempt that failed goes when it is due.
    const willMiss = saying(/its campaign will give it another one/);
    const expected = KINDS.filter(({ slot, reason, end }) => {
      const isKept = slot === '30 seconds' || slot === '-59 seconds';
      return isKept && reason !== 'retry' && end !== '-1 second';
    });
    expect(willMiss).toHaveLength(expected.length);
  });
});
