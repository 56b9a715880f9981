import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database } from '../../../platform/database/database.js';
import { Parameters } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { DeliveryAttemptEntity, type DeliveryAttemptRow } from './delivery-attempt.entity.js';
import { deliverySource, searchConditions, type DeliveryCriteria } from './delivery-criteria.js';
import {
  DELIVERY_COLUMNS,
  DELIVERY_WITH_QUEUE,
  toDeliveryRow,
  type DeliveryRow,
  type RawDeliveryRow,
} from './delivery-row.js';

/** Reads the delivery log. */
@Injectable()
export class DeliveriesRepository {
  constructor(private readonly database: Database) {}

  async find(scope: TenantScope, id: string): Promise<DeliveryRow | null> {
    return (await this.findMany(scope, [id])).get(id.toLowerCase()) ?? null;
  }

  async findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, DeliveryRow>> {
    const rows = await this.database.query<RawDeliveryRow>(
      {
        name: 'deliveries-by-id',
        text: `SELECT ${DELIVERY_COLUMNS} FROM ${DELIVERY_WITH_QUEUE} WHERE d.tenant_id = $1 AND d.id = ANY ($2::uuid[])`,
      },
      [scope.tenantId, ids],
    );
    return new Map(rows.map((row) => [row.id, toDeliveryRow(row)]));
  }

  /** The newest first, from before `beforeId` on. */
  async list(
    scope: TenantScope,
    criteria: DeliveryCriteria,
    beforeId: string | null,
    limit: number,
  ): Promise<DeliveryRow[]> {
    const parameters = new Parameters();
    const rows = await this.database.query<RawDeliveryRow>(
      `SELECT ${DELIVERY_COLUMNS} FROM ${DELIVERY_WITH_QUEUE}
        WHERE d.tenant_id = ${parameters.add(scope.tenantId)}
          AND d.id IN (${selectIds(scope, criteria, parameters, { beforeId, limit })})
        ORDER BY d.id DESC LIMIT ${parameters.add(limit)}`,
      parameters.values,
    );
    return rows.map(toDeliveryRow);
  }

  async count(scope: TenantScope, criteria: DeliveryCriteria): Promise<number> {
    const parameters = new Parameters();
    const rows = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (${selectIds(scope, criteria, parameters)}) found`,
      parameters.values,
    );
    return rows[0]?.count ?? 0;
  }

  /** Which of the ids the criteria hold for. */
  async matching(scope: TenantScope, criteria: DeliveryCriteria, ids: readonly string[]): Promise<Set<string>> {
    const parameters = new Parameters();
    const rows = await this.database.query<{ id: string }>(
      selectIds(scope, criteria, parameters, { among: ids }),
      parameters.values,
    );
    return new Set(rows.map((row) => row.id));
  }

  /** By delivery, in the order in which they were made. */
  async attemptsOf(scope: TenantScope, deliveryIds: readonly string[]): Promise<Map<string, DeliveryAttemptRow[]>> {
    const rows = await this.database.manager.find(DeliveryAttemptEntity, {
      where: { tenantId: scope.tenantId, deliveryId: In([...deliveryIds]) },
      order: { number: 'ASC' },
    });
    const byDelivery = new Map<string, DeliveryAttemptRow[]>();
    for (const row of rows) byDelivery.set(row.deliveryId, [...(byDelivery.get(row.deliveryId) ?? []), row]);
    return byDelivery;
  }
}

interface IdRange {
  readonly beforeId?: string | null;
  readonly limit?: number;
  readonly among?: readonly string[];
}

/** The ids of the deliveries that the criteria hold for; ordered and cut when there is a limit. */
function selectIds(
  scope: TenantScope,
  criteria: DeliveryCriteria,
  parameters: Parameters,
  range: IdRange = {},
): string {
  const source = deliverySource(criteria, scope.tenantId, parameters);
  const conditions = [...source.conditions];
  if (typeof range.beforeId === 'string') conditions.push(`${source.id} < ${parameters.add(range.beforeId)}`);
  if (range.among !== undefined) conditions.push(`${source.id} = ANY (${parameters.add(range.among)}::uuid[])`);
  const cut = range.limit === undefined ? '' : `ORDER BY ${source.id} DESC LIMIT ${parameters.add(range.limit)}`;
  const select = (...more: string[]): string =>
    `(SELECT ${source.id} AS id FROM ${source.from} WHERE ${[...conditions, ...more].join(' AND ')} ${cut})`;
  if (criteria.search === undefined) return select();
  const [byContact, byText] = searchConditions(criteria.search, scope.tenantId, parameters);
  return `${select(byContact)} UNION ${select(byText)}`;
}
