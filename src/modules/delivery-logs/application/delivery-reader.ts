import { Injectable } from '@nestjs/common';
import type { DurationMs } from '../../../core/values/time.js';
import { Clock } from '../../../platform/clock/clock.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { DeliveriesRepository } from '../persistence/deliveries.repository.js';
import type { DeliveryRow } from './delivery-rows.js';

/** A delivery that somebody wants to see as it was at that version, or later. */
export interface WantedDelivery {
  readonly deliveryId: string;
  readonly version: number;
}

const KEEP_MS: DurationMs = 2_000;
const MAX_KEPT = 5_000;

/** Ids of one statement; many more make its plan no better and its rows no fewer. */
const MAX_STATEMENT = 500;

interface Kept {
  readonly row: DeliveryRow;
  readonly untilMs: DurationMs;
}

interface Gathering {
  readonly ids: Set<string>;
  readonly rows: Promise<ReadonlyMap<string, DeliveryRow>>;
}

/**
 * Reads deliveries for subscribers. What a thousand subscribers want to see of one change is read once: wishes of the
 * same turn of the event loop go together in one statement a tenant, and a row is kept for the moment in which the
 * others ask for the same version. Everything is kept by tenant, so that none sees a row of another.
 */
@Injectable()
export class DeliveryReader {
  private readonly kept = new Map<string, Kept>();
  private readonly gathering = new Map<string, Gathering>();

  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly clock: Clock,
  ) {}

  /** The rows by id, each at its version or a later one; what does not exist is left out. */
  async read(scope: TenantScope, wanted: readonly WantedDelivery[]): Promise<Map<string, DeliveryRow>> {
    const found = new Map<string, DeliveryRow>();
    const missing: string[] = [];
    for (const { deliveryId, version } of wanted) {
      const row = this.recall(scope, deliveryId, version);
      if (row) found.set(deliveryId, row);
      else missing.push(deliveryId);
    }
    if (missing.length === 0) return found;
    const rows = await this.gather(scope, missing);
    for (const id of missing) {
      const row = rows.get(id);
      if (row) found.set(id, row);
    }
    return found;
  }

  private recall(scope: TenantScope, id: string, version: number): DeliveryRow | undefined {
    const kept = this.kept.get(keyOf(scope, id));
    return kept && kept.row.version >= version && kept.untilMs > this.clock.monotonicMs() ? kept.row : undefined;
  }

  private gather(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, DeliveryRow>> {
    let gathering = this.gathering.get(scope.tenantId);
    if (!gathering) {
      const wanted = new Set<string>();
      const rows = nextTurn().then(() => {
        this.gathering.delete(scope.tenantId);
        return this.readAll(scope, [...wanted]);
      });
      gathering = { ids: wanted, rows };
      this.gathering.set(scope.tenantId, gathering);
    }
    for (const id of ids) gathering.ids.add(id);
    return gathering.rows;
  }

  private async readAll(scope: TenantScope, ids: readonly string[]): Promise<ReadonlyMap<string, DeliveryRow>> {
    const rows = new Map<string, DeliveryRow>();
    for (let from = 0; from < ids.length; from += MAX_STATEMENT) {
      const part = await this.deliveries.findMany(scope, ids.slice(from, from + MAX_STATEMENT));
      for (const [id, row] of part) {
        rows.set(id, row);
        this.keep(scope, row);
      }
    }
    return rows;
  }

  private keep(scope: TenantScope, row: DeliveryRow): void {
    if (this.kept.size >= MAX_KEPT) this.kept.clear();
    this.kept.set(keyOf(scope, row.id), { row, untilMs: this.clock.monotonicMs() + KEEP_MS });
  }
}

function keyOf(scope: TenantScope, id: string): string {
  return `${scope.tenantId}/${id}`;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
