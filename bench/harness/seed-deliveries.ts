import { contactIdSql, idSql, seed, type SeededChannel } from './seed.js';

/**
 * - `due`: in the queue, of schedules that are under way
 * - `planned`: in the queue with their instants, of campaigns that have not begun
 * - `sent`: in the log with one attempt each
 */
export type Stage = 'due' | 'planned' | 'sent';

/** Schedules of one run each, and their deliveries. */
export interface Batch {
  /** 1, 2, 3 …; another one for each batch of a database. */
  readonly number: number;
  readonly stage: Stage;
  readonly channels: readonly SeededChannel[];
  readonly schedulesPerChannel: number;
  /** Each schedule writes to the first so many contacts of its tenant. */
  readonly deliveriesPerSchedule: number;
  /** SQL over `s`, the schedule's place in the batch from 0. */
  readonly priority?: string;
  /** SQL over `s` and `p`, the delivery's place in its schedule from 0: its instant. */
  readonly dueAt: string;
  /** SQL: when the first of a lane is due. */
  readonly firstDueAt: string;
}

const PER_BATCH = 1_000_000_000;

const RETRY_POLICY = {
  maxAttempts: 4,
  backoff: 'EXPONENTIAL',
  initialSeconds: 60,
  factor: 2,
  maxSeconds: 600,
  jitter: true,
};

const CAMPAIGN = {
  startsOn: '2020-01-01',
  weekdays: [1, 2, 3, 4, 5, 6, 7],
  fromMinute: 0,
  toMinute: 1440,
  maxPerDay: 100_000,
  minSpacingSeconds: 0,
  seed: 'bench',
};

/** `s` is a schedule's place, `l` its lane. */
const SCHEDULES = `unnest($1::uuid[], $2::bigint[], $3::uuid[]) WITH ORDINALITY AS l (tenant_id, number, channel_id, n)
      CROSS JOIN generate_series(0, $4::int - 1) AS k CROSS JOIN LATERAL (SELECT (l.n - 1) * $4::int + k AS s) place`;

/** Fills the tables with the deliveries of a batch and everything that they need. */
export async function seedDeliveries(url: string, batch: Batch): Promise<void> {
  const { channels, schedulesPerChannel, deliveriesPerSchedule } = batch;
  const lanes = [
    channels.map((channel) => channel.tenant.id),
    channels.map((channel) => channel.tenant.number),
    channels.map((channel) => channel.id),
    schedulesPerChannel,
  ];
  await seed(url, messagesSql(batch), lanes);
  await seed(url, schedulesSql(batch), [...lanes, JSON.stringify(RETRY_POLICY), JSON.stringify(CAMPAIGN)]);
  await seed(url, runsSql(batch), lanes);
  const all = [...lanes, deliveriesPerSchedule];
  await seed(url, deliveriesSql(batch), all);
  if (batch.stage === 'sent') return void (await seed(url, attemptsSql(batch), all));
  await seed(url, queueSql(batch), all);
  await seed(
    url,
    `UPDATE channel_lanes SET open_at = least(open_at, ${batch.firstDueAt}) WHERE channel_id = ANY ($1::uuid[])`,
    [lanes[2]],
  );
}

const idOf = (batch: Batch, kind: number, place: string): string =>
  idSql(kind, `${batch.number}::bigint * ${PER_BATCH} + ${place}`);
const MESSAGE = 0;
const SCHEDULE = 1;
const RUN = 2;
const DELIVERY = 3;

function messagesSql(batch: Batch): string {
  return `
    INSERT INTO messages (tenant_id, id, title, content, type, status, placeholders, created_by)
    SELECT DISTINCT l.tenant_id, ${idOf(batch, MESSAGE, 'l.number')}, 'Aviso', 'Olá {nome}', 'TEXT', 'ACTIVE', '{nome}'::text[], 'bench'
      FROM ${SCHEDULES}`;
}

function schedulesSql(batch: Batch): string {
  const [type, status, nextRunAt, runs] = {
    due: ['IMMEDIATE', 'PROCESSING', 'NULL', 1],
    planned: ['CAMPAIGN', 'PENDING', batch.firstDueAt, 0],
    sent: ['IMMEDIATE', 'COMPLETED', 'NULL', 1],
  }[batch.stage];
  return `
    INSERT INTO schedules (tenant_id, id, name, type, status, message_id, channel_id, time_zone, misfire_policy, priority,
                           use_nicknames, respect_rate_limit, retry_policy, guarantee, campaign, next_run_at, run_count, created_by)
    SELECT l.tenant_id, ${idOf(batch, SCHEDULE, 's')}, 'Agenda ' || s, '${type}', '${status}', ${idOf(batch, MESSAGE, 'l.number')},
           l.channel_id, 'America/Cuiaba', 'LATEST', ${batch.priority ?? '0'}, true, true, $5::jsonb, 'AT_MOST_ONCE',
           CASE WHEN '${type}' = 'CAMPAIGN' THEN $6::jsonb END, ${nextRunAt}, ${runs}, 'bench'
      FROM ${SCHEDULES}`;
}

function runsSql(batch: Batch): string {
  const isOver = batch.stage === 'sent';
  return `
    INSERT INTO schedule_runs (tenant_id, id, schedule_id, due_at, status, started_at, finished_at, planned_from)
    SELECT l.tenant_id, ${idOf(batch, RUN, 's')}, ${idOf(batch, SCHEDULE, 's')}, ${batch.firstDueAt},
           '${isOver ? 'COMPLETED' : 'RUNNING'}', now(), ${isOver ? 'now()' : 'NULL'}, ${batch.stage === 'planned' ? 'now()' : 'NULL'}
      FROM ${SCHEDULES}`;
}

const DELIVERIES = `${SCHEDULES} CROSS JOIN generate_series(0, $5::int - 1) AS p`;
const DELIVERY_PLACE = 's * $5::int + p';

function deliveriesSql(batch: Batch): string {
  const isSent = batch.stage === 'sent';
  const when = (value: string): string => (isSent ? value : 'NULL');
  return `
    INSERT INTO deliveries (tenant_id, id, schedule_id, run_id, channel_id, contact_id, due_at, status, priority, address,
                            sent_at, attempt, content, gateway_message_id, version)
    SELECT l.tenant_id, ${idOf(batch, DELIVERY, DELIVERY_PLACE)}, ${idOf(batch, SCHEDULE, 's')}, ${idOf(batch, RUN, 's')}, l.channel_id,
           ${contactIdSql('l.number', 'p')}, ${batch.dueAt}, '${isSent ? 'sent' : 'pending'}', ${batch.priority ?? '0'},
           '+55659' || (80000000 + p), ${when('now()')}, ${isSent ? 1 : 0}, ${when(`'Olá Contato ' || p`)},
           ${when(`'sim-' || s || '-' || p`)}, ${isSent ? 3 : 1}
      FROM ${DELIVERIES}`;
}

function attemptsSql(batch: Batch): string {
  return `
    INSERT INTO delivery_attempts (tenant_id, delivery_id, number, lease_token, started_at, finished_at, duration_ms, outcome)
    SELECT l.tenant_id, ${idOf(batch, DELIVERY, DELIVERY_PLACE)}, 1, 1, now(), now(), 20, 'accepted' FROM ${DELIVERIES}`;
}

function queueSql(batch: Batch): string {
  const isPlanned = batch.stage === 'planned';
  return `
    INSERT INTO delivery_queue (tenant_id, delivery_id, channel_id, schedule_id, run_id, contact_id, ready_at, guarantee, priority,
                                slot_at, slot_until, spacing_seconds)
    SELECT l.tenant_id, ${idOf(batch, DELIVERY, DELIVERY_PLACE)}, l.channel_id, ${idOf(batch, SCHEDULE, 's')}, ${idOf(batch, RUN, 's')},
           ${contactIdSql('l.number', 'p')}, ${batch.dueAt}, 'at_most_once', ${batch.priority ?? '0'},
           ${isPlanned ? batch.dueAt : 'NULL'}, ${isPlanned ? `${batch.dueAt} + interval '1 day'` : 'NULL'}, ${isPlanned ? '0' : 'NULL'}
      FROM ${DELIVERIES}`;
}

/** So many schedules that are due once, each for one contact of the tenant, at instants in 30 to 60 days. */
export async function seedSchedules(url: string, channel: SeededChannel, count: number): Promise<void> {
  const batch: Batch = {
    number: 900,
    stage: 'planned',
    channels: [channel],
    schedulesPerChannel: count,
    deliveriesPerSchedule: 0,
    dueAt: 'NULL',
    firstDueAt: 'NULL',
  };
  const lane = [[channel.tenant.id], [channel.tenant.number], [channel.id], count];
  const at = `now() + interval '30 days' + (s % 2592000) * interval '1 second'`;
  await seed(url, messagesSql(batch), lane);
  await seed(
    url,
    `INSERT INTO schedules (tenant_id, id, name, type, status, message_id, channel_id, time_zone, misfire_policy, priority,
                            use_nicknames, respect_rate_limit, retry_policy, guarantee, scheduled_at, next_run_at, created_by)
     SELECT l.tenant_id, ${idOf(batch, SCHEDULE, 's')}, 'Lembrete ' || s, 'FUTURE', 'PENDING', ${idOf(batch, MESSAGE, 'l.number')},
            l.channel_id, 'America/Cuiaba', 'LATEST', s % 11, true, true, $5::jsonb, 'AT_MOST_ONCE', ${at}, ${at}, 'bench'
       FROM ${SCHEDULES}`,
    [...lane, JSON.stringify(RETRY_POLICY)],
  );
  await seed(
    url,
    `INSERT INTO schedule_target_contacts (tenant_id, schedule_id, contact_id)
     SELECT l.tenant_id, ${idOf(batch, SCHEDULE, 's')}, ${contactIdSql('l.number', 's % 1000')} FROM ${SCHEDULES}`,
    lane,
  );
}
