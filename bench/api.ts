import type { ApiClient } from '../test/support/api-client.js';
import type { BenchOptions } from './main.js';
import { load } from './harness/load.js';
import { startMeter } from './harness/meter.js';
import { startPontual, type Pontual } from './harness/pontual.js';
import { rowsOf, startBenchPostgres, type BenchPostgres } from './harness/postgres.js';
import { finishReport } from './harness/report.js';
import { runRounds, shortNumber, type BenchCase, type CaseResult, type Figures } from './harness/rounds.js';
import { firstTenant, seedChannels, seedContacts, seedGroup } from './harness/seed.js';
import { seedDeliveries } from './harness/seed-deliveries.js';
import { COUNTING_SETTINGS, countIn, statementsOf } from './harness/statements.js';

interface Size {
  readonly deliveries: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly connections: number;
}

const FULL: Size = { deliveries: 10_000, seconds: 10, warmUpSeconds: 3, connections: 32 };
const SMALL: Size = { deliveries: 100, seconds: 0.2, warmUpSeconds: 0.1, connections: 4 };

/** Requests that are counted one by one. */
const COUNTED = 50;

interface Request {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** The newest 50 deliveries as a console shows them. */
const PAGE: Request = {
  query: `{ deliveries(first: 50) {
    nodes { id status dueAt sentAt attempt errorCode schedule { id name } contact { id name phone } channel { id name } }
    pageInfo { hasNextPage endCursor } } }`,
  variables: {},
};

/** What the API does in a second, and in how many statements: a page of deliveries, and a schedule for a group. */
export async function api({ small, rounds }: BenchOptions): Promise<void> {
  const size = small ? SMALL : FULL;
  const postgres = await startBenchPostgres(small, COUNTING_SETTINGS);
  try {
    const url = await postgres.freshDatabase();
    const furnished = await furnish(url, size, small);
    const requests = { 'page of 50': PAGE, createSchedule: furnished.createSchedule };
    const cases = Object.entries(requests).flatMap(([name, request]) =>
      [1, 2].map((servers): BenchCase => ({
        name: `${name}, ${servers === 1 ? 'one process' : 'two processes'}`,
        run: () =>
          withServers(url, furnished.key, servers, small, (started) => ask(postgres, url, started, request, size)),
      })),
    );
    const counted = await countAll(url, furnished.key, requests, small);
    const results = await runRounds(small ? cases.slice(3) : cases, rounds ?? (small ? 1 : 3));
    finishReport(
      {
        benchmark: 'api',
        work: `a page of 50 deliveries with schedule, contact and channel, and createSchedule, over ${size.connections} connections`,
        cases: results,
        conclusions: [...counted, ...Object.keys(requests).map((name) => fastest(results, name))],
      },
      small,
    );
  } finally {
    await postgres.close();
  }
}

async function furnish(url: string, size: Size, small: boolean): Promise<{ key: string; createSchedule: Request }> {
  const { api: client, server, key } = await startPontual(url, { ROLE: 'api' }, small);
  try {
    const tenant = await firstTenant(url);
    const each = size.deliveries / 10;
    await seedContacts(url, [tenant], each);
    const groupId = await seedGroup(url, tenant, { first: 0, count: each });
    const channels = await seedChannels(url, [tenant], 10);
    const at = `now() - interval '1 hour'`;
    await seedDeliveries(url, {
      number: 1,
      stage: 'sent',
      channels,
      schedulesPerChannel: 1,
      deliveriesPerSchedule: each,
      dueAt: at,
      firstDueAt: at,
    });
    await rowsOf(url, 'VACUUM ANALYZE');
    const createSchedule = await scheduleRequest(client, groupId, channels[0]?.id ?? '');
    return { key, createSchedule };
  } finally {
    await server.stop();
  }
}

/** A message that exists, to a group, tomorrow. */
async function scheduleRequest(client: ApiClient, groupId: string, channelId: string): Promise<Request> {
  const { createMessage: message } = await client.data<{ createMessage: { id: string } }>(
    'mutation ($input: CreateMessageInput!) { createMessage(input: $input) { id } }',
    { input: { title: 'Aviso', content: 'Olá {nome}' } },
  );
  const scheduledAt = new Date(Date.now() + 86_400_000).toISOString();
  return {
    query: 'mutation ($input: CreateScheduleInput!) { createSchedule(input: $input) { id status nextRunAt } }',
    variables: {
      input: {
        name: 'Aviso',
        messageId: message.id,
        channelId,
        targetGroupIds: [groupId],
        type: 'FUTURE',
        scheduledAt,
      },
    },
  };
}

async function withServers<T>(
  url: string,
  key: string,
  count: number,
  small: boolean,
  work: (servers: readonly Pontual[]) => Promise<T>,
): Promise<T> {
  const servers: Pontual[] = [];
  try {
    for (let n = 0; n < count; n += 1)
      servers.push(await startPontual(url, { ROLE: 'api', ADMIN_API_KEY: key }, small));
    return await work(servers);
  } finally {
    await Promise.all(servers.map(({ server }) => server.stop()));
  }
}

async function ask(
  postgres: BenchPostgres,
  url: string,
  servers: readonly Pontual[],
  request: Request,
  { connections, seconds, warmUpSeconds }: Size,
): Promise<Figures> {
  const body = JSON.stringify(request);
  const urls = servers.map(({ server }) => server.url);
  const asking = { urls, key: servers[0]?.key ?? '', connections, bodyOf: () => body };
  await load({ ...asking, seconds: warmUpSeconds });
  const meter = await startMeter(
    postgres,
    url,
    servers.map(({ server }) => server.pid),
  );
  const answered = await load({ ...asking, seconds });
  const cost = await meter.read();
  const count = answered.perSecond * cost.seconds;
  return {
    'requests/s': answered.perSecond,
    'p50 ms': answered.p50Ms,
    'p99 ms': answered.p99Ms,
    'node µs': (cost.nodeCpuSeconds * 1e6) / count,
    'database µs': (cost.databaseCpuSeconds * 1e6) / count,
    'peak MiB': cost.peakMiB,
    'other cores': cost.otherCores,
  };
}

async function countAll(
  url: string,
  key: string,
  requests: Readonly<Record<string, Request>>,
  small: boolean,
): Promise<string[]> {
  await countIn(url);
  const said = await withServers(url, key, 1, small, async ([server]) => {
    const lines: string[] = [];
    for (const [name, { query, variables }] of Object.entries(requests)) {
      const once = (): Promise<unknown> => server?.api.data(query, variables) ?? Promise.resolve();
      await once();
      const { statements, withTransactions } = await statementsOf(url, COUNTED, once);
      lines.push(`${name}: ${statements} SQL statements, ${withTransactions} with BEGIN and COMMIT`);
    }
    return lines;
  });
  await rowsOf(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} RESET pg_stat_statements.track`);
  return said;
}

function fastest(results: readonly CaseResult[], name: string): string {
  const speeds = results
    .filter((result) => result.name.startsWith(name))
    .map((result) => result.figures['requests/s']?.median ?? 0);
  return `${name}: ${shortNumber(Math.max(0, ...speeds))} requests/s at best`;
}
