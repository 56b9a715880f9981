import { Injectable } from '@nestjs/common';
import { ok, type Result } from '../../../core/values/result.js';
import type { Refusal } from '../../../core/values/refusal.js';
import { Clock } from '../../../platform/clock/clock.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { idInCursor } from '../../../platform/graphql/id-cursor.js';
import {
  encodeCursor,
  toPage,
  type CursorScope,
  type Page,
  type PageRequest,
} from '../../../platform/graphql/pagination.js';
import { DeliveriesRepository } from '../persistence/deliveries.repository.js';
import type { DeliveryFilter } from './delivery-filter.js';
import { toCriteria } from './delivery-filter.js';
import type { DeliveryAttemptRow, DeliveryRow } from './delivery-rows.js';

/** Reads the delivery log. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly deliveries: DeliveriesRepository,
    private readonly clock: Clock,
  ) {}

  async find(scope: TenantScope, id: string): Promise<DeliveryRow | null> {
    return isId(id) ? this.deliveries.find(scope, id) : null;
  }

  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, DeliveryRow>> {
    return this.deliveries.findMany(scope, ids);
  }

  /** The newest first. A search finds contacts among all, texts among the newest 20,000 that the rest of the filter leaves. */
  async list(
    scope: TenantScope,
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<Result<Page<DeliveryRow>, Refusal>> {
    const cursorScope: CursorScope = { list: 'deliveries', filter };
    const after = idInCursor(cursorScope, page.after, this.clock.nowMs());
    if (!after.ok) return after;
    const criteria = toCriteria(filter);
    if (criteria === null)
      return ok({ nodes: [], hasNextPage: false, endCursor: null, count: () => Promise.resolve(0) });
    const rows = await this.deliveries.list(scope, criteria, after.value, page.first + 1);
    const cursorOf = (row: DeliveryRow) => encodeCursor(cursorScope, [row.id], this.clock.nowMs());
    return ok(toPage(rows, page, cursorOf, () => this.deliveries.count(scope, criteria)));
  }

  /** Those of one schedule; the filter may restrict them further. */
  async listOfSchedule(
    scope: TenantScope,
    scheduleId: string,
    filter: DeliveryFilter,
    page: PageRequest,
  ): Promise<Result<Page<DeliveryRow>, Refusal>> {
    const isOther = typeof filter.scheduleId === 'string' && filter.scheduleId.toLowerCase() !== scheduleId;
    return this.list(scope, { ...filter, scheduleId, ...(isOther ? { statuses: [] } : {}) }, page);
  }

  /** The calls that were made for deliveries, by delivery, the first one first. */
  attemptsOf(scope: TenantScope, deliveryIds: readonly string[]): Promise<Map<string, DeliveryAttemptRow[]>> {
    return this.deliveries.attemptsOf(scope, deliveryIds);
  }
}
