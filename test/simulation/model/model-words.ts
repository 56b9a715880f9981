import { CLAIM_LEAD_MS } from '../../../src/core/dispatch/claim-lead.js';
import type { StatusChangeRow } from '../../../src/modules/dispatch/persistence/status-change.js';
import type { ModelStatement } from './model-statement.js';
import { TENANT, type ModelDelivery, type ModelQueueRow, type ModelRun, type ModelTables } from './model-rows.js';

/** What several statements have in common. */

export function isUnfinished({ status }: ModelRun): boolean {
  return status === 'CREATED' || status === 'RUNNING';
}

export function isWaiting(row: ModelQueueRow): boolean {
  return row.state === 'pending' || row.state === 'uncertain';
}

/** It may be claimed: see claim-lead.ts. */
export function isClaimable(row: ModelQueueRow, nowUs: number, leadMs: number): boolean {
  return claimableFromUs(row.readyUs, leadMs) <= nowUs && !isPast(row, nowUs);
}

export function claimableFromUs(readyUs: number, leadMs = CLAIM_LEAD_MS): number {
  return readyUs - leadMs * 1_000;
}

/** Its deadline has passed. */
export function isPast({ expiresUs }: ModelQueueRow, nowUs: number): boolean {
  return expiresUs !== null && expiresUs <= nowUs;
}

/** persistence/doubt.ts */
export function wasDoubted(statement: ModelStatement, tables: ModelTables, deliveryId: string): boolean {
  return statement
    .rows(tables.attempts)
    .some(
      ([, row]) => row.deliveryId === deliveryId && (row.outcome === 'uncertain' || row.outcome === 'lease_expired'),
    );
}

export function changeOfDelivery(row: ModelDelivery): StatusChangeRow {
  const { id, scheduleId, runId, channelId, contactId, version } = row;
  return { tenantId: TENANT, deliveryId: id, scheduleId, runId, channelId, contactId, version };
}

export function changeOfQueue(statement: ModelStatement, tables: ModelTables, row: ModelQueueRow): StatusChangeRow[] {
  const delivery = statement.get(tables.deliveries, row.deliveryId);
  return delivery ? [{ ...changeOfDelivery(delivery), version: delivery.version + row.version }] : [];
}

/** Ends a delivery that has left the queue: its log row tells the rest from then on. */
export async function endDelivery(
  statement: ModelStatement,
  tables: ModelTables,
  gone: Pick<ModelQueueRow, 'deliveryId' | 'version' | 'attempt'>,
  end: Partial<ModelDelivery>,
): Promise<ModelDelivery[]> {
  return statement.update(
    tables.deliveries,
    [gone.deliveryId],
    () => true,
    (row) => ({
      ...row,
      attempt: gone.attempt,
      needsAttention: end.status === 'failed' || end.status === 'uncertain' || end.status === 'expired',
      ...end,
      version: row.version + gone.version + 1,
    }),
  );
}

/** UPDATE channel_lanes SET open_at = least(open_at, …): the lane is waited for. */
export async function wakeLane(
  statement: ModelStatement,
  tables: ModelTables,
  channelId: string,
  atUs: number,
): Promise<void> {
  await statement.update(
    tables.lanes,
    [channelId],
    () => true,
    (lane) => ({ ...lane, openUs: Math.min(lane.openUs, atUs) }),
  );
}

/** Wakes the lanes of rows that wait again, each at the first of its rows, in the order of the lanes. */
export async function wakeLanesOf(
  statement: ModelStatement,
  tables: ModelTables,
  rows: readonly ModelQueueRow[],
): Promise<void> {
  for (const channelId of [...new Set(rows.map((row) => row.channelId))].sort()) {
    const ready = rows.filter((row) => row.channelId === channelId).map((row) => row.readyUs);
    await wakeLane(statement, tables, channelId, claimableFromUs(Math.min(...ready)));
  }
}
