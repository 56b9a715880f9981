import type { StatusEvent, StatusEventKind } from '../../src/core/gateway/send-outcome.js';
import { DeliveryAnnouncements } from '../../src/modules/delivery-logs/application/delivery-announcements.js';
import { ReceiptProjector } from '../../src/modules/delivery-logs/application/receipt-projector.js';
import { StatusEventApplier } from '../../src/modules/delivery-logs/application/status-event-applier.js';
import { StatusEventSweeper } from '../../src/modules/delivery-logs/application/status-event-sweeper.js';
import { StatusEventsService } from '../../src/modules/delivery-logs/application/status-events.service.js';
import { ProviderEventsRepository } from '../../src/modules/delivery-logs/persistence/provider-events.repository.js';
import { ReceiptsRepository } from '../../src/modules/delivery-logs/persistence/receipts.repository.js';
import type { RunFinisher } from '../../src/modules/schedules/index.js';
import { SystemClock } from '../../src/platform/clock/clock.js';
import type { Database } from '../../src/platform/database/database.js';
import type { Sql } from '../../src/platform/database/sql.js';
import type { TenantScope } from '../../src/platform/database/tenant-scope.js';
import type { DeliveryChanged } from '../../src/platform/events/event.js';
import { InMemoryEventBus } from '../../src/platform/events/in-memory-event-bus.js';
import { Logger } from '../../src/platform/logging/logger.js';

/** One replica: its events' way into the database, and what it announced. Its sweeper sweeps when it is told to. */
export function statusEventsOn(database: Database) {
  const bus = new InMemoryEventBus();
  const announced: DeliveryChanged[] = [];
  bus.onEvent((event) => {
    if (event.kind === 'deliveryChanged') announced.push(event);
  });
  const touchedRuns: string[] = [];
  const finisher = { noteTouched: (ids: readonly string[]) => touchedRuns.push(...ids) } as unknown as RunFinisher;
  const events = new ProviderEventsRepository();
  const projector = new ReceiptProjector(new ReceiptsRepository(), events);
  const applier = new StatusEventApplier(database, events, projector, new DeliveryAnnouncements(bus, finisher));
  const sweeper = new StatusEventSweeper(database, events, applier, new SystemClock(), Logger.create('silent'));
  const sut = new StatusEventsService(applier, sweeper, events, bus);
  return { sut, sweeper, bus, announced, touchedRuns };
}

/** The instant from which events of tests count their seconds. */
export const BASE_MS = Date.parse('2026-03-01T12:00:00Z');

let keys = 0;

/** A provider's event with a key of its own. */
export function anEvent(kind: StatusEventKind, seconds: number, input: Partial<StatusEvent> = {}): StatusEvent {
  keys += 1;
  return { kind, at: BASE_MS + seconds * 1_000, eventKey: `event-${keys}`, ...input };
}

/** How many events of the tenant have had no effect so far. */
export async function waitingEvents(sql: Sql, scope: TenantScope): Promise<number> {
  const text = 'SELECT FROM provider_events WHERE tenant_id = $1 AND applied_at IS NULL';
  return (await sql.query(text, [scope.tenantId])).length;
}
