import { rowsOf } from './database.js';
import { readLedger } from './gateway/ledger.js';
import type {
  AttemptRow,
  Change,
  ChannelRow,
  DeliveryRow,
  History,
  NextRunChange,
  QueueRow,
  RunRow,
  ScheduleRow,
  StoredReceipt,
} from './history.js';

const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

const DELIVERIES = `
SELECT id, schedule_id AS "scheduleId", run_id AS "runId", channel_id AS "channelId", contact_id AS "contactId", status::text, attempt,
       gateway_message_id AS "gatewayMessageId", error_code AS "errorCode" FROM deliveries`;
const QUEUE = `SELECT delivery_id AS "deliveryId", state::text FROM delivery_queue`;
const ATTEMPTS = `
SELECT delivery_id AS "deliveryId", number, lease_token::float8 AS token, ${ms('started_at')} AS "startedAtMs",
       ${ms('finished_at')} AS "finishedAtMs", outcome FROM delivery_attempts ORDER BY delivery_id, number`;
const RUNS = `
SELECT id, schedule_id AS "scheduleId", ${ms('due_at')} AS "dueAtMs", status, audience_count AS "audienceCount",
       ${ms('missed_until')} AS "missedUntilMs" FROM schedule_runs`;
const SCHEDULES = `
SELECT s.id, coalesce(s.client_reference, s.client_message_id) AS reference, s.type, s.status, s.guarantee, s.cron_expression AS "cronExpression",
       s.time_zone AS "timeZone", ${ms('s.starts_at')} AS "startsAtMs", ${ms('s.ends_at')} AS "endsAtMs", s.max_runs AS "maxRuns",
       s.run_count AS "runCount", ${ms('s.next_run_at')} AS "nextRunAtMs", ${ms('s.created_at')} AS "createdAtMs",
       ARRAY (SELECT DISTINCT m.contact_id::text FROM schedule_target_groups g
                JOIN group_memberships m ON m.tenant_id = g.tenant_id AND m.group_id = g.group_id
               WHERE g.tenant_id = s.tenant_id AND g.schedule_id = s.id) AS audience
  FROM schedules s`;
const CHANNELS = `
SELECT id, name, per_minute AS "perMinute", burst, per_day AS "perDay", min_spacing_seconds AS "minSpacingSeconds", time_zone AS "timeZone",
       coalesce((settings ->> 'idempotent')::boolean, false) AS idempotent, (settings ->> 'timeoutMs')::int AS "timeoutMs" FROM channels`;
const RECEIPTS = `
SELECT channel_id AS "channelId", delivery_id AS "deliveryId", event_key AS "eventKey", kind, gateway_message_id AS "gatewayMessageId",
       ${ms('occurred_at')} AS "atMs" FROM provider_events`;
const CHANGES = `
SELECT tx::text, ${ms('at')} AS "atMs", delivery_id AS "deliveryId", source, old_state AS "from", new_state AS "to", token::float8, attempt
  FROM chaos_changes ORDER BY seq`;
const NEXT_RUNS = `
SELECT schedule_id AS "scheduleId", ${ms('at')} AS "atMs", old_status AS "oldStatus", new_status AS "newStatus",
       ${ms('old_next')} AS "oldNextMs", ${ms('new_next')} AS "newNextMs" FROM chaos_next_runs ORDER BY seq`;

/** What the harness saw itself. */
export type Seen = Pick<
  History,
  'told' | 'brokenServers' | 'failedStarts' | 'faults' | 'windingsMs' | 'rest' | 'demands'
>;

/** Reads everything back when the servers have stopped. */
export async function readHistory(url: string, ledgerFile: string, seen: Seen): Promise<History> {
  return {
    ...seen,
    readAtMs: Date.now(),
    ledger: readLedger(ledgerFile),
    deliveries: await rowsOf<DeliveryRow>(url, DELIVERIES),
    queue: await rowsOf<QueueRow>(url, QUEUE),
    attempts: await rowsOf<AttemptRow>(url, ATTEMPTS),
    runs: await rowsOf<RunRow>(url, RUNS),
    schedules: await rowsOf<ScheduleRow>(url, SCHEDULES),
    channels: await rowsOf<ChannelRow>(url, CHANNELS),
    receipts: await rowsOf<StoredReceipt>(url, RECEIPTS),
    changes: await rowsOf<Change>(url, CHANGES),
    nextRuns: await rowsOf<NextRunChange>(url, NEXT_RUNS),
  };
}
