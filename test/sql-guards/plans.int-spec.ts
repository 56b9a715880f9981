import { Client } from 'pg';
import { createTestDatabase, type TestDatabase } from '../support/test-database.js';
import { ExplainingSql, type Explained, type PlanMode } from './explained.js';
import { fillMillions, MILLION } from './million-rows.js';
import { DISPATCH_STATEMENTS } from './planned-dispatch.js';
import { SCHEDULE_STATEMENTS } from './planned-schedules.js';

const PATIENCE_MS = 300_000;
const LARGE = ['delivery_queue', 'schedules', 'schedule_runs', 'deliveries'] as const;
const PLANNED = [...DISPATCH_STATEMENTS, ...SCHEDULE_STATEMENTS];
const MODES: readonly PlanMode[] = ['force_generic_plan', 'force_custom_plan'];

describe('with a million schedules and a million deliveries in the queue', () => {
  let test: TestDatabase;
  let client: Client;

  beforeAll(async () => {
    test = await createTestDatabase();
    await fillMillions(test.url);
    client = new Client({ connectionString: test.url });
    await client.connect();
    await client.query('ANALYZE');
  }, PATIENCE_MS);
  afterAll(async () => {
    await client.end();
    await test.drop();
  });

  const explain = async (mode: PlanMode, run: (typeof PLANNED)[number]['run']): Promise<readonly Explained[]> => {
    const sql = new ExplainingSql(client, mode);
    await run(sql);
    return sql.explained;
  };

  it.each(PLANNED.flatMap((planned) => MODES.map((mode) => [planned.statement, mode, planned] as const)))(
    '%s reads only what it needs (%s)',
    async (statement, mode, { run, indexes, most, buffers, finds }) => {
      const [plan, ...others] = await explain(mode, run);
      expect([plan?.statement, others]).toEqual([statement, []]);
      if (plan === undefined) return;
      for (const table of LARGE) expect([...plan.wholeTables]).not.toContain(table);
      expect([...plan.indexes]).toEqual(expect.arrayContaining([...indexes]));
      const read = LARGE.reduce((sum, table) => sum + (plan.rowsOf.get(table) ?? 0), 0);
      expect(read).toBeLessThanOrEqual(most);
      expect(plan.buffers).toBeLessThanOrEqual(buffers);
      if (finds !== undefined) expect(plan.rows).toBe(finds);
    },
  );

  it('would be noticed where the clock is asked for each row', async () => {
    const [plan] = await explain('force_generic_plan', (sql) =>
      sql.query(
        'SELECT FROM delivery_queue WHERE expires_at <= clock_timestamp() ORDER BY expires_at LIMIT $1',
        [1_000],
      ),
    );
    expect(plan?.rowsOf.get('delivery_queue')).toBeGreaterThan(MILLION / 10);
  });
});
