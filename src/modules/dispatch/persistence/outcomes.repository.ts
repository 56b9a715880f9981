import { Injectable } from '@nestjs/common';
import { CLAIM_LEAD_MS } from '../../../core/dispatch/claim-lead.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { HeldDelivery } from '../dispatch-types.js';
import { heldRows, IS_HELD } from './held.js';
import { NEW_VERSION, STATUS_CHANGE_OF_DELIVERY, type NewVersion, type StatusChangeRow } from './status-change.js';

/** How an attempt ended, for its row. */
export interface AttemptEnd extends HeldDelivery {
  readonly attempt: number;
  /** accepted, rejected, not_processed, uncertain, lease_expired or not_called. */
  readonly outcome: string;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
  readonly durationMs: number | null;
}

/** sending → a final status. */
export interface FinalOutcome extends AttemptEnd {
  readonly status: 'sent' | 'failed' | 'uncertain';
  /** How long ago the outcome was known, so that sent_at is the gateway's answer and not our bookkeeping. */
  readonly agoMs: number;
  readonly address: string | null;
  readonly content: string | null;
  readonly variation: number | null;
  readonly nicknameUsed: string | null;
  readonly gatewayMessageId: string | null;
  readonly gatewayResponse: string | null;
  /** Status events of this gateway may name the message by its own id only. */
  readonly remember: boolean;
}

/** sending → waiting again. */
export interface WaitingOutcome extends AttemptEnd {
  /** pending: tried again; uncertain: AT_LEAST_ONCE, tried again when the settle time is over. */
  readonly state: 'pending' | 'uncertain';
  readonly waitReason: 'none' | 'retry';
  readonly delayMs: number;
  /** The attempt does not count against the policy. */
  readonly free: boolean;
}

/** claimed → a final status without a call; failed and expired become uncertain when an earlier attempt may have brought it. */
export interface ClaimedOutcome extends HeldDelivery {
  readonly doubted: boolean;
  readonly status: 'suppressed' | 'failed' | 'cancelled' | 'expired';
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** claimed → pending. */
export interface Release extends HeldDelivery {
  /** null: as it was; a number: not before that many milliseconds from now; 'parked': until its schedule is resumed. */
  readonly delay: number | 'parked' | null;
}

const SENDING = `AND q.state = 'sending' AND q.lease_token = i.token`;

const FINISH_ATTEMPTS = `
  UPDATE delivery_attempts a
     SET finished_at = clock_timestamp() - coalesce(i.ago_ms, 0) * interval '1 millisecond', duration_ms = i.duration_ms,
         outcome = i.outcome, error_code = i.error_code, error_message = i.error_message
    FROM input i
   WHERE a.tenant_id = i.tenant_id AND a.delivery_id = i.delivery_id AND a.number = i.attempt AND a.lease_token = i.token
     AND a.finished_at IS NULL`;

/**
 * Opens the lanes of the rows that `waiting` returned when the first of each is ready. Each lane is locked, in order and
 * whatever its open_at says now: a claim that holds it cannot see these rows and is about to write a later instant.
 */
function wakeLanes(waiting: string): string {
  return `
woken AS MATERIALIZED (
  SELECT l.tenant_id, l.channel_id, w.ready_at
    FROM (SELECT tenant_id, channel_id, min(ready_at) AS ready_at FROM ${waiting} GROUP BY tenant_id, channel_id) w
    JOIN channel_lanes l ON l.tenant_id = w.tenant_id AND l.channel_id = w.channel_id
   ORDER BY l.channel_id FOR NO KEY UPDATE OF l),
lanes AS (
  UPDATE channel_lanes l SET open_at = least(l.open_at, w.ready_at - interval '${CLAIM_LEAD_MS} milliseconds')
    FROM woken w WHERE l.tenant_id = w.tenant_id AND l.channel_id = w.channel_id)`;
}

/** The attempt's own row is finished whatever happened to the delivery. */
const FINISH_SENDING = {
  name: 'dispatch-finish-sending',
  text: `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::delivery_status[],
                       $10::float8[], $11::text[], $12::text[], $13::int[], $14::text[], $15::text[], $16::jsonb[], $17::boolean[])
    AS t (tenant_id, delivery_id, token, attempt, outcome, error_code, error_message, duration_ms, status, ago_ms, address, content,
          variation, nickname_used, gateway_message_id, gateway_response, remember)),
attempts AS (${FINISH_ATTEMPTS}),
${heldRows('q.version AS queue_version, q.channel_id', SENDING)},
gone AS (DELETE FROM delivery_queue q WHERE ${IS_HELD}),
remembered AS (
  INSERT INTO gateway_messages (tenant_id, channel_id, gateway_message_id, delivery_id)
  SELECT tenant_id, channel_id, gateway_message_id, delivery_id FROM held
   WHERE remember AND length(gateway_message_id) BETWEEN 1 AND 512
  ON CONFLICT DO NOTHING)
UPDATE deliveries d
   SET status = g.status, version = d.version + g.queue_version + 1, attempt = g.attempt,
       needs_attention = g.status IN ('failed', 'uncertain'),
       sent_at = CASE WHEN g.status = 'sent' THEN clock_timestamp() - g.ago_ms * interval '1 millisecond' ELSE d.sent_at END,
       failed_at = CASE WHEN g.status = 'failed' THEN clock_timestamp() END,
       address = coalesce(g.address, d.address), content = coalesce(g.content, d.content),
       variation = coalesce(g.variation, d.variation), nickname_used = coalesce(g.nickname_used, d.nickname_used),
       gateway_message_id = coalesce(g.gateway_message_id, d.gateway_message_id),
       gateway_response = coalesce(g.gateway_response, d.gateway_response),
       error_code = g.error_code, error_message = g.error_message
  FROM held g WHERE d.tenant_id = g.tenant_id AND d.id = g.delivery_id
RETURNING ${NEW_VERSION}`,
};

/**
 * The answer of an attempt came after its lease: the delivery is uncertain by now and this settles it, if no later
 * attempt has begun.
 */
const SETTLE_LATE = {
  name: 'dispatch-settle-late',
  text: `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[])
    AS t (tenant_id, delivery_id, attempt, gateway_message_id, address, content)),
gone AS (
  DELETE FROM delivery_queue q USING input i
   WHERE q.tenant_id = i.tenant_id AND q.delivery_id = i.delivery_id AND q.state = 'uncertain' AND q.attempt = i.attempt
  RETURNING q.tenant_id, q.delivery_id, q.version)
UPDATE deliveries d
   SET status = 'sent', version = d.version + coalesce(g.version, 0) + 1, attempt = i.attempt, needs_attention = false,
       sent_at = clock_timestamp(), gateway_message_id = i.gateway_message_id,
       address = coalesce(i.address, d.address), content = coalesce(i.content, d.content), error_code = NULL, error_message = NULL
  FROM input i LEFT JOIN gone g ON g.tenant_id = i.tenant_id AND g.delivery_id = i.delivery_id
 WHERE d.tenant_id = i.tenant_id AND d.id = i.delivery_id AND d.status = 'uncertain'
   AND (g.delivery_id IS NOT NULL OR (d.attempt = i.attempt AND NOT EXISTS (
         SELECT FROM delivery_queue q WHERE q.tenant_id = i.tenant_id AND q.delivery_id = i.delivery_id)))
RETURNING ${NEW_VERSION}`,
};

const WAIT_AGAIN = {
  name: 'dispatch-wait-again',
  text: `
WITH input AS MATERIALIZED (
  SELECT *, 0::float8 AS ago_ms
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::int[], $5::text[], $6::text[], $7::text[], $8::int[], $9::queue_state[],
                $10::wait_reason[], $11::float8[], $12::boolean[])
      AS t (tenant_id, delivery_id, token, attempt, outcome, error_code, error_message, duration_ms, state, wait_reason, delay_ms, free)),
attempts AS (${FINISH_ATTEMPTS}),
${heldRows('q.version', SENDING)},
waiting AS (
  UPDATE delivery_queue q
     SET state = i.state, wait_reason = i.wait_reason, lease_token = 0, version = q.version + 1,
         ready_at = clock_timestamp() + i.delay_ms * interval '1 millisecond',
         attempts_before = q.attempts_before + CASE WHEN i.free THEN 1 ELSE 0 END,
         error_code = i.error_code, error_message = i.error_message
    FROM held i
   WHERE ${IS_HELD} AND q.delivery_id = i.delivery_id
  RETURNING q.*),
doubted AS (
  UPDATE deliveries d SET status = 'uncertain', needs_attention = true
    FROM waiting w WHERE w.state = 'uncertain' AND d.tenant_id = w.tenant_id AND d.id = w.delivery_id),
${wakeLanes('waiting')}
SELECT q.delivery_id AS "deliveryId", d.version + q.version AS version
  FROM waiting q JOIN deliveries d ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id`,
};

const FINISH_CLAIMED = {
  name: 'dispatch-finish-claimed',
  text: `
WITH gone AS (
  DELETE FROM delivery_queue q
   USING unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::delivery_status[], $5::text[], $6::text[],
                $7::boolean[]) AS i (tenant_id, delivery_id, token, status, error_code, error_message, doubted)
   WHERE q.delivery_id = ANY ($2::uuid[]) AND q.tenant_id = i.tenant_id AND q.delivery_id = i.delivery_id AND q.state = 'claimed' AND q.lease_token = i.token
     AND (i.status <> 'cancelled' OR q.cancel_requested OR i.error_code IS NOT NULL)
     AND (i.status <> 'expired' OR q.expires_at <= clock_timestamp())
  RETURNING q.tenant_id, q.delivery_id, q.version, q.attempt, i.error_code, i.error_message,
            CASE WHEN i.doubted AND i.status IN ('failed', 'expired') THEN 'uncertain' ELSE i.status END AS status)
UPDATE deliveries d
   SET status = g.status, version = d.version + g.version + 1, attempt = g.attempt,
       needs_attention = g.status IN ('failed', 'expired', 'uncertain'), failed_at = CASE WHEN g.status = 'failed' THEN clock_timestamp() END,
       error_code = g.error_code, error_message = g.error_message
  FROM gone g WHERE d.tenant_id = g.tenant_id AND d.id = g.delivery_id
RETURNING ${STATUS_CHANGE_OF_DELIVERY}, d.status::text AS status`,
};

const RELEASE = {
  name: 'dispatch-release',
  text: `
WITH released AS (
  UPDATE delivery_queue q
     SET state = 'pending', lease_token = 0,
         parked_at = CASE WHEN i.parked THEN q.ready_at ELSE q.parked_at END,
         wait_reason = CASE WHEN i.parked THEN 'paused'::wait_reason ELSE q.wait_reason END,
         ready_at = CASE WHEN i.parked THEN 'infinity'
                         WHEN i.delay_ms IS NULL THEN q.ready_at
                         ELSE clock_timestamp() + i.delay_ms * interval '1 millisecond' END
    FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::float8[], $5::boolean[])
         AS i (tenant_id, delivery_id, token, delay_ms, parked)
   WHERE q.delivery_id = ANY ($2::uuid[]) AND q.tenant_id = i.tenant_id AND q.delivery_id = i.delivery_id AND q.state = 'claimed' AND q.lease_token = i.token
  RETURNING q.tenant_id, q.delivery_id, q.channel_id, q.ready_at),
${wakeLanes('released')}
SELECT delivery_id AS "deliveryId" FROM released`,
};

/** Guarded writes that end a worker's hold on deliveries. A row that is not returned had been moved by somebody else. */
@Injectable()
export class OutcomesRepository {
  finishSending(sql: Sql, outcomes: readonly FinalOutcome[]): Promise<NewVersion[]> {
    return sql.query<NewVersion>(FINISH_SENDING, [
      ...attemptColumns(outcomes),
      outcomes.map((outcome) => outcome.status),
      outcomes.map((outcome) => outcome.agoMs),
      outcomes.map((outcome) => outcome.address),
      outcomes.map((outcome) => outcome.content),
      outcomes.map((outcome) => outcome.variation),
      outcomes.map((outcome) => outcome.nicknameUsed),
      outcomes.map((outcome) => outcome.gatewayMessageId),
      outcomes.map((outcome) => outcome.gatewayResponse),
      outcomes.map((outcome) => outcome.remember),
    ]);
  }

  /** uncertain → sent, for accepted attempts that {@link finishSending} did not find any more. */
  settleLate(sql: Sql, outcomes: readonly FinalOutcome[]): Promise<NewVersion[]> {
    return sql.query<NewVersion>(SETTLE_LATE, [
      outcomes.map((outcome) => outcome.tenantId),
      outcomes.map((outcome) => outcome.deliveryId),
      outcomes.map((outcome) => outcome.attempt),
      outcomes.map((outcome) => outcome.gatewayMessageId),
      outcomes.map((outcome) => outcome.address),
      outcomes.map((outcome) => outcome.content),
    ]);
  }

  waitAgain(sql: Sql, outcomes: readonly WaitingOutcome[]): Promise<NewVersion[]> {
    return sql.query<NewVersion>(WAIT_AGAIN, [
      ...attemptColumns(outcomes),
      outcomes.map((outcome) => outcome.state),
      outcomes.map((outcome) => outcome.waitReason),
      outcomes.map((outcome) => outcome.delayMs),
      outcomes.map((outcome) => outcome.free),
    ]);
  }

  /**
   * `cancelled` without an error code takes only rows whose cancel was requested, `expired` only those past their
   * deadline; the guard decides, so a caller may offer the same delivery for both.
   */
  finishClaimed(sql: Sql, outcomes: readonly ClaimedOutcome[]): Promise<(StatusChangeRow & { status: string })[]> {
    return sql.query(FINISH_CLAIMED, [
      ...heldColumns(outcomes),
      outcomes.map((outcome) => outcome.status),
      outcomes.map((outcome) => outcome.errorCode),
      outcomes.map((outcome) => outcome.errorMessage),
      outcomes.map((outcome) => outcome.doubted),
    ]);
  }

  /** claimed → pending; returns the ids of those that were. */
  async release(sql: Sql, releases: readonly Release[]): Promise<string[]> {
    const rows = await sql.query<{ deliveryId: string }>(RELEASE, [
      ...heldColumns(releases),
      releases.map(({ delay }) => (typeof delay === 'number' ? delay : null)),
      releases.map(({ delay }) => delay === 'parked'),
    ]);
    return rows.map((row) => row.deliveryId);
  }
}

function heldColumns(held: readonly HeldDelivery[]): unknown[] {
  return [held.map((row) => row.tenantId), held.map((row) => row.deliveryId), held.map((row) => row.token)];
}

function attemptColumns(ends: readonly AttemptEnd[]): unknown[] {
  return [
    ...heldColumns(ends),
    ends.map((end) => end.attempt),
    ends.map((end) => end.outcome),
    ends.map((end) => end.errorCode),
    ends.map((end) => end.errorMessage),
    ends.map((end) => end.durationMs),
  ];
}
