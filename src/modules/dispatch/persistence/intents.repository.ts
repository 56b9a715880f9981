import { Injectable } from '@nestjs/common';
import type { StoredSendingHours } from '../../../core/openings/sending-hours.js';
import type { EpochMicros } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { HeldDelivery } from '../dispatch-types.js';
import { heldRows, IS_HELD } from './held.js';
import type { NewVersion } from './status-change.js';

/** A schedule or channel whose state forbids sending. */
export interface Gate {
  readonly id: string;
  readonly status: string;
}

/** A channel with the hours in which it sends, and the database's clock. */
export interface ChannelGate extends Gate, StoredSendingHours {
  readonly nowUs: EpochMicros;
}

/** A contact to whom nothing may be sent. */
export interface ShutContact {
  readonly id: string;
  readonly optedOut: boolean;
  readonly deleted: boolean;
}

/** A delivery whose intent is in the transaction. */
export interface IntentRow extends NewVersion {
  readonly attempt: number;
}

const EXTEND_LEASES = {
  name: 'dispatch-extend-leases',
  text: `
WITH held AS MATERIALIZED (
  SELECT token FROM dispatch_leases WHERE token = ANY ($1::bigint[]) AND worker_id = $2 ORDER BY token FOR NO KEY UPDATE)
UPDATE dispatch_leases l SET lease_until = greatest(l.lease_until, clock_timestamp() + $3::float8 * interval '1 millisecond')
  FROM held WHERE l.token = held.token AND l.lease_until > clock_timestamp()
RETURNING l.token`,
};

// FOR SHARE: a pause or cancel that has committed is seen, and one that has not waits until the intent has.
const SCHEDULE_GATES = {
  name: 'dispatch-schedule-gates',
  text: `
SELECT s.id, s.status FROM schedules s
 WHERE (s.tenant_id, s.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
 ORDER BY s.tenant_id, s.id FOR SHARE`,
};

const CHANNEL_GATES = {
  name: 'dispatch-channel-gates',
  text: `
SELECT c.id, c.status, c.time_zone AS "timeZone", c.sending_from_minute AS "sendingFromMinute",
       c.sending_to_minute AS "sendingToMinute", c.sending_weekdays AS "sendingWeekdays",
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS "nowUs"
  FROM channels c
 WHERE (c.tenant_id, c.id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
 ORDER BY c.tenant_id, c.id FOR SHARE`,
};

// By number too, because an import may store a contact while its number is being opted out. Not locked: whoever opts out while the intent commits is as late as somebody who does while the gateway is called.
const SHUT_CONTACTS = {
  name: 'dispatch-shut-contacts',
  text: `
SELECT c.id, c.opted_out_at IS NOT NULL OR o.phone_key IS NOT NULL AS "optedOut", c.deleted_at IS NOT NULL AS deleted
  FROM unnest($1::uuid[], $2::uuid[]) AS k (tenant_id, id)
  JOIN contacts c ON c.tenant_id = k.tenant_id AND c.id = k.id
  LEFT JOIN opt_outs o ON o.tenant_id = c.tenant_id AND o.phone_key = c.phone_key
 WHERE c.opted_out_at IS NOT NULL OR o.phone_key IS NOT NULL OR c.deleted_at IS NOT NULL`,
};

const INTEND = {
  name: 'dispatch-intend',
  text: `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS t (tenant_id, delivery_id, token)),
${heldRows(
  'q.version',
  `AND q.state = 'claimed' AND q.lease_token = i.token
        AND NOT q.cancel_requested AND (q.expires_at IS NULL OR q.expires_at > clock_timestamp())`,
)},
moved AS (
  UPDATE delivery_queue q SET state = 'sending', attempt = q.attempt + 1, wait_reason = 'none', version = q.version + 1
   WHERE ${IS_HELD}
  RETURNING q.tenant_id, q.delivery_id, q.lease_token, q.attempt, q.version),
begun AS (
  INSERT INTO delivery_attempts (tenant_id, delivery_id, number, lease_token, started_at)
  SELECT tenant_id, delivery_id, attempt, lease_token, clock_timestamp() FROM moved)
SELECT m.delivery_id AS "deliveryId", m.attempt,
       m.version + (SELECT d.version FROM deliveries d WHERE d.tenant_id = m.tenant_id AND d.id = m.delivery_id) AS version
  FROM moved m`,
};

const BEGUN = {
  name: 'dispatch-intents-begun',
  text: `
SELECT q.delivery_id AS "deliveryId", q.state, q.attempt, d.version + q.version AS version
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[]) AS i (tenant_id, delivery_id, token)
  JOIN delivery_queue q ON q.tenant_id = i.tenant_id AND q.delivery_id = i.delivery_id AND q.lease_token = i.token
  JOIN deliveries d ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id
 WHERE q.state IN ('claimed', 'sending')
 ORDER BY q.delivery_id FOR NO KEY UPDATE OF q`,
};

/** The statements of an intent; all of them run in one transaction, and only its certain commit allows a call. */
@Injectable()
export class IntentsRepository {
  /**
   * Keeps the leases for as long as the calls may take. Those not returned are lost: the reaper was first, and what was
   * held under them belongs to somebody else. The lock on the lease is what keeps reaper and intent apart.
   */
  async extendLeases(tx: Sql, tokens: readonly number[], workerId: string, leaseMs: number): Promise<Set<number>> {
    const rows = await tx.query<{ token: number }>(EXTEND_LEASES, [tokens, workerId, leaseMs]);
    return new Set(rows.map((row) => row.token));
  }

  async scheduleGates(tx: Sql, keys: readonly { tenantId: string; id: string }[]): Promise<Gate[]> {
    return tx.query<Gate>(SCHEDULE_GATES, [keys.map((key) => key.tenantId), keys.map((key) => key.id)]);
  }

  async channelGates(tx: Sql, keys: readonly { tenantId: string; id: string }[]): Promise<ChannelGate[]> {
    return tx.query<ChannelGate>(CHANNEL_GATES, [keys.map((key) => key.tenantId), keys.map((key) => key.id)]);
  }

  /** Those of the contacts that have opted out or are deleted. */
  async shutContacts(tx: Sql, keys: readonly { tenantId: string; id: string }[]): Promise<ShutContact[]> {
    return tx.query<ShutContact>(SHUT_CONTACTS, [keys.map((key) => key.tenantId), keys.map((key) => key.id)]);
  }

  /** claimed → sending, with the attempt's row. What is not returned was taken, cancelled or has expired. */
  intend(tx: Sql, held: readonly HeldDelivery[]): Promise<IntentRow[]> {
    return tx.query<IntentRow>(INTEND, heldColumns(held));
  }

  /**
   * Those of them whose intent an earlier try committed although its reply was lost. Waits for that try, should the
   * database still be at it. Nobody else uses the token, so nobody has called for them.
   */
  async begun(tx: Sql, held: readonly HeldDelivery[]): Promise<IntentRow[]> {
    const rows = await tx.query<IntentRow & { state: string }>(BEGUN, heldColumns(held));
    return rows.filter((row) => row.state === 'sending');
  }
}

function heldColumns(held: readonly HeldDelivery[]): unknown[] {
  return [
    held.map((delivery) => delivery.tenantId),
    held.map((delivery) => delivery.deliveryId),
    held.map((delivery) => delivery.token),
  ];
}
