import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.js';
import { connectSql, type ConnectedSql } from '../support/connect-sql.js';
import { aContact, aRun, aSchedule } from '../support/factories/rows.js';
import { addTargets, aGroupOf } from '../support/scheduling.js';

const RELEVANT = /\b(schedules|schedule_runs|schedule_target_\w+|contacts|contact_groups|channels|messages)\b/;

describe('statements of one query for schedules', () => {
  let app: TestApp;
  let sql: ConnectedSql;
  const statements: string[] = [];
  const { query } = Client.prototype as { query: (...args: unknown[]) => unknown };

  beforeAll(async () => {
    app = await startTestApp({ ROLE: 'api' });
    sql = await connectSql(app.databaseUrl);
    const scope = await sql.firstTenant();
    for (let n = 0; n < 20; n += 1) {
      const scheduleId = await aSchedule(sql, scope);
      const contacts = [await aContact(sql, scope), await aContact(sql, scope)];
      await addTargets(sql, scope, scheduleId, contacts, [await aGroupOf(sql, scope, 1)]);
      await aRun(sql, scope, scheduleId);
      await aRun(sql, scope, scheduleId);
    }
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

  it.each([
    ['{ id name }', 1],
    ['{ message { id } channel { id } }', 3],
    ['{ targetGroups { id name } }', 3],
    ['{ targetContacts(first: 1) { nodes { id } pageInfo { hasNextPage } } }', 3],
    ['{ targetContacts(first: 1) { nodes { id } totalCount } }', 4],
    ['{ runs(first: 1) { nodes { id status } totalCount pageInfo { endCursor } } }', 3],
  ])('for %s are %i, whatever the size of the page', async (fields, count) => {
    for (const first of [1, 20]) {
      statements.splice(0);
      await app.data(`{ schedules(first: ${first}) { nodes ${fields} } }`);
      expect(statements.filter((statement) => RELEVANT.test(statement))).toHaveLength(count);
    }
  });

  it('pages through runs and targets of one schedule', async () => {
    const { schedules } = await app.data<{ schedules: { nodes: { id: string }[] } }>(
      '{ schedules(first: 1) { nodes { id } } }',
    );
    const id = schedules.nodes[0]?.id;
    for (const list of ['runs', 'targetContacts']) {
      const page = async (after: string | null) =>
        (
          await app.data<{
            schedule: Record<
              string,
              { nodes: { id: string }[]; pageInfo: { hasNextPage: boolean; endCursor: string } }
            >;
          }>(
            `query ($id: ID!, $after: String) { schedule(id: $id) { ${list}(first: 1, after: $after) {
               nodes { id } pageInfo { hasNextPage endCursor } } } }`,
            { id, after },
          )
        ).schedule[list];
      const first = await page(null);
      const second = await page(first?.pageInfo.endCursor ?? null);
      expect([first?.pageInfo.hasNextPage, second?.pageInfo.hasNextPage]).toEqual([true, false]);
      expect(second?.nodes).toHaveLength(1);
      expect(second?.nodes).not.toEqual(first?.nodes);
    }
  });
});
