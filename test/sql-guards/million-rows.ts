import { Client } from 'pg';

/** Rows in each of the two large tables. */
export const MILLION = 1_000_000;

/** What is where among the million; everything that is not named here is not due. */
export const FILLED = {
  tenants: 4,
  /** Channels with something in their lane; many more are idle. */
  busyChannels: 20,
  idleChannels: 5_000,
  /** Rows of the queue that may go now, over all priorities of the busy channels. */
  due: 2_000,
  expired: 200,
  claimed: 500,
  sending: 500,
  /** Deliveries of the running campaign that have missed their instant. */
  late: 50,
  /** Rows of the queue that wait in a paused campaign. */
  parked: 300_000,
  /** Deliveries in the log. */
  logged: 350_000,
  runningRuns: 1_000,
  createdRuns: 3,
  endedRuns: 200_000,
  leases: 50,
  dueSchedules: 300,
  /** Schedules by their contacts' zones that come due within a day. */
  aheadSchedules: 2_000,
} as const;

/** Ids by number, so that what is filled and what asks agree without asking. */
export const idOf = {
  tenant: (n: number): string => uuid('10', n % FILLED.tenants),
  channel: (n: number): string => uuid('20', n),
  schedule: (n: number): string => uuid('30', n),
  run: (n: number): string => uuid('40', n),
  delivery: (n: number): string => uuid('50', n),
  contact: (n: number): string => uuid('60', n),
} as const;

function uuid(kind: string, n: number): string {
  return `${kind}000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`;
}

/** Run 1 is the running campaign, run 2 the paused one; both belong to tenant 1, as everything odd belongs somewhere. */
export const CAMPAIGN = { running: 1, paused: 2, tenant: 1 } as const;

const ID = (kind: string, n: string) =>
  `('${kind}000000-0000-7000-8000-' || lpad(to_hex((${n})::bigint), 12, '0'))::uuid`;
const TENANT = (n: string) => ID('10', `(${n}) % ${FILLED.tenants}`);

/** The tenant of what belongs to a run or schedule: the run's own number decides, so that references stay inside it. */
const SMALL_TABLES = `
INSERT INTO tenants (id, name, time_zone, default_country)
SELECT ${TENANT('n')}, 'T' || n, 'America/Cuiaba', 'BR' FROM generate_series(0, ${FILLED.tenants - 1}) n;
INSERT INTO messages (tenant_id, id, title, content, type, status, created_by)
SELECT ${TENANT('n')}, ${ID('70', 'n')}, 'M', 'Olá', 'TEXT', 'ACTIVE', 'tester' FROM generate_series(0, ${FILLED.tenants - 1}) n;
INSERT INTO channels (tenant_id, id, name, gateway, status, settings, time_zone, per_minute, burst)
SELECT ${TENANT('n')}, ${ID('20', 'n')}, 'C' || n, 'SIMULATOR', 'ACTIVE', '{}', 'America/Cuiaba', 60000, 10000
  FROM generate_series(0, ${FILLED.busyChannels + FILLED.idleChannels - 1}) n;
INSERT INTO channel_lanes (tenant_id, channel_id, open_at)
SELECT ${TENANT('n')}, ${ID('20', 'n')},
       CASE WHEN n < ${FILLED.busyChannels} THEN now() - interval '1 second' ELSE 'infinity' END
  FROM generate_series(0, ${FILLED.busyChannels + FILLED.idleChannels - 1}) n;
INSERT INTO dispatch_leases (token, worker_id, lease_until, tenant_ids, delivery_ids)
SELECT n, gen_random_uuid(), now() + interval '1 hour', '{}', '{}' FROM generate_series(1, ${FILLED.leases}) n;`;

const SCHEDULES = `
INSERT INTO schedules (tenant_id, id, name, type, status, message_id, channel_id, time_zone, misfire_policy, priority,
                       use_nicknames, respect_rate_limit, retry_policy, guarantee, next_run_at, per_contact_time_zone,
                       cron_expression, campaign, created_by)
SELECT ${TENANT('n')}, ${ID('30', 'n')}, 'S',
       CASE WHEN n IN (${CAMPAIGN.running}, ${CAMPAIGN.paused}) THEN 'CAMPAIGN' ELSE 'RECURRING' END,
       CASE WHEN n = ${CAMPAIGN.paused} THEN 'PAUSED' WHEN n <= ${FILLED.runningRuns + FILLED.createdRuns} THEN 'PROCESSING'
            WHEN n % 2 = 0 THEN 'PENDING' ELSE 'COMPLETED' END,
       ${ID('70', `n % ${FILLED.tenants}`)}, ${ID('20', `n % ${FILLED.busyChannels}`)}, 'America/Cuiaba', 'LATEST', 0, true, true, '{}',
       'AT_MOST_ONCE',
       CASE WHEN n <= ${FILLED.runningRuns + FILLED.createdRuns} THEN NULL
            WHEN n <= 2000 + ${FILLED.dueSchedules} AND n > 2000 THEN now() - n * interval '1 second'
            WHEN n <= 10000 + ${FILLED.aheadSchedules} AND n > 10000 THEN now() + n * interval '5 seconds'
            WHEN n % 2 = 0 THEN now() + interval '2 days' + n * interval '1 second' END,
       n > 10000 AND n <= 10000 + ${FILLED.aheadSchedules}, '0 9 * * *',
       CASE WHEN n IN (${CAMPAIGN.running}, ${CAMPAIGN.paused}) THEN '{"minSpacingSeconds": 5}'::jsonb END, 'tester'
  FROM generate_series(1, ${MILLION}) n;`;

const FIRST_ENDED_RUN = 10_000;

const RUNS = `
INSERT INTO schedule_runs (tenant_id, id, schedule_id, due_at, status, planned_from)
SELECT ${TENANT('n')}, ${ID('40', 'n')}, ${ID('30', 'n')}, now() - n * interval '1 second',
       CASE WHEN n = ${CAMPAIGN.paused} OR n <= ${FILLED.runningRuns} THEN 'RUNNING' ELSE 'CREATED' END,
       CASE WHEN n IN (${CAMPAIGN.running}, ${CAMPAIGN.paused}) THEN now() - interval '1 day' END
  FROM generate_series(1, ${FILLED.runningRuns + FILLED.createdRuns}) n;
INSERT INTO schedule_runs (tenant_id, id, schedule_id, due_at, status, finished_at)
SELECT ${TENANT('n')}, ${ID('40', `n + ${FIRST_ENDED_RUN}`)}, ${ID('30', `n % 5000`)}, now() - n * interval '1 minute', 'COMPLETED', now()
  FROM generate_series(1, ${FILLED.endedRuns}) n;`;

/** Numbers up to which each kind of row of the queue goes. */
const UNTIL_DUE = FILLED.due;
const UNTIL_EXPIRED = UNTIL_DUE + FILLED.expired;
const UNTIL_CLAIMED = UNTIL_EXPIRED + FILLED.claimed;
const UNTIL_SENDING = UNTIL_CLAIMED + FILLED.sending;
const UNTIL_LATE = UNTIL_SENDING + FILLED.late;
const UNTIL_PARKED = UNTIL_LATE + FILLED.parked;

/** The run of a row: those of the campaigns by kind, the others in turn. */
const RUN_OF = `CASE WHEN n > ${UNTIL_SENDING} AND n <= ${UNTIL_LATE} THEN ${CAMPAIGN.running}
                     WHEN n > ${UNTIL_LATE} AND n <= ${UNTIL_PARKED} THEN ${CAMPAIGN.paused}
                     ELSE 3 + n % ${FILLED.runningRuns - 3} END`;

const QUEUE = `
INSERT INTO delivery_queue (tenant_id, delivery_id, channel_id, schedule_id, run_id, contact_id, ready_at, expires_at, parked_at,
                            state, wait_reason, guarantee, priority, lease_token, express, slot_at, slot_until, spacing_seconds)
SELECT ${TENANT('run')}, ${ID('50', 'n')}, ${ID('20', `n % ${FILLED.busyChannels}`)}, ${ID('30', 'run')}, ${ID('40', 'run')}, ${ID('60', 'n')},
       CASE WHEN n <= ${UNTIL_LATE} THEN now() - n * interval '1 millisecond'
            WHEN n <= ${UNTIL_PARKED} THEN 'infinity'
            ELSE now() + interval '1 hour' + n % 100000 * interval '20 seconds' END,
       CASE WHEN n > ${UNTIL_DUE} AND n <= ${UNTIL_EXPIRED} THEN now() - interval '1 second'
            WHEN n > ${UNTIL_PARKED} AND n % 3 = 0 THEN now() + interval '1 day' + n * interval '1 second' END,
       CASE WHEN n > ${UNTIL_LATE} AND n <= ${UNTIL_PARKED} THEN now() END,
       (CASE WHEN n > ${UNTIL_EXPIRED} AND n <= ${UNTIL_CLAIMED} THEN 'claimed'
             WHEN n > ${UNTIL_CLAIMED} AND n <= ${UNTIL_SENDING} THEN 'sending'
             WHEN n > ${UNTIL_PARKED} AND n % 20 = 0 THEN 'uncertain' ELSE 'pending' END)::queue_state,
       (CASE WHEN n > ${UNTIL_LATE} AND n <= ${UNTIL_PARKED} THEN 'paused'
             WHEN n > ${UNTIL_PARKED} AND n % 7 = 0 THEN 'retry' ELSE 'none' END)::wait_reason,
       'at_most_once', n / 7 % 11, CASE WHEN n > ${UNTIL_EXPIRED} AND n <= ${UNTIL_SENDING} THEN 1 + n % ${FILLED.leases} ELSE 0 END,
       n <= ${UNTIL_DUE} AND n / 20 % 20 = 0,
       CASE WHEN n > ${UNTIL_SENDING} AND n <= ${UNTIL_LATE} THEN now() - interval '10 minutes'
            WHEN n > ${UNTIL_LATE} AND n <= ${UNTIL_PARKED} THEN now() - interval '1 day' END,
       CASE WHEN n > ${UNTIL_SENDING} AND n <= ${UNTIL_PARKED} THEN now() + interval '2 hours' END,
       CASE WHEN n > ${UNTIL_SENDING} AND n <= ${UNTIL_PARKED} THEN 5 END
  FROM (SELECT n, ${RUN_OF} AS run FROM generate_series(1, ${MILLION}) n) numbered;`;

/** The log of a part of the queue, that of what is due included. */
const DELIVERIES = `
INSERT INTO deliveries (tenant_id, id, schedule_id, run_id, channel_id, contact_id, due_at, priority)
SELECT tenant_id, delivery_id, schedule_id, run_id, channel_id, contact_id, now(), priority
  FROM delivery_queue LIMIT ${FILLED.logged};`;

/** A delivery with the lease under which it is held. */
export interface HeldRow {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly token: number;
}

/** The rows that are claimed, by place from 0. */
export function claimedDelivery(place: number): HeldRow {
  return heldDelivery(UNTIL_EXPIRED + 1 + place);
}

/** The rows that are at the gateway, by place from 0. */
export function sendingDelivery(place: number): HeldRow {
  return heldDelivery(UNTIL_CLAIMED + 1 + place);
}

function heldDelivery(n: number): HeldRow {
  return { tenantId: tenantOfRow(n), deliveryId: idOf.delivery(n), token: 1 + (n % FILLED.leases) };
}

function tenantOfRow(n: number): string {
  return idOf.tenant(3 + (n % (FILLED.runningRuns - 3)));
}

/** The rows that may go, in the order of their numbers from 0. */
export function dueDelivery(place: number): { tenantId: string; deliveryId: string } {
  const n = 1 + place;
  return { tenantId: tenantOfRow(n), deliveryId: idOf.delivery(n) };
}

/** What may be written side by side; each part with the indexes of its own tables. */
const PARTS: readonly { readonly tables: readonly string[]; readonly statements: readonly string[] }[] = [
  { tables: ['schedules', 'schedule_runs'], statements: [SMALL_TABLES, SCHEDULES, RUNS] },
  { tables: ['delivery_queue', 'deliveries'], statements: [QUEUE, DELIVERIES] },
];

/**
 * A million schedules and a million rows in the queue, of which next to nothing is due. Indexes are made when the rows are
 * there, from their own definitions, because that takes a quarter of the time.
 */
export async function fillMillions(url: string): Promise<void> {
  await Promise.all(PARTS.map((part) => fillPart(url, part)));
}

async function fillPart(url: string, { tables, statements }: (typeof PARTS)[number]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`SET session_replication_role = replica`);
    await client.query(`SET maintenance_work_mem = '256MB'`);
    const { rows } = await client.query<{ name: string; definition: string }>(
      `SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition FROM pg_index
        WHERE indrelid = ANY ($1::regclass[]) AND NOT indisprimary`,
      [tables],
    );
    for (const { name } of rows) await client.query(`DROP INDEX ${name}`);
    for (const text of statements) await client.query(text);
    for (const { definition } of rows) await client.query(definition);
    // Also sets what index-only scans ask.
    await client.query(`VACUUM ANALYZE ${tables.join(', ')}`);
  } finally {
    await client.end();
  }
}
