import { OBSTACLE_WORDS } from './obstacle-words.js';

/** The run that deliveries are made for, with what they take from its schedule; $1 is the tenant, $2 the run. */
export const RUN = `
run AS MATERIALIZED (
  SELECT r.tenant_id, r.id, r.schedule_id, r.due_at, r.created_at, r.audience_count, r.audience_cursor, s.channel_id,
         s.priority, s.client_message_id, s.status = 'PAUSED' AS is_paused, NOT s.respect_rate_limit AS express,
         lower(s.guarantee)::delivery_guarantee AS guarantee, cardinality(m.variations) AS variations,
         s.expires_after_seconds * interval '1 second' AS expires_after,
         (s.campaign ->> 'minSpacingSeconds')::integer AS spacing_seconds,
         left(ordered_uuid(clock_timestamp(), 0)::text, 13) AS id_head, right(gen_random_uuid()::text, 12) AS id_tail
    FROM schedule_runs r
    JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id
    JOIN messages m ON m.tenant_id = s.tenant_id AND m.id = s.message_id
   WHERE r.tenant_id = $1 AND r.id = $2)`;

/** What a delivery's queue row reserves: the instant and the end of its window, as expressions over `made`. */
export interface SlotSql {
  readonly at: string;
  readonly until: string;
}

/** Nothing is reserved: the delivery goes when it is due, in its turn. */
export const NO_SLOT: SlotSql = { at: 'NULL::timestamptz', until: 'NULL::timestamptz' };

/**
 * Deliveries of `planned (contact_id, n, phone, obstacle, due_at)`, and queue rows for those without an obstacle. A contact
 * that has its delivery already keeps it. Nothing is joined to what was made: the planner knows no sizes here, and has been
 * seen to compare each row with every other.
 */
export function written(slot: SlotSql): string {
  return `
made AS (
  INSERT INTO deliveries (tenant_id, id, schedule_id, run_id, channel_id, contact_id, due_at, status, priority, variation,
                          address, client_message_id, error_code, error_message)
  SELECT run.tenant_id, ordered_uuid(run.id_head, run.audience_count + p.n, run.id_tail), run.schedule_id, run.id,
         run.channel_id, p.contact_id, p.due_at, CASE WHEN p.obstacle IS NULL THEN 'pending' ELSE 'suppressed' END::delivery_status,
         run.priority, CASE WHEN run.variations > 0 THEN (run.audience_count + p.n - 1) % run.variations END, p.phone,
         run.client_message_id, p.obstacle,
         CASE p.obstacle ${Object.entries(OBSTACLE_WORDS)
           .map(([code, words]) => `WHEN '${code}' THEN '${words}'`)
           .join('\n                         ')} END
    FROM planned p CROSS JOIN run
   ORDER BY p.n
  ON CONFLICT (run_id, contact_id) DO NOTHING
  RETURNING id, contact_id, status, due_at),
queued AS (
  INSERT INTO delivery_queue (tenant_id, delivery_id, channel_id, schedule_id, run_id, contact_id, ready_at, parked_at,
                              wait_reason, expires_at, guarantee, priority, express, slot_at, slot_until, spacing_seconds)
  SELECT run.tenant_id, made.id, run.channel_id, run.schedule_id, run.id, made.contact_id,
         CASE WHEN run.is_paused THEN 'infinity' ELSE made.due_at END, CASE WHEN run.is_paused THEN made.due_at END,
         CASE WHEN run.is_paused THEN 'paused' ELSE 'none' END::wait_reason, made.due_at + run.expires_after, run.guarantee,
         run.priority, run.express, ${slot.at}, ${slot.until}, run.spacing_seconds
    FROM made CROSS JOIN run
   WHERE made.status = 'pending'
  RETURNING 1)`;
}
