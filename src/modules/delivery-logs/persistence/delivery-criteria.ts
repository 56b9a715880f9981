import type { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { Parameters } from '../../../platform/database/sql.js';

/** What a list of deliveries is restricted to; an absent part restricts nothing. */
export interface DeliveryCriteria {
  readonly scheduleId?: string;
  readonly runId?: string;
  readonly channelId?: string;
  readonly contactId?: string;
  readonly statuses?: readonly DeliveryStatus[];
  readonly clientMessageId?: string;
  readonly isTest?: boolean;
  readonly dueFrom?: Date;
  /** Exclusive. */
  readonly dueTo?: Date;
  readonly search?: SearchCriteria;
}

/** A search: any of the patterns in what contacts are found by, or the text in what was sent. LIKE patterns, escaped. */
export interface SearchCriteria {
  readonly contactPatterns: readonly string[];
  readonly textPattern: string;
}

/** FROM and WHERE of a list, and the column that it is ordered by. */
export interface DeliverySource {
  readonly from: string;
  readonly conditions: readonly string[];
  readonly id: string;
}

/** Up to so many contacts, their deliveries are read by the index over contacts. */
export const FEW_CONTACTS = 1_000;

/** The texts of so many deliveries are searched, the newest that were sent: there is no index over texts. */
export const TEXTS_SEARCHED = 20_000;

/** Statuses of deliveries that have a queue row; only its columns tell them apart. */
const LIVE_CONDITIONS: Partial<Record<DeliveryStatus, string>> = {
  PENDING: `(q.state = 'claimed' OR (q.state = 'pending' AND q.wait_reason IN ('none', 'paused')))`,
  RATE_LIMITED: `(q.state = 'pending' AND q.wait_reason = 'rate_limit')`,
  RETRYING: `(q.state = 'pending' AND q.wait_reason = 'retry')`,
  SENDING: `q.state = 'sending'`,
};

/** Statuses that set needs_attention, which has an index of its own. */
const ATTENTION: readonly DeliveryStatus[] = ['FAILED', 'UNCERTAIN', 'EXPIRED'];

/**
 * Where to read the deliveries of a filter from, so that an index serves it where there is one:
 * - statuses that only live deliveries have: from the queue, which holds nothing else;
 * - statuses that need attention: from the partial index over those;
 * - otherwise from the log, by its indexes over schedule, contact, run or client message id, and else by its key.
 *
 * While a delivery is UNCERTAIN its log row says so, whether or not it waits in the queue to be sent again.
 */
export function deliverySource(criteria: DeliveryCriteria, tenantId: string, parameters: Parameters): DeliverySource {
  const { statuses } = criteria;
  const live = statuses?.flatMap((status) => LIVE_CONDITIONS[status] ?? []) ?? [];
  const settled =
    statuses?.filter((status) => LIVE_CONDITIONS[status] === undefined).map((status) => status.toLowerCase()) ?? [];
  const onlyLive = live.length > 0 && settled.length === 0;
  const tenant = parameters.add(tenantId);
  const conditions = [`d.tenant_id = ${tenant}`, ...logConditions(criteria, parameters)];
  if (onlyLive) {
    conditions.push(`q.tenant_id = ${tenant}`, anyOf(live), ...queueConditions(criteria, tenant, parameters));
    return {
      from: 'delivery_queue q JOIN deliveries d ON d.tenant_id = q.tenant_id AND d.id = q.delivery_id',
      conditions,
      id: 'q.delivery_id',
    };
  }
  const settledCondition =
    settled.length > 0 ? `d.status = ANY (${parameters.add(settled)}::delivery_status[])` : undefined;
  if (live.length > 0) {
    conditions.push(anyOf([...(settledCondition === undefined ? [] : [settledCondition]), ...live]));
    return {
      from: 'deliveries d LEFT JOIN delivery_queue q ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id',
      conditions,
      id: 'd.id',
    };
  }
  if (settledCondition !== undefined) conditions.push(settledCondition);
  if (statuses?.every((status) => ATTENTION.includes(status))) conditions.push('d.needs_attention');
  return { from: 'deliveries d', conditions, id: 'd.id' };
}

/** The contacts of the tenant that a search finds. */
export function foundContacts({ contactPatterns }: SearchCriteria, tenantId: string, parameters: Parameters): string {
  return `SELECT c.id FROM contacts c
           WHERE c.tenant_id = ${parameters.add(tenantId)} AND c.search_text LIKE ANY (${parameters.add(contactPatterns)}::text[])`;
}

function logConditions(criteria: DeliveryCriteria, parameters: Parameters): string[] {
  const conditions: string[] = [];
  if (criteria.scheduleId !== undefined) conditions.push(`d.schedule_id = ${parameters.add(criteria.scheduleId)}`);
  if (criteria.runId !== undefined) conditions.push(`d.run_id = ${parameters.add(criteria.runId)}`);
  if (criteria.channelId !== undefined) conditions.push(`d.channel_id = ${parameters.add(criteria.channelId)}`);
  if (criteria.contactId !== undefined) conditions.push(`d.contact_id = ${parameters.add(criteria.contactId)}`);
  if (criteria.clientMessageId !== undefined)
    conditions.push(`d.client_message_id = ${parameters.add(criteria.clientMessageId)}`);
  if (criteria.isTest !== undefined) conditions.push(isTestCondition(criteria.isTest));
  if (criteria.dueFrom !== undefined) conditions.push(`d.due_at >= ${parameters.add(criteria.dueFrom)}`);
  if (criteria.dueTo !== undefined) conditions.push(`d.due_at < ${parameters.add(criteria.dueTo)}`);
  return conditions;
}

/**
 * Tests are few and everything else is not: the ones are looked for from their schedules, of the others each schedule is
 * asked on the way.
 */
function isTestCondition(isTest: boolean): string {
  return isTest
    ? `d.schedule_id IN (SELECT s.id FROM schedules s WHERE s.tenant_id = d.tenant_id AND s.is_test)`
    : `NOT (SELECT s.is_test FROM schedules s WHERE s.tenant_id = d.tenant_id AND s.id = d.schedule_id)`;
}

/** What the queue knows too, again for its own indexes: over runs, which lead there from a schedule, and over channels. */
function queueConditions(criteria: DeliveryCriteria, tenant: string, parameters: Parameters): string[] {
  const conditions: string[] = [];
  if (criteria.runId !== undefined) conditions.push(`q.run_id = ${parameters.add(criteria.runId)}`);
  if (criteria.channelId !== undefined) conditions.push(`q.channel_id = ${parameters.add(criteria.channelId)}`);
  if (criteria.scheduleId !== undefined) {
    conditions.push(
      `q.run_id IN (SELECT r.id FROM schedule_runs r WHERE r.tenant_id = ${tenant} AND r.schedule_id = ${parameters.add(criteria.scheduleId)})`,
    );
  }
  return conditions;
}

function anyOf(conditions: readonly string[]): string {
  return `(${conditions.join(' OR ')})`;
}
