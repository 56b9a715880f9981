import fc from 'fast-check';
import { ExplanationsService } from '../../src/modules/delivery-logs/application/explanations.service.js';
import type { SchedulerStatusService } from '../../src/modules/delivery-logs/application/scheduler-status.service.js';
import { ExplanationFactsRepository } from '../../src/modules/delivery-logs/persistence/explanation-facts.repository.js';
import type { Claimer } from '../../src/modules/dispatch/application/claimer.js';
import { newId } from '../../src/platform/database/ids.js';
import type { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { aClaimer, aLine, enqueue, workerDatabase, type Line } from '../support/workers.js';

const SCENARIOS = 150;

/** Seconds from now that are far enough from it: the claim comes a moment after the explanation. */
const seconds = fc.constantFrom(-3_600, -60, 60, 3_600);

const scenario = fc.record({
  batches: fc.array(
    fc.record({
      count: fc.integer({ min: 1, max: 3 }),
      priority: fc.constantFrom(0, 0, 5),
      express: fc.constantFrom(false, false, false, true),
      readyInSeconds: fc.constantFrom(-3_600, -60, -60, 3_600),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  burst: fc.integer({ min: 1, max: 6 }),
  perDay: fc.constantFrom(null, null, 2),
  minSpacingSeconds: fc.constantFrom(0, 0, 0, 30),
  lastTaken: fc.constantFrom(null, -20, -3_600),
  tat: fc.constantFrom(null, 30, -30),
  held: fc.constantFrom(null, null, null, 60),
  isOpen: fc.constantFrom(true, true, true, false),
  status: fc.constantFrom('ACTIVE', 'ACTIVE', 'ACTIVE', 'PAUSED'),
  contactTat: fc.constantFrom(null, null, 120),
  expires: fc.option(seconds, { nil: null }),
  slotUntil: fc.option(seconds, { nil: null }),
  spacing: fc.constantFrom(null, null, 60),
});
type Scenario = typeof scenario extends fc.Arbitrary<infer T> ? T : never;

describe('explanations beside a claim of the same rows', () => {
  let sql: SqlDatabase;
  let worker: WorkerDatabase;
  let claimer: Claimer;
  let explanations: ExplanationsService;

  beforeAll(async () => {
    sql = await openSqlDatabase();
    worker = workerDatabase(sql.url, 4);
    claimer = aClaimer(worker);
    const scheduler = { isRunning: () => Promise.resolve(true) } as unknown as SchedulerStatusService;
    explanations = new ExplanationsService(new ExplanationFactsRepository(sql.database), scheduler);
  });
  afterAll(async () => {
    await worker.close();
    await sql.close();
  });

  async function build(drawn: Scenario): Promise<Line> {
    const line = await aLine(sql.database, { perMinute: 60, burst: drawn.burst, perContactPerMinute: 1 });
    for (const batch of drawn.batches) await enqueue(sql.database, line, batch.count, batch);
    const farWeekday = new Date(Date.now() + 3 * 86_400_000).getUTCDay() || 7;
    await sql.database.execute(
      `UPDATE channels SET per_day = $2, min_spacing_seconds = $3, status = $4, sending_weekdays = $5 WHERE id = $1`,
      [
        line.channelId,
        drawn.perDay,
        drawn.minSpacingSeconds,
        drawn.status,
        drawn.isOpen ? [1, 2, 3, 4, 5, 6, 7] : [farWeekday],
      ],
    );
    await sql.database.execute(
      `UPDATE channel_lanes SET last_taken_us = coalesce(us + $2::float8 * 1000000, 0)::bigint, tat_us = coalesce(us + $3::float8 * 1000000, 0)::bigint,
              held_until_us = coalesce(us + $4::float8 * 1000000, 0)::bigint, day = current_date, sent_today = 1, open_at = clock_timestamp()
         FROM (SELECT extract(epoch FROM clock_timestamp()) * 1000000 AS us) now WHERE channel_id = $1`,
      [line.channelId, drawn.lastTaken, drawn.tat, drawn.held],
    );
    // Each of these for about every other delivery.
    await sql.database.execute(
      `UPDATE delivery_queue SET expires_at = clock_timestamp() + $2::float8 * interval '1 second',
              slot_until = clock_timestamp() + $3::float8 * interval '1 second', spacing_seconds = $4
        WHERE channel_id = $1 AND hashtext(delivery_id::text) % 2 = 0`,
      [line.channelId, drawn.expires, drawn.slotUntil, drawn.spacing],
    );
    if (drawn.contactTat !== null) {
      await sql.database.execute(
        `INSERT INTO contact_rates (tenant_id, channel_id, contact_id, tat_us)
         SELECT tenant_id, channel_id, contact_id, ((extract(epoch FROM clock_timestamp()) + $2) * 1000000)::bigint FROM delivery_queue
          WHERE channel_id = $1 AND hashtext(contact_id::text) % 2 = 0`,
        [line.channelId, drawn.contactTat],
      );
    }
    return line;
  }

  it('say that exactly those go now that a claim takes, one after the other', async () => {
    const seen = { now: 0, later: 0 };
    for (const drawn of fc.sample(scenario, { numRuns: SCENARIOS, seed: 20_261_123 })) {
      const line = await build(drawn);
      const rows = await sql.database.query<{ id: string }>(
        'SELECT delivery_id AS id FROM delivery_queue WHERE channel_id = $1',
        [line.channelId],
      );
      // The first of the queue is exact; of those behind it an explanation cannot know which a contact's rate puts off.
      const told = await explanations.explain(
        line.scope,
        rows.map(({ id }) => id),
      );
      const now = [...told].filter(([, { gates }]) => gates.every((gate) => !gate.blocking)).map(([id]) => id);
      const { taken } = await claimer.claim(newId(), [], () => 1_000);
      const takenIds = taken.map((delivery) => delivery.deliveryId);
      seen.now += now.length;
      seen.later += told.size - now.length;
      const context = JSON.stringify({ drawn, summaries: [...told.values()].map(({ summary }) => summary) });
      expect({ context, ids: now.filter((id) => !takenIds.includes(id)) }).toEqual({ context, ids: [] });
      if (drawn.contactTat === null && drawn.spacing === null) {
        expect({ context, ids: [...now].sort() }).toEqual({ context, ids: [...takenIds].sort() });
      }
      await sql.database.execute(`UPDATE channel_lanes SET open_at = 'infinity' WHERE channel_id = $1`, [
        line.channelId,
      ]);
    }
    expect(Math.min(seen.now, seen.later)).toBeGreaterThan(SCENARIOS / 3);
  }, 60_000);
});
