import { Injectable } from '@nestjs/common';
import { currentOf, KEEPS_CHANGING, refuseWish } from '../../../core/delivery/delivery-conflict.js';
import { apiStatusOf, type DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import { MAX_DAYS_AHEAD } from '../../../core/scheduling/schedule-timing.js';
import { err, type Result } from '../../../core/values/result.js';
import { conflict, invalid, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { Clock } from '../../../platform/clock/clock.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { AuditLogRepository } from '../persistence/audit-log.repository.js';
import { DeliveryChangesRepository } from '../persistence/delivery-changes.repository.js';
import type { DeliveryRow } from './delivery-rows.js';
import { conflictFacts, DeliveryTransactions } from './delivery-transactions.js';

const MS_PER_DAY = 86_400_000;

/** A delivery may come and go between waiting and sending; after so many looks the answer is what it is then. */
const LOOKS = 3;

/**
 * What a person can do to a delivery that waits. A race with a dispatcher is decided by the row, and the loser is told
 * the state that won. Each change is in the audit log, in the same transaction.
 */
@Injectable()
export class DeliveryChangesService {
  constructor(
    private readonly transactions: DeliveryTransactions,
    private readonly changes: DeliveryChangesRepository,
    private readonly audit: AuditLogRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Idempotent; too late once the intent to call the gateway is committed. With `expectedVersion` nothing is cancelled
   * that has changed since it was read.
   */
  async cancel(
    scope: TenantScope,
    id: string,
    expectedVersion: number | null = null,
  ): Promise<Result<DeliveryRow, Refusal>> {
    for (let look = 1; ; look += 1) {
      const previous = isId(id) ? await this.cancelNow(scope, id, expectedVersion) : null;
      if (previous !== null) return this.transactions.announced(scope, id, previous);
      const found = await this.transactions.find(scope, id);
      if (!found.ok) return found;
      const facts = conflictFacts(found.value);
      const reason = refuseWish('cancel', facts, expectedVersion) ?? (look === LOOKS ? KEEPS_CHANGING : null);
      if (reason === null && facts.state === 'cancelled') return found;
      if (reason !== null) return err(conflict(reason, currentOf(facts)));
    }
  }

  /** Gives a delivery that waits another due time; with `expectedVersion` two people do not overwrite each other. */
  async reschedule(
    scope: TenantScope,
    id: string,
    at: Date,
    expectedVersion: number | null,
  ): Promise<Result<DeliveryRow, Refusal>> {
    const violations = this.checkInstant(at);
    if (violations.length > 0) return err(invalid(violations));
    return this.transactions.change(scope, id, async (tx, facts) => {
      const reason = refuseWish('reschedule', facts, expectedVersion);
      if (reason !== null) return reason;
      await this.changes.reschedule(tx, scope, id, at);
      await this.audit.add(tx, scope, 'delivery.reschedule', id, { from: new Date(facts.dueAt), to: at });
      await this.changes.wakeLane(tx, scope, id);
      return null;
    });
  }

  /** The status until then; null when it was neither waiting nor claimed, or of another version. */
  private cancelNow(scope: TenantScope, id: string, expectedVersion: number | null): Promise<DeliveryStatus | null> {
    return this.transactions.run(async (tx) => {
      if (expectedVersion !== null) {
        const locked = await this.transactions.lock(tx, scope, id);
        if (locked?.version !== expectedVersion) return null;
      }
      const cancelled = await this.changes.cancelIfNotSending(tx, scope, id);
      if (!cancelled) return null;
      const previous = apiStatusOf('pending', cancelled.waitReason);
      await this.audit.add(tx, scope, 'delivery.cancel', id, { from: previous });
      return previous;
    });
  }

  private checkInstant(at: Date): Violation[] {
    const now = this.clock.nowMs();
    if (at.getTime() <= now) return [{ field: 'at', message: 'must be ahead of now', rule: 'future' }];
    if (at.getTime() <= now + MAX_DAYS_AHEAD * MS_PER_DAY) return [];
    return [{ field: 'at', message: `must be at most ${MAX_DAYS_AHEAD} days ahead`, rule: 'maxDaysAhead' }];
  }
}
