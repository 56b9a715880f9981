import { changing as mutating, replacing, type SqlMutant } from './mutated-database.js';
import { changing, parking, requeueing } from './scenario-people.js';
import { arriving, receipts } from './scenario-receipts.js';
import type { Scenario } from './world.js';

/** What people and providers do to deliveries. */
export const PEOPLE_SCENARIOS = {
  receipts,
  arriving,
  requeueing,
  parking,
  changing,
} as const satisfies Readonly<Record<string, Scenario>>;

const PENDING = `AND q.state = 'pending'`;

export const PEOPLE_MUTANTS: Readonly<Record<keyof typeof PEOPLE_SCENARIOS, readonly SqlMutant[]>> = {
  receipts: [
    replacing('receipts-lock-logs', 'the lock of a log row', 'FOR NO KEY UPDATE OF d SKIP LOCKED', ''),
    replacing(
      'receipts-write',
      'the version that the queue has reached',
      'd.version + coalesce(g.version, 0) + 1',
      'd.version + 1',
    ),
    replacing(
      'receipts-write',
      'the attempt that the queue has reached',
      'coalesce(g.attempt, d.attempt)',
      'd.attempt',
    ),
    replacing('receipts-lock-queued', 'the lock of a queue row', 'FOR UPDATE OF q SKIP LOCKED', ''),
  ],
  arriving: [
    replacing('provider-events-insert', 'the key of an event', 'ON CONFLICT (channel_id, event_key) DO NOTHING', ''),
    replacing('provider-events-insert', 'the order of the keys', 'ORDER BY channel_id, event_key', ''),
    replacing('provider-events-rematch', 'the channel of an event', 'AND m.channel_id = e.channel_id', ''),
    replacing('provider-events-rematch', 'the delivery that an event has', 'AND e.delivery_id IS NULL', ''),
    replacing('gateway-messages-remember', 'the key of a message', 'ON CONFLICT DO NOTHING', ''),
    replacing(
      'gateway-messages-remember',
      'the order of the messages',
      'ORDER BY tenant_id, channel_id, gateway_message_id',
      '',
    ),
  ],
  requeueing: [
    replacing('requeue-deliveries', 'the lock of a delivery', 'FOR UPDATE OF d', ''),
    replacing(
      'requeue-deliveries',
      'the states',
      'AND d.status = ANY ($3::delivery_status[])',
      'AND $3::text[] IS NOT NULL',
    ),
    replacing(
      'requeue-deliveries',
      'the version',
      'AND ($4::int IS NULL OR d.version = $4)',
      'AND ($4::int IS NULL OR true)',
    ),
    mutating('requeue-deliveries', 'the queue row that is there', (text) =>
      text.replace(/AND NOT EXISTS \(SELECT FROM delivery_queue[^)]*\)/, ''),
    ),
    replacing('requeue-deliveries', 'the cancelled schedule', `AND s.status <> 'CANCELLED'`, ''),
    replacing(
      'requeue-reopen-runs',
      'the state of a run',
      `AND status IN ('COMPLETED', 'COMPLETED_WITH_FAILURES')`,
      '',
    ),
    replacing('requeue-reopen-schedules', 'the state of a schedule', `AND status = 'PENDING'`, ''),
    replacing('requeue-lock-schedules', 'the lock of the schedules', 'FOR NO KEY UPDATE', ''),
  ],
  parking: [
    replacing('schedules-park', 'the state', PENDING, ''),
    replacing('schedules-park', 'what is parked already', `AND q.wait_reason <> 'paused'`, ''),
    replacing('schedules-park', 'the lock', 'FOR UPDATE SKIP LOCKED', ''),
    replacing('schedules-unpark', 'the lock', 'FOR UPDATE SKIP LOCKED', ''),
    replacing('schedules-unpark', 'what is not parked', `AND q.wait_reason = 'paused'`, ''),
    replacing('schedules-is-paused-for-share', 'the lock of the schedule', 'FOR SHARE', ''),
    replacing('schedules-apply-settings', 'the state', PENDING, ''),
    replacing('schedules-apply-settings', 'the lock', 'FOR UPDATE OF q, d SKIP LOCKED', ''),
    mutating('schedules-apply-settings', 'what has changed', (text) =>
      text.replace(/AND \(q\.priority <> s\.priority[\s\S]*?interval '1 second'\)\)/, ''),
    ),
  ],
  changing: [
    replacing('DELETE FROM delivery_queue q', 'the state before a cancel', `AND q.state IN ('pending', 'claimed')`, ''),
    replacing('SET ready_at = CASE WHEN q.wait_reason', 'the state before a new time', PENDING, ''),
    replacing(
      "UPDATE deliveries d\n          SET status = 'failed'",
      'the state before a settlement',
      `AND d.status = 'uncertain'`,
      '',
    ),
    replacing(
      "SET state = 'pending', lease_token = 0, attempts_before",
      'the doubt before a repetition',
      `AND q.state = 'uncertain'`,
      '',
    ),
    replacing(
      "SET state = 'pending', lease_token = 0, attempts_before",
      'the cancelled schedule before a repetition',
      `AND s.status <> 'CANCELLED'`,
      '',
    ),
  ],
};
