import { Injectable } from '@nestjs/common';
import { currentOf, refuseWish, SCHEDULE_IS_CANCELLED } from '../../../core/delivery/delivery-conflict.js';
import { apiStatusOf, type DeliveryState } from '../../../core/delivery/delivery-state.js';
import { err, type Result } from '../../../core/values/result.js';
import { conflict, type Refusal } from '../../../core/values/refusal.js';
import type { Tx } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { DeliveryRequeuer, type Requeued } from '../../schedules/index.js';
import { AuditLogRepository } from '../persistence/audit-log.repository.js';
import { DeliveryChangesRepository } from '../persistence/delivery-changes.repository.js';
import type { DeliveryRow } from './delivery-rows.js';
import { conflictFacts, DeliveryTransactions } from './delivery-transactions.js';
import { UncertainResolution } from './uncertain-resolution.js';

const RETRIED_FROM: readonly DeliveryState[] = ['failed', 'expired', 'cancelled', 'suppressed'];

/**
 * What a person can do to a delivery that has ended, or of which nobody knows whether it has. Each change is in the audit
 * log, in the same transaction.
 */
@Injectable()
export class DeliveryReopeningService {
  constructor(
    private readonly transactions: DeliveryTransactions,
    private readonly changes: DeliveryChangesRepository,
    private readonly audit: AuditLogRepository,
    private readonly requeuer: DeliveryRequeuer,
  ) {}

  /** Queues a delivery that ended without reaching its person, with fresh attempts. */
  async retry(
    scope: TenantScope,
    id: string,
    expectedVersion: number | null = null,
  ): Promise<Result<DeliveryRow, Refusal>> {
    const isRequeued = await this.requeue(scope, id, RETRIED_FROM, 'delivery.retry', {}, expectedVersion);
    const found = await this.transactions.find(scope, id);
    if (isRequeued || !found.ok) return found;
    const facts = conflictFacts(found.value);
    return err(conflict(refuseWish('retry', facts, expectedVersion) ?? SCHEDULE_IS_CANCELLED, currentOf(facts)));
  }

  /** Writes down what a person knows, or decides, about an UNCERTAIN delivery. */
  resolveUncertain(
    scope: TenantScope,
    id: string,
    resolution: UncertainResolution,
  ): Promise<Result<DeliveryRow, Refusal>> {
    switch (resolution) {
      case UncertainResolution.MARK_SENT:
        return this.settle(scope, id, resolution, (tx) => this.changes.markSent(tx, scope, id));
      case UncertainResolution.MARK_FAILED:
        return this.settle(scope, id, resolution, (tx) => this.changes.markFailed(tx, scope, id));
      case UncertainResolution.SEND_AGAIN:
        return this.sendAgain(scope, id);
    }
  }

  private settle(
    scope: TenantScope,
    id: string,
    resolution: UncertainResolution,
    write: (tx: Tx) => Promise<void>,
  ): Promise<Result<DeliveryRow, Refusal>> {
    return this.transactions.change(scope, id, async (tx, facts) => {
      const reason = refuseWish('resolve', facts, null);
      if (reason !== null) return reason;
      await write(tx);
      await this.audit.add(tx, scope, 'delivery.resolve', id, { resolution });
      return null;
    });
  }

  /** Out of the queue it is requeued like any other; in the queue it waits for its settle time and is only hurried. */
  private async sendAgain(scope: TenantScope, id: string): Promise<Result<DeliveryRow, Refusal>> {
    const details = { resolution: UncertainResolution.SEND_AGAIN };
    if (await this.requeue(scope, id, ['uncertain'], 'delivery.resolve', details))
      return this.transactions.find(scope, id);
    return this.transactions.change(scope, id, async (tx, facts) => {
      const reason = refuseWish('resolve', facts, null);
      if (reason !== null) return reason;
      if (!(await this.changes.sendAgainNow(tx, scope, id))) return SCHEDULE_IS_CANCELLED;
      await this.audit.add(tx, scope, 'delivery.resolve', id, details);
      await this.changes.wakeLane(tx, scope, id);
      return null;
    });
  }

  private async requeue(
    scope: TenantScope,
    id: string,
    from: readonly DeliveryState[],
    action: string,
    details: Readonly<Record<string, unknown>> = {},
    expectedVersion: number | null = null,
  ): Promise<boolean> {
    if (!isId(id)) return false;
    const requeued = await this.transactions.run(async (tx): Promise<Requeued> => {
      const result = await this.requeuer.requeue(tx, scope, [id], from, expectedVersion);
      for (const { previous } of result.deliveries) {
        await this.audit.add(tx, scope, action, id, { from: apiStatusOf(previous, 'none'), ...details });
      }
      return result;
    });
    this.requeuer.announce(scope, requeued);
    return requeued.deliveries.length > 0;
  }
}
