import { ExplanationsService } from '../../src/modules/delivery-logs/application/explanations.service.js';
import type { SchedulerStatusService } from '../../src/modules/delivery-logs/application/scheduler-status.service.js';
import { ExplanationFactsRepository } from '../../src/modules/delivery-logs/persistence/explanation-facts.repository.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';
import { aLine, enqueue, type Line } from '../support/workers.js';

const MINUTE_US = 60_000_000;

describe('the explanation of a delivery behind those of campaigns', () => {
  let sql: SqlDatabase;
  let facts: ExplanationFactsRepository;
  let explanations: ExplanationsService;
  beforeAll(async () => {
    sql = await openSqlDatabase();
    facts = new ExplanationFactsRepository(sql.database);
    const scheduler = { isRunning: () => Promise.resolve(true) } as unknown as SchedulerStatusService;
    explanations = new ExplanationsService(facts, scheduler);
  });
  afterAll(() => sql.close());

  /** Two of priority 5 without a distance, three of priority 3 and two of its own that keep a minute, then it. */
  async function aQueue(): Promise<{ line: Line; last: string }> {
    const line = await aLine(sql.database);
    await enqueue(sql.database, line, 2, { priority: 5, readyInSeconds: -40 });
    await enqueue(sql.database, line, 3, { priority: 3, readyInSeconds: -30 });
    await enqueue(sql.database, line, 2, { readyInSeconds: -20 });
    await enqueue(sql.database, line, 1, { readyInSeconds: -10 });
    await sql.database.execute(
      'UPDATE delivery_queue SET spacing_seconds = 60 WHERE channel_id = $1 AND priority < 5',
      [line.channelId],
    );
    const rows = await sql.database.query<{ id: string }>(
      'SELECT delivery_id AS id FROM delivery_queue WHERE channel_id = $1 AND priority = 0 ORDER BY ready_at DESC LIMIT 1',
      [line.channelId],
    );
    return { line, last: rows[0]?.id ?? '' };
  }

  it('knows which of those ahead keep what distance', async () => {
    const { line, last } = await aQueue();
    const [row] = await facts.read(line.scope, [last]);
    expect(row).toMatchObject({ aheadNow: 7, aheadExpress: 0, aheadAtItsTime: 0, priority: 0, spacedAtItsTime: [] });
    expect(row?.spacedNow).toEqual([
      { priority: 3, spacingSeconds: 60, count: 3 },
      { priority: 0, spacingSeconds: 60, count: 2 },
    ]);
  });

  it('gives it its turn at their distances, and one that keeps none as soon as the channel allows', async () => {
    const { line, last } = await aQueue();
    const turnOf = async () => {
      const [row] = await facts.read(line.scope, [last]);
      const told = (await explanations.explain(line.scope, [last])).get(last);
      return ((told?.earliestSendUs ?? 0) - (row?.nowUs ?? 0)) / MINUTE_US;
    };
    expect(await turnOf()).toBeGreaterThan(5);
    await sql.database.execute('UPDATE delivery_queue SET spacing_seconds = NULL WHERE delivery_id = $1', [last]);
    expect(await turnOf()).toBeLessThan(1);
  });
});
