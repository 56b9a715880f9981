import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database } from '../../../platform/database/database.js';
import { Parameters } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { DeliveryAttemptEntity, type DeliveryAttemptRow } from './delivery-attempt.entity.js';
import {
  deliverySource,
  FEW_CONTACTS,
  foundContacts,
  TEXTS_SEARCHED,
  type DeliveryCriteria,
  type SearchCriteria,
} from './delivery-criteria.js';
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
    const few = await this.fewContacts(scope, criteria.search);
    const parameters = new Parameters();
    const text = `SELECT ${DELIVERY_COLUMNS} FROM ${DELIVERY_WITH_QUEUE}
        WHERE d.tenant_id = ${parameters.add(scope.tenantId)}
          AND d.id IN (${selectIds(scope, criteria, few, parameters, { beforeId, limit })})
        ORDER BY d.id DESC LIMIT ${parameters.add(limit)}`;
    // The first page of everything is what is asked for most, and has one good plan. A filter's depends on its values.
    const isPlain = beforeId === null && Object.values(criteria).every((criterion) => criterion === undefined);
    const statement = isPlain ? { name: 'deliveries-newest', text } : text;
    const rows = await this.database.query<RawDeliveryRow>(statement, parameters.values);
    return rows.map(toDeliveryRow);
  }

  async count(scope: TenantScope, criteria: DeliveryCriteria): Promise<number> {
    const few = await this.fewContacts(scope, criteria.search);
    const parameters = new Parameters();
    const rows = await this.database.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM (${selectIds(scope, criteria, few, parameters)}) found`,
      parameters.values,
    );
    return rows[0]?.count ?? 0;
  }

  /** Which of the ids the criteria hold for. */
  async matching(scope: TenantScope, criteria: DeliveryCriteria, ids: readonly string[]): Promise<Set<string>> {
    const few = await this.fewContacts(scope, criteria.search);
    const parameters = new Parameters();
    const rows = await this.database.query<{ id: string }>(
      selectIds(scope, criteria, few, parameters, { among: ids }),
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

  /** The contacts that a search finds, if they are few; null when their deliveries are too many to start from. */
  private async fewContacts(scope: TenantScope, search: SearchCriteria | undefined): Promise<readonly string[] | null> {
    if (search === undefined) return null;
    const parameters = new Parameters();
    const rows = await this.database.query<{ id: string }>(
      `${foundContacts(search, scope.tenantId, parameters)} LIMIT ${parameters.add(FEW_CONTACTS + 1)}`,
      parameters.values,
    );
    return rows.length > FEW_CONTACTS ? null : rows.map((row) => row.id);
  }
}

interface IdRange {
  readonly beforeId?: string | null;
  readonly limit?: number;
  readonly among?: readonly string[];
}

/**
 * The ids of the deliveries that the criteria hold for; ordered and cut when there is a limit. A search has two halves:
 * the deliveries of the contacts that it finds, started from the contacts when they are `few`, and otherwise from the
 * newest deliveries, of which many match; and the newest deliveries with a text.
 */
function selectIds(
  scope: TenantScope,
  criteria: DeliveryCriteria,
  few: readonly string[] | null,
  parameters: Parameters,
  range: IdRange = {},
): string {
  const { from, id, ...source } = deliverySource(criteria, scope.tenantId, parameters);
  const conditions = [...source.conditions];
  if (typeof range.beforeId === 'string') conditions.push(`${id} < ${parameters.add(range.beforeId)}`);
  if (range.among !== undefined) conditions.push(`${id} = ANY (${parameters.add(range.among)}::uuid[])`);
  const cut = range.limit === undefined ? '' : `ORDER BY id DESC LIMIT ${parameters.add(range.limit)}`;
  const where = conditions.join(' AND ');
  const { search } = criteria;
  if (search === undefined) return `(SELECT ${id} AS id FROM ${from} WHERE ${where} ${cut})`;
  const contacts =
    few === null
      ? `IN (${foundContacts(search, scope.tenantId, parameters)})`
      : `= ANY (${parameters.add(few)}::uuid[])`;
  return `(SELECT ${id} AS id FROM ${from} WHERE ${where} AND d.contact_id ${contacts} ${cut})
    UNION
    (SELECT newest.id FROM (
       SELECT ${id} AS id, d.content FROM ${from} WHERE ${where} AND d.content IS NOT NULL
        ORDER BY id DESC LIMIT ${TEXTS_SEARCHED}) newest
      WHERE newest.content ILIKE ${parameters.add(search.textPattern)} ${cut})`;
}
