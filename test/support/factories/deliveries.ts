import { newId } from '../../../src/platform/database/ids.js';
import type { Sql } from '../../../src/platform/database/sql.js';
import type { TenantScope } from '../../../src/platform/database/tenant-scope.js';
import { aContact, aRun, aSchedule, insertRow } from './rows.js';

/** A delivery as the API tells it, and `claimed`, which the API does not tell. */
export type DeliveryInState =
  | 'pending'
  | 'rate_limited'
  | 'retrying'
  | 'parked'
  | 'claimed'
  | 'sending'
  /** Nobody knows, and nothing will be done about it. */
  | 'uncertain'
  /** AT_LEAST_ONCE: nobody knows, and it waits to be sent again. */
  | 'uncertain_waiting'
  | 'sent'
  | 'delivered'
  | 'read'
  | 'failed'
  | 'cancelled'
  | 'expired'
  | 'suppressed';

export interface DeliveryInput {
  readonly state?: DeliveryInState;
  readonly id?: string;
  readonly scheduleId?: string;
  readonly runId?: string;
  readonly channelId?: string;
  readonly contactId?: string;
  readonly dueAt?: Date;
  readonly createdAt?: Date;
  readonly sentAt?: Date;
  readonly attempt?: number;
  readonly content?: string;
  readonly variation?: number;
  readonly clientMessageId?: string;
  readonly gatewayMessageId?: string;
  readonly errorCode?: string;
  readonly expiresAt?: Date;
  /** When the lease of a claimed or sending delivery ends. */
  readonly leaseUntil?: Date;
}

/** A stored delivery, by its ids. */
export interface StoredDelivery {
  readonly tenantId: string;
  readonly id: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  /** The lease of a claimed or sending delivery. */
  readonly leaseToken: number;
}

interface QueuePart {
  readonly state: string;
  readonly wait_reason: string;
  readonly isHeld: boolean;
}

const QUEUE: Partial<Record<DeliveryInState, QueuePart>> = {
  pending: { state: 'pending', wait_reason: 'none', isHeld: false },
  rate_limited: { state: 'pending', wait_reason: 'rate_limit', isHeld: false },
  retrying: { state: 'pending', wait_reason: 'retry', isHeld: false },
  parked: { state: 'pending', wait_reason: 'paused', isHeld: false },
  claimed: { state: 'claimed', wait_reason: 'none', isHeld: true },
  sending: { state: 'sending', wait_reason: 'none', isHeld: true },
  uncertain_waiting: { state: 'uncertain', wait_reason: 'retry', isHeld: false },
};

const CALLED: readonly DeliveryInState[] = [
  'retrying',
  'sending',
  'uncertain',
  'uncertain_waiting',
  'sent',
  'delivered',
  'read',
  'failed',
];
const GONE: readonly DeliveryInState[] = ['sent', 'delivered', 'read'];

/**
 * A delivery in a state, with everything that belongs to it: its contact, schedule and run unless they are given, its
 * queue row while it is live, its lease while it is held, and the attempts that brought it there.
 */
export async function aDelivery(sql: Sql, scope: TenantScope, input: DeliveryInput = {}): Promise<StoredDelivery> {
  const state = input.state ?? 'pending';
  const dueAt = input.dueAt ?? new Date(Date.now() - 60_000);
  const scheduleId =
    input.scheduleId ??
    (await aSchedule(sql, scope, state === 'uncertain_waiting' ? { guarantee: 'AT_LEAST_ONCE' } : {}));
  const schedule = await scheduleOf(sql, scope, scheduleId);
  const runId = input.runId ?? (await aRun(sql, scope, scheduleId));
  const contactId = input.contactId ?? (await aContact(sql, scope));
  const id = input.id ?? newId();
  const attempt = input.attempt ?? (CALLED.includes(state) ? 1 : 0);
  const channelId = input.channelId ?? schedule.channelId;
  const queue = QUEUE[state];
  const sentAt = input.sentAt ?? (GONE.includes(state) ? new Date() : null);
  const errorCode =
    input.errorCode ?? (state === 'failed' ? 'UNKNOWN_NUMBER' : state === 'suppressed' ? 'OPTED_OUT' : null);
  await insertRow(sql, 'deliveries', {
    tenant_id: scope.tenantId,
    id,
    schedule_id: scheduleId,
    run_id: runId,
    channel_id: channelId,
    contact_id: contactId,
    due_at: dueAt,
    ...(input.createdAt ? { created_at: input.createdAt } : {}),
    sent_at: sentAt,
    delivered_at: state === 'delivered' || state === 'read' ? sentAt : null,
    read_at: state === 'read' ? sentAt : null,
    failed_at: state === 'failed' ? new Date() : null,
    status: queue ? (state === 'uncertain_waiting' ? 'uncertain' : 'pending') : state,
    priority: schedule.priority,
    attempt: queue ? 0 : attempt,
    variation: input.variation ?? null,
    needs_attention: ['failed', 'uncertain', 'uncertain_waiting', 'expired'].includes(state),
    address: '+5565981234567',
    client_message_id: input.clientMessageId ?? null,
    content: input.content ?? (GONE.includes(state) ? 'Olá, enviado' : null),
    gateway_message_id: input.gatewayMessageId ?? null,
    error_code: errorCode,
    error_message: errorCode === null ? null : `It was ${errorCode}.`,
  });
  const leaseToken = queue?.isHeld === true ? await aLease(sql, scope, id, input.leaseUntil) : 0;
  if (queue) {
    await insertRow(sql, 'delivery_queue', {
      tenant_id: scope.tenantId,
      delivery_id: id,
      channel_id: channelId,
      schedule_id: scheduleId,
      run_id: runId,
      contact_id: contactId,
      ready_at: state === 'parked' ? 'infinity' : readyAt(state, dueAt),
      parked_at: state === 'parked' ? dueAt : null,
      expires_at: input.expiresAt ?? null,
      lease_token: leaseToken,
      state: queue.state,
      wait_reason: queue.wait_reason,
      guarantee: schedule.guarantee.toLowerCase(),
      priority: schedule.priority,
      attempt,
      error_code: state === 'retrying' ? 'TEMPORARY' : null,
    });
  }
  for (let number = 1; number <= attempt; number += 1) {
    const isOpen = state === 'sending' && number === attempt;
    await insertRow(sql, 'delivery_attempts', {
      tenant_id: scope.tenantId,
      delivery_id: id,
      number,
      lease_token: leaseToken,
      started_at: new Date(Date.now() - 1_000 * (attempt - number + 1)),
      ...(isOpen
        ? {}
        : {
            finished_at: new Date(),
            duration_ms: 120,
            outcome: number < attempt ? 'not_processed' : outcomeOf(state),
          }),
    });
  }
  return { tenantId: scope.tenantId, id, scheduleId, runId, channelId, contactId, leaseToken };
}

/** A lease over one delivery, as a dispatcher holds it. */
async function aLease(
  sql: Sql,
  scope: TenantScope,
  deliveryId: string,
  until = new Date(Date.now() + 60_000),
): Promise<number> {
  const rows = await sql.query<{ token: number }>(
    `INSERT INTO dispatch_leases (token, worker_id, lease_until, tenant_ids, delivery_ids)
     VALUES (nextval('dispatch_tokens'), $1, $2, ARRAY[$3::uuid], ARRAY[$4::uuid]) RETURNING token`,
    [newId(), until, scope.tenantId, deliveryId],
  );
  return Number(rows[0]?.token);
}

async function scheduleOf(
  sql: Sql,
  scope: TenantScope,
  id: string,
): Promise<{ channelId: string; priority: number; guarantee: string }> {
  const rows = await sql.query<{ channelId: string; priority: number; guarantee: string }>(
    'SELECT channel_id AS "channelId", priority, guarantee FROM schedules WHERE tenant_id = $1 AND id = $2',
    [scope.tenantId, id],
  );
  if (!rows[0]) throw new Error(`there is no schedule ${id}`);
  return rows[0];
}

/** A delivery that waits for something else than its due time is ready a little later. */
function readyAt(state: DeliveryInState, dueAt: Date): Date {
  return state === 'pending' || state === 'claimed' || state === 'sending' ? dueAt : new Date(Date.now() + 30_000);
}

function outcomeOf(state: DeliveryInState): string {
  if (GONE.includes(state)) return 'accepted';
  if (state === 'failed') return 'rejected';
  return state === 'retrying' ? 'not_processed' : 'uncertain';
}
