import { Injectable } from '@nestjs/common';
import { apiStatusOf, type DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import type { Sql } from '../../../platform/database/sql.js';
import {
  ProviderEventsRepository,
  type DeliveryKey,
  type NewProviderEvent,
  type StoredEvent,
} from '../persistence/provider-events.repository.js';
import {
  ReceiptsRepository,
  type LockedLog,
  type QueueRow,
  type ReceiptWrite,
} from '../persistence/receipts.repository.js';
import { decideReceipts, type DeliveryAfter, type ReceiptRow } from './receipt-decision.js';

/** A delivery that events have changed. */
export interface ReceiptChange extends DeliveryKey {
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly previousStatus: DeliveryStatus;
  readonly status: DeliveryStatus;
  readonly version: number;
  readonly at: Date;
  /** It waited in the queue until now: its run may be over. */
  readonly leftQueue: boolean;
}

/** What the events of some deliveries came to. */
export interface Projection {
  /** Ids of the deliveries whose events have had their effect. The events of the others wait. */
  readonly settled: ReadonlySet<string>;
  readonly changes: readonly ReceiptChange[];
}

interface Candidate {
  readonly log: LockedLog;
  readonly queued: QueueRow | undefined;
}

/**
 * Works out where deliveries stand after all of their events, those in the database and those that are just arriving.
 *
 * While a delivery is at the gateway its events wait: the answer of the call is recorded first, because an event must
 * not take the delivery away from the process that makes the call. While it waits for its next call, those that do not
 * end the wait are kept for after it.
 */
@Injectable()
export class ReceiptProjector {
  constructor(
    private readonly receipts: ReceiptsRepository,
    private readonly events: ProviderEventsRepository,
  ) {}

  /** Part of a transaction; whoever commits it announces the changes. */
  async project(
    tx: Sql,
    deliveries: readonly DeliveryKey[],
    arriving: readonly NewProviderEvent[],
  ): Promise<Projection> {
    const candidates = await this.lock(tx, deliveries);
    if (candidates.length === 0) return { settled: new Set(), changes: [] };
    // Read after the locks: what another process has stored meanwhile counts too.
    const stored = await this.events.eventsOf(
      tx,
      candidates.map(({ log }) => log),
    );
    const receipts = receiptsByDelivery(stored, arriving);
    const decided = candidates.flatMap((candidate) => {
      const after = decideReceipts(beforeOf(candidate), receipts.get(candidate.log.deliveryId) ?? []);
      return after === null ? [] : [{ candidate, after }];
    });
    const written =
      decided.length === 0
        ? []
        : await this.receipts.write(
            tx,
            decided.map(({ candidate, after }) => writeOf(candidate, after)),
          );
    const afterById = new Map(decided.map((item) => [item.candidate.log.deliveryId, item]));
    // What waits for another call keeps the events that change nothing now: that call may be answered with the same message.
    const settled = new Set(
      candidates
        .filter(({ log, queued }) => queued === undefined || afterById.has(log.deliveryId))
        .map(({ log }) => log.deliveryId),
    );
    const applied = stored.filter((event) => event.isWaiting && settled.has(event.deliveryId));
    if (applied.length > 0) await this.events.markApplied(tx, applied);
    return {
      settled,
      changes: written.flatMap(({ deliveryId, version, at }) => {
        const item = afterById.get(deliveryId);
        return item ? [changeOf(item.candidate, item.after, version, at)] : [];
      }),
    };
  }

  /** The deliveries that nobody else moves at this moment and that no call is under way for. */
  private async lock(tx: Sql, deliveries: readonly DeliveryKey[]): Promise<Candidate[]> {
    const logs = await this.receipts.lockLogs(tx, distinct(deliveries));
    const queued = await this.receipts.queued(tx, logs);
    const locked = queued.length === 0 ? [] : await this.receipts.lockQueued(tx, queued);
    const isQueued = new Set(queued.map((row) => row.deliveryId));
    const lockedById = new Map(locked.map((row) => [row.deliveryId, row]));
    return logs
      .map((log) => ({ log, queued: lockedById.get(log.deliveryId) }))
      .filter(({ log, queued: row }) => (row ? row.state !== 'sending' : !isQueued.has(log.deliveryId)));
  }
}

function distinct(deliveries: readonly DeliveryKey[]): DeliveryKey[] {
  return [...new Map(deliveries.map((key) => [key.deliveryId, key])).values()];
}

function receiptsByDelivery(
  stored: readonly StoredEvent[],
  arriving: readonly NewProviderEvent[],
): Map<string, ReceiptRow[]> {
  const byDelivery = new Map<string, ReceiptRow[]>();
  const add = (deliveryId: string, receipt: ReceiptRow): void => {
    const known = byDelivery.get(deliveryId);
    if (known) known.push(receipt);
    else byDelivery.set(deliveryId, [receipt]);
  };
  for (const event of stored) if (!event.isOfEarlierCall) add(event.deliveryId, event);
  for (const event of arriving) if (event.deliveryId !== null) add(event.deliveryId, event);
  return byDelivery;
}

function beforeOf({ log, queued }: Candidate) {
  return { ...log, state: queued?.state ?? log.status };
}

function writeOf({ log, queued }: Candidate, after: DeliveryAfter): ReceiptWrite {
  const { state, ...rest } = after;
  return {
    ...rest,
    tenantId: log.tenantId,
    deliveryId: log.deliveryId,
    status: state,
    leavesQueue: queued !== undefined,
  };
}

function changeOf({ log, queued }: Candidate, after: DeliveryAfter, version: number, at: Date): ReceiptChange {
  const { tenantId, deliveryId, scheduleId, runId, channelId, contactId } = log;
  return {
    tenantId,
    deliveryId,
    scheduleId,
    runId,
    channelId,
    contactId,
    previousStatus: apiStatusOf(queued?.state ?? log.status, queued?.waitReason ?? 'none'),
    status: apiStatusOf(after.state, 'none'),
    version,
    at,
    leftQueue: queued !== undefined,
  };
}
