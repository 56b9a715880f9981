import { Injectable } from '@nestjs/common';
import { currentOf, type DeliveryConflictFacts } from '../../../core/delivery/delivery-conflict.js';
import { apiStatusOf, type DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, notFound, type Refusal } from '../../../core/values/refusal.js';
import { Clock } from '../../../platform/clock/clock.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { DeliveryChangesRepository, type LockedDelivery } from '../persistence/delivery-changes.repository.js';
import { DeliveriesService } from './deliveries.service.js';
import { DeliveryAnnouncements } from './delivery-announcements.js';
import type { DeliveryRow } from './delivery-rows.js';

/** The frame of a person's change to one delivery: lock, change, commit, announce, and answer with the row as it is then. */
@Injectable()
export class DeliveryTransactions {
  constructor(
    private readonly database: Database,
    private readonly changes: DeliveryChangesRepository,
    private readonly deliveries: DeliveriesService,
    private readonly announcements: DeliveryAnnouncements,
    private readonly clock: Clock,
  ) {}

  run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.database.transaction(work);
  }

  /** The delivery as it is now, or the refusal for an id that names none. */
  async find(scope: TenantScope, id: string): Promise<Result<DeliveryRow, Refusal>> {
    const row = await this.deliveries.find(scope, id);
    return row ? ok(row) : err(notFound('delivery', id));
  }

  /**
   * Does `work` while the delivery's rows are locked; `facts` are what a refusal depends on. A sentence from it is the
   * reason why nothing was changed.
   */
  async change(
    scope: TenantScope,
    id: string,
    work: (tx: Tx, facts: DeliveryConflictFacts) => Promise<string | null>,
  ): Promise<Result<DeliveryRow, Refusal>> {
    if (!isId(id)) return err(notFound('delivery', id));
    const outcome = await this.run(async (tx) => {
      const facts = await this.lock(tx, scope, id);
      return facts && { facts, reason: await work(tx, facts) };
    });
    if (!outcome) return err(notFound('delivery', id));
    const { facts, reason } = outcome;
    if (reason !== null) return err(conflict(reason, currentOf(facts)));
    return this.announced(scope, id, facts.status);
  }

  /** Locks the delivery's rows until the transaction ends; null when there is none. */
  async lock(tx: Tx, scope: TenantScope, id: string): Promise<DeliveryConflictFacts | null> {
    const delivery = await this.changes.lock(tx, scope, id);
    return delivery && conflictFacts({ ...delivery, status: apiStatusOf(delivery.state, delivery.waitReason) });
  }

  /** Tells of a committed change, and answers with the delivery. */
  async announced(scope: TenantScope, id: string, previous: DeliveryStatus): Promise<Result<DeliveryRow, Refusal>> {
    const found = await this.find(scope, id);
    if (found.ok) this.announcements.changed(found.value, previous, this.clock.nowMs());
    return found;
  }
}

/** What a refusal of a change depends on. */
export function conflictFacts(
  row: Pick<LockedDelivery, 'state' | 'version' | 'dueAt' | 'sentAt' | 'deliveredAt' | 'readAt' | 'failedAt'> & {
    readonly status: DeliveryStatus;
  },
): DeliveryConflictFacts {
  const { state, status, version, dueAt, sentAt, deliveredAt, readAt, failedAt } = row;
  return {
    state,
    status,
    version,
    dueAt: dueAt.getTime(),
    sentAt: sentAt?.getTime() ?? null,
    deliveredAt: deliveredAt?.getTime() ?? null,
    readAt: readAt?.getTime() ?? null,
    failedAt: failedAt?.getTime() ?? null,
  };
}
