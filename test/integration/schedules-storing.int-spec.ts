import { DEFAULT_RETRY_POLICY } from '../../src/core/retry/retry-policy.js';
import { newId } from '../../src/platform/database/ids.js';
import { SchedulesRepository, type NewSchedule } from '../../src/modules/schedules/persistence/schedules.repository.js';
import { aChannel, aMessage, aTenant } from '../support/factories/rows.js';
import { openSqlDatabase, type SqlDatabase } from '../support/sql-database.js';

let db: SqlDatabase;

beforeAll(async () => {
  db = await openSqlDatabase();
});
afterAll(() => db.close());

const AT = new Date('2026-12-01T12:00:00.123Z');

const BARE = {
  name: 'Aviso',
  description: null,
  searchText: 'aviso',
  type: 'IMMEDIATE',
  status: 'PROCESSING',
  scheduledAt: null,
  cronExpression: null,
  timeZone: 'America/Cuiaba',
  startsAt: null,
  endsAt: null,
  maxRuns: null,
  misfirePolicy: 'LATEST',
  misfireGraceSeconds: null,
  priority: 0,
  useNicknames: true,
  respectRateLimit: true,
  retryPolicy: DEFAULT_RETRY_POLICY,
  guarantee: 'AT_MOST_ONCE',
  expiresAfterSeconds: null,
  clientReference: null,
  clientMessageId: null,
  requestHash: Buffer.from('hash'),
  campaign: null,
  perContactTimeZone: false,
  isTest: false,
  conversationId: null,
  privateNote: false,
  nextRunAt: null,
  lastRunAt: AT,
  runCount: 1,
  createdBy: 'tester',
} as const satisfies Omit<NewSchedule, 'id' | 'messageId' | 'channelId'>;

const CAMPAIGN = {
  startsOn: '2026-12-01',
  weekdays: [1, 2, 3],
  fromMinute: 480,
  toMinute: 1_080,
  maxPerDay: 500,
  minSpacingSeconds: 5,
  seed: 'a seed',
} as const;

it.each<[string, Partial<NewSchedule>]>([
  ['IMMEDIATE', {}],
  ['FUTURE', { type: 'FUTURE', status: 'PENDING', scheduledAt: AT, nextRunAt: AT, lastRunAt: null, runCount: 0 }],
  [
    'RECURRING',
    { type: 'RECURRING', status: 'PENDING', cronExpression: '0 9 * * *', startsAt: AT, endsAt: AT, maxRuns: 3 },
  ],
  ['CAMPAIGN', { type: 'CAMPAIGN', status: 'PENDING', campaign: CAMPAIGN, description: 'Uma campanha', priority: 7 }],
])('a stored schedule is answered as it is read afterwards: %s', async (_type, columns) => {
  const scope = await aTenant(db.database);
  const schedules = new SchedulesRepository(db.database);
  const references = { messageId: await aMessage(db.database, scope), channelId: await aChannel(db.database, scope) };
  const schedule = { ...BARE, ...references, ...columns, id: newId() };
  const stored = await db.database.transaction((tx) => schedules.insert(tx, scope, schedule));
  expect(stored).toEqual({ ...(await schedules.find(scope, schedule.id)) });
});
