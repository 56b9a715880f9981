import { Injectable } from '@nestjs/common';
import type { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import type { EpochMs } from '../../../core/values/time.js';
import { Clock } from '../../../platform/clock/clock.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { EventBus } from '../../../platform/events/event-bus.js';
import type { DeliveryChanged, Resync } from '../../../platform/events/event.js';
import { DeliveriesRepository } from '../persistence/deliveries.repository.js';
import type { DeliveryCriteria } from '../persistence/delivery-criteria.js';
import { toCriteria, type DeliveryFilter } from './delivery-filter.js';
import { DeliveryReader } from './delivery-reader.js';
import type { DeliveryRow } from './delivery-rows.js';
import { openStream, type LiveStream, type StreamGuard } from '../../../platform/events/live-stream.js';

/** A delivery that has changed, as it is by now. */
export interface DeliveryUpdate {
  readonly row: DeliveryRow;
  /** null: it was just made, or nobody knows, because events were lost. */
  readonly previousStatus: DeliveryStatus | null;
  readonly status: DeliveryStatus;
  readonly at: Date;
}

/** Events kept for a reader that is behind. */
const CAPACITY = 1_024;

/** Events whose rows are read with one statement. */
const CHUNK = 100;

/** After a loss, so many of the newest deliveries are looked through for what the reader has missed. */
const LOOK_BACK = 1_000;

/** The clocks of two processes, and of the database, may differ by this much. */
const SKEW_MS = 60_000;

const TIMED: readonly DeliveryStatus[] = ['PENDING', 'SENT', 'DELIVERED', 'READ', 'FAILED'];

/** What changes in a tenant's deliveries, while it does. */
@Injectable()
export class DeliveryUpdates {
  constructor(
    private readonly bus: EventBus,
    private readonly reader: DeliveryReader,
    private readonly deliveries: DeliveriesRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * The updates that a filter holds for. What an event's ids and status rule out costs no statement; the rows of the rest
   * are read again under the caller's own scope, and the filter is asked again of the row.
   *
   * When events were lost (a reader that is far behind, a cut connection between replicas) the present state of what may
   * have changed follows, for up to the 1,000 newest deliveries: a repetition is possible, and the higher version counts.
   *
   * The guard is asked before anything is told, and every few seconds in between.
   */
  open(scope: TenantScope, filter: DeliveryFilter, guard: StreamGuard): LiveStream<DeliveryUpdate> {
    const criteria = toCriteria(filter);
    const events = this.bus.subscribe(
      {
        tenantId: scope.tenantId,
        kinds: ['deliveryChanged'],
        accept: (event) => criteria !== null && mayMatch(criteria, event),
      },
      { capacity: CAPACITY },
    );
    const lastTold = { atMs: this.clock.nowMs() };
    return openStream(events, guard, (signals) => this.resolve(scope, criteria, signals, lastTold));
  }

  private async *resolve(
    scope: TenantScope,
    criteria: DeliveryCriteria | null,
    signals: readonly (DeliveryChanged | Resync)[],
    lastTold: { atMs: EpochMs },
  ): AsyncGenerator<DeliveryUpdate> {
    if (criteria === null) return;
    if (signals.some((signal) => signal.kind === 'resync'))
      yield* this.catchUp(scope, criteria, lastTold.atMs - SKEW_MS);
    const changes = signals.filter((signal) => signal.kind === 'deliveryChanged');
    for (let from = 0; from < changes.length; from += CHUNK) {
      const chunk = changes.slice(from, from + CHUNK);
      const rows = await this.matching(scope, criteria, await this.reader.read(scope, chunk));
      for (const { deliveryId, previousStatus, status, atMs } of chunk) {
        const row = rows.get(deliveryId);
        lastTold.atMs = Math.max(lastTold.atMs, atMs);
        if (row) yield { row, previousStatus, status, at: new Date(atMs) };
      }
    }
  }

  private async *catchUp(
    scope: TenantScope,
    criteria: DeliveryCriteria,
    sinceMs: EpochMs,
  ): AsyncGenerator<DeliveryUpdate> {
    let before: string | null = null;
    for (let seen = 0; seen < LOOK_BACK; seen += CHUNK) {
      const page: DeliveryRow[] = await this.deliveries.list(scope, criteria, before, CHUNK);
      for (const row of page) {
        const changedAt = lastChange(row);
        if (!TIMED.includes(row.status) || changedAt.getTime() >= sinceMs) {
          yield { row, previousStatus: null, status: row.status, at: changedAt };
        }
      }
      before = page.length === CHUNK ? (page.at(-1)?.id ?? null) : null;
      if (before === null) return;
    }
  }

  /** What an event cannot tell is asked of the row, and what only the database can answer (search, isTest) of the database. */
  private async matching(
    scope: TenantScope,
    { search, isTest, ...criteria }: DeliveryCriteria,
    rows: ReadonlyMap<string, DeliveryRow>,
  ): Promise<ReadonlyMap<string, DeliveryRow>> {
    const held = [...rows.values()].filter((row) => matchesRow(criteria, row));
    if (search === undefined && isTest === undefined) return new Map(held.map((row) => [row.id, row]));
    const found = await this.deliveries.matching(
      scope,
      { ...(search === undefined ? {} : { search }), ...(isTest === undefined ? {} : { isTest }) },
      held.map((row) => row.id),
    );
    return new Map(held.filter((row) => found.has(row.id)).map((row) => [row.id, row]));
  }
}

/** False when the event alone rules it out. */
function mayMatch(criteria: DeliveryCriteria, event: DeliveryChanged): boolean {
  return (
    agree(criteria.scheduleId, event.scheduleId) &&
    agree(criteria.runId, event.runId) &&
    agree(criteria.channelId, event.channelId) &&
    agree(criteria.contactId, event.contactId) &&
    (criteria.statuses === undefined || criteria.statuses.includes(event.status))
  );
}

function agree(wanted: string | undefined, id: string | undefined): boolean {
  return wanted === undefined || id === undefined || wanted === id;
}

/** All but the status, which is the event's: the row may be further by now. */
function matchesRow(criteria: DeliveryCriteria, row: DeliveryRow): boolean {
  return (
    agree(criteria.scheduleId, row.scheduleId) &&
    agree(criteria.runId, row.runId) &&
    agree(criteria.channelId, row.channelId) &&
    agree(criteria.contactId, row.contactId) &&
    (criteria.clientMessageId === undefined || criteria.clientMessageId === row.clientMessageId) &&
    (criteria.dueFrom === undefined || row.dueAt >= criteria.dueFrom) &&
    (criteria.dueTo === undefined || row.dueAt < criteria.dueTo)
  );
}

function lastChange(row: DeliveryRow): Date {
  const instants = [row.createdAt, row.sentAt, row.deliveredAt, row.readAt, row.failedAt];
  return new Date(Math.max(...instants.map((instant) => instant?.getTime() ?? 0)));
}
