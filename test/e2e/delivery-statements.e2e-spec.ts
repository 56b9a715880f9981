import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { aDelivery, type DeliveryInState } from '../support/factories/deliveries.js';

const STATES: DeliveryInState[] = ['pending', 'sending', 'sent', 'failed', 'retrying'];

/** The tables that an operation on deliveries may touch; what runs in the background touches others. */
const RELEVANT =
  /\b(deliveries|delivery_queue|delivery_attempts|schedules|schedule_runs|contacts|nicknames|channels|channel_lanes|messages|pg_stat_activity)\b/;

describe('statements of one query', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  const statements: string[] = [];
  const { query } = Client.prototype as { query: (...args: unknown[]) => unknown };

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    const scope = await sql.firstTenant();
    for (let n = 0; n < 50; n += 1)
      await aDelivery(sql, scope, { state: STATES[n % STATES.length] as DeliveryInState });
    Object.assign(Client.prototype, {
      query(this: Client, ...args: unknown[]) {
        const [config] = args as [string | { text?: string }];
        statements.push(typeof config === 'string' ? config : (config.text ?? ''));
        return query.apply(this, args);
      },
    });
  });
  afterAll(async () => {
    Object.assign(Client.prototype, { query });
    await sql.close();
    await app.close();
  });

  async function statementsOf(text: string): Promise<string[]> {
    statements.splice(0);
    await app.data(text);
    return statements.filter((statement) => RELEVANT.test(statement));
  }

  it('are four for a page of 50 deliveries with their schedules, contacts and channels', async () => {
    const page =
      '{ deliveries(first: 50) { nodes { id status schedule { id name } contact { id name } channel { id name } } pageInfo { hasNextPage } } }';
    const { deliveries } = await app.data<{ deliveries: { nodes: unknown[] } }>(page);
    expect(deliveries.nodes).toHaveLength(50);
    expect(await statementsOf(page)).toHaveLength(4);
  });

  it('are one more for each further field, whatever the size of the page', async () => {
    for (const first of [1, 50]) {
      expect(await statementsOf(`{ deliveries(first: ${first}) { nodes { id } } }`)).toHaveLength(1);
      expect(await statementsOf(`{ deliveries(first: ${first}) { nodes { id } totalCount } }`)).toHaveLength(2);
      expect(await statementsOf(`{ deliveries(first: ${first}) { nodes { attempts { number } } } }`)).toHaveLength(2);
    }
  });

  it('are six at most for the texts of all deliveries that are not sent', async () => {
    expect((await statementsOf('{ deliveries(first: 50) { nodes { content } } }')).length).toBeLessThanOrEqual(6);
  });

  it('are two more for the explanations of a whole page: the facts, and whether anything sends', async () => {
    for (const first of [1, 50]) {
      const page = `{ deliveries(first: ${first}) { nodes { explanation { summary earliestSendAt gates { kind detail } } } } }`;
      expect(await statementsOf(page)).toHaveLength(3);
    }
  });

  it('are one for the statistics of all schedules of a page, and of all their runs', async () => {
    expect(await statementsOf('{ schedules(first: 50) { nodes { statistics { total } } } }')).toHaveLength(2);
    expect(
      await statementsOf('{ schedules(first: 50) { nodes { runs(first: 5) { nodes { statistics { total } } } } } }'),
    ).toHaveLength(3);
  });
});
