import { DEFAULT_RETRY_POLICY } from '../../src/core/retry/retry-policy.js';
import { Claimer } from '../../src/modules/dispatch/application/claimer.js';
import { LeaseTokens } from '../../src/modules/dispatch/application/lease-tokens.js';
import { ClaimsRepository } from '../../src/modules/dispatch/persistence/claims.repository.js';
import { FactsRepository } from '../../src/modules/dispatch/persistence/facts.repository.js';
import { LeasesRepository } from '../../src/modules/dispatch/persistence/leases.repository.js';
import { LanesRepository } from '../../src/modules/rate-limit/index.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import type { ClaimedDelivery, PreparedDelivery } from '../../src/modules/dispatch/dispatch-types.js';
import { WorkerDatabase } from '../../src/platform/database/worker-database.js';
import { aChannel, aMessage, aRun, aSchedule, aTenant } from './factories/rows.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import type { Sql } from '../../src/platform/database/sql.js';

/** A dispatcher's connections to a test database. */
export function workerDatabase(url: string, size = 4): WorkerDatabase {
  return new WorkerDatabase(url, size, (error) => {
    throw error;
  });
}

/** A channel with a schedule under way, and limits as wanted. */
export interface Line {
  readonly scope: TenantScope;
  readonly channelId: string;
  readonly scheduleId: string;
  readonly runId: string;
}

export async function aLine(
  sql: Sql,
  limits: { readonly perMinute?: number; readonly burst?: number; readonly perContactPerMinute?: number } = {},
): Promise<Line> {
  const scope = await aTenant(sql);
  const channelId = await aChannel(sql, scope);
  await sql.execute('UPDATE channels SET per_minute = $2, burst = $3, per_contact_per_minute = $4 WHERE id = $1', [
    channelId,
    limits.perMinute ?? 60_000,
    limits.burst ?? 10_000,
    limits.perContactPerMinute ?? 60_000,
  ]);
  const messageId = await aMessage(sql, scope);
  const scheduleId = await aSchedule(sql, scope, { channelId, messageId });
  const runId = await aRun(sql, scope, scheduleId);
  return { scope, channelId, scheduleId, runId };
}

/** Columns of a delivery_queue row that a test sets. */
export interface QueueOverrides {
  readonly priority?: number;
  readonly express?: boolean;
  readonly readyInSeconds?: number;
  readonly sameContact?: boolean;
}

/** Many pending deliveries at once, each to a contact of its own; the lane is told. */
export async function enqueue(sql: Sql, line: Line, count: number, overrides: QueueOverrides = {}): Promise<void> {
  const { priority = 0, express = false, readyInSeconds = -1, sameContact = false } = overrides;
  await sql.execute(
    `WITH people AS (
       INSERT INTO contacts (tenant_id, id, name, phone, phone_key)
       SELECT $1, ordered_uuid(clock_timestamp(), n), 'Contato ' || n, '+55659' || (80000000 + n), '+55659' || (80000000 + n)
         FROM generate_series(1, CASE WHEN $8 THEN 1 ELSE $5::int END) n RETURNING id),
     runs AS (
       INSERT INTO schedule_runs (tenant_id, id, schedule_id, due_at, status)
       SELECT $1, ordered_uuid(clock_timestamp(), n), $3, clock_timestamp() + n * interval '1 microsecond', 'RUNNING'
         FROM generate_series(1, CASE WHEN $8 THEN $5::int ELSE 1 END) n RETURNING id),
     logged AS (
       INSERT INTO deliveries (tenant_id, id, schedule_id, run_id, channel_id, contact_id, due_at, priority)
       SELECT $1, ordered_uuid(clock_timestamp(), row_number() OVER ()), $3, runs.id, $2, people.id,
              clock_timestamp() + $7::float8 * interval '1 second', $4
         FROM people CROSS JOIN runs RETURNING *)
     INSERT INTO delivery_queue (tenant_id, delivery_id, channel_id, schedule_id, run_id, contact_id, ready_at, guarantee, priority, express)
     SELECT tenant_id, id, channel_id, schedule_id, run_id, contact_id, due_at, 'at_most_once', priority, $6 FROM logged`,
    [line.scope.tenantId, line.channelId, line.scheduleId, priority, count, express, readyInSeconds, sameContact],
  );
  await sql.execute(
    `UPDATE channel_lanes SET open_at = least(open_at, (SELECT min(ready_at) FROM delivery_queue q WHERE q.channel_id = $1 AND q.state = 'pending'))
      WHERE channel_id = $1`,
    [line.channelId],
  );
}

/** How many queue rows are in each state. */
export async function queueStates(sql: Sql, line: Line): Promise<Record<string, number>> {
  const rows = await sql.query<{ state: string; count: number }>(
    'SELECT state::text, count(*)::int AS count FROM delivery_queue WHERE channel_id = $1 GROUP BY 1',
    [line.channelId],
  );
  return Object.fromEntries(rows.map((row) => [row.state, row.count]));
}

/** A claimed delivery with a text. */
export function prepared(delivery: ClaimedDelivery): PreparedDelivery {
  return {
    ...delivery,
    command: {
      deliveryId: delivery.deliveryId,
      channelId: delivery.channelId,
      to: '+5565981234567',
      contactName: 'Maria',
      type: 'TEXT',
      text: 'Olá',
      attachmentUrl: null,
      attachmentType: null,
      template: null,
      clientMessageId: null,
    },
    variationUsed: null,
    nicknameUsed: null,
    retryPolicy: DEFAULT_RETRY_POLICY,
  };
}

/** A claimer as the dispatcher has it. */
export function aClaimer(database: WorkerDatabase): Claimer {
  const tokens = new LeaseTokens(database, new LeasesRepository());
  return new Claimer(
    database,
    new ClaimsRepository(),
    new FactsRepository(),
    new LanesRepository(),
    tokens,
    new SystemClock(),
  );
}
