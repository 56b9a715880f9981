import type { Refusal } from '../../src/core/values/refusal.js';
import type { Result } from '../../src/core/values/result.js';
import { DeliveriesService } from '../../src/modules/delivery-logs/application/deliveries.service.js';
import { DeliveryAnnouncements } from '../../src/modules/delivery-logs/application/delivery-announcements.js';
import { DeliveryChangesService } from '../../src/modules/delivery-logs/application/delivery-changes.service.js';
import { DeliveryReopeningService } from '../../src/modules/delivery-logs/application/delivery-reopening.service.js';
import type { DeliveryRow } from '../../src/modules/delivery-logs/application/delivery-rows.js';
import { DeliveryTransactions } from '../../src/modules/delivery-logs/application/delivery-transactions.js';
import { AuditLogRepository } from '../../src/modules/delivery-logs/persistence/audit-log.repository.js';
import { DeliveriesRepository } from '../../src/modules/delivery-logs/persistence/deliveries.repository.js';
import { DeliveryChangesRepository } from '../../src/modules/delivery-logs/persistence/delivery-changes.repository.js';
import { ScheduleAnnouncements } from '../../src/modules/schedules/application/schedule-announcements.js';
import type { ScheduleChanger } from '../../src/modules/schedules/application/schedule-changer.js';
import { DeliveryRequeuer, type RunFinisher } from '../../src/modules/schedules/index.js';
import { RequeueingRepository } from '../../src/modules/schedules/persistence/requeueing.repository.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import type { Database } from '../../src/platform/database/database.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import type { BusEvent } from '../../src/platform/events/event.js';
import { InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import type { StoredDelivery } from './factories/deliveries.js';

/** What one replica does for people who change deliveries, and what it told. */
export function changesOn(database: Database) {
  const clock = new SystemClock();
  const bus = new InMemoryEventBus();
  const announced: BusEvent[] = [];
  bus.onEvent((event) => {
    if (event.kind !== 'resync') announced.push(event);
  });
  const touchedRuns: string[] = [];
  const finisher = { noteTouched: (ids: readonly string[]) => touchedRuns.push(...ids) } as unknown as RunFinisher;
  const changes = new DeliveryChangesRepository();
  const audit = new AuditLogRepository();
  const deliveries = new DeliveriesService(new DeliveriesRepository(database), clock);
  const announcements = new DeliveryAnnouncements(bus, finisher);
  const transactions = new DeliveryTransactions(database, changes, deliveries, announcements, clock);
  // Only retrySchedule needs what changes whole schedules.
  const noChanger = undefined as unknown as ScheduleChanger;
  const scheduleAnnouncements = new ScheduleAnnouncements(bus, clock);
  const requeuer = new DeliveryRequeuer(database, new RequeueingRepository(), noChanger, scheduleAnnouncements);
  return {
    changes: new DeliveryChangesService(transactions, changes, audit, clock),
    reopening: new DeliveryReopeningService(transactions, changes, audit, requeuer),
    announced,
    touchedRuns,
  };
}

/** The delivery of a change that was done. */
export function value(result: Result<DeliveryRow, Refusal>): DeliveryRow {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** What a change answers that came too late. */
export function conflictWith(status: string, version = 1) {
  return { ok: false, error: { kind: 'conflict', current: { status, version } } };
}

export async function findRow(database: Database, scope: TenantScope, id: string): Promise<DeliveryRow | null> {
  return new DeliveriesRepository(database).find(scope, id);
}

export async function queueRow(sql: Sql, id: string): Promise<Record<string, unknown> | undefined> {
  const rows = await sql.query<Record<string, unknown>>('SELECT * FROM delivery_queue WHERE delivery_id = $1', [id]);
  return rows[0];
}

/** When dispatchers look at the delivery's channel; Infinity for never. */
export async function laneOpenAt(sql: Sql, { channelId }: StoredDelivery): Promise<Date | number | undefined> {
  const text = 'SELECT open_at FROM channel_lanes WHERE channel_id = $1';
  return (await sql.query<{ open_at: Date | number }>(text, [channelId]))[0]?.open_at;
}

export function audited(sql: Sql, scope: TenantScope, id: string): Promise<unknown[]> {
  const text = 'SELECT actor, action, details FROM audit_log WHERE tenant_id = $1 AND subject_id = $2 ORDER BY at';
  return sql.query(text, [scope.tenantId, id]);
}
