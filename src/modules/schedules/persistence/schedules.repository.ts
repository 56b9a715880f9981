import { Injectable } from '@nestjs/common';
import type { SelectQueryBuilder } from 'typeorm';
import type { ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import { Database, type Tx } from '../../../platform/database/database.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { ScheduleEntity, type ScheduleRow } from './schedule.entity.js';

/** What the list of schedules is restricted to; an absent part restricts nothing. */
export interface ScheduleCriteria {
  /** A LIKE pattern for search_text. */
  readonly pattern?: string;
  readonly type?: ScheduleType;
  readonly statuses?: readonly ScheduleStatus[];
  readonly channelId?: string;
  /** Named by the schedule, or a member of a group that it names. */
  readonly contactId?: string;
  readonly conversationId?: string;
  /** When its next run is, else its last one, else when it was made: from, inclusive, and to, exclusive. */
  readonly from?: Date;
  readonly to?: Date;
}

/** A new schedule's columns. */
export type NewSchedule = Omit<ScheduleEntity, 'tenantId' | 'statusReason' | 'version' | 'createdAt' | 'updatedAt'>;

/** What changes of a schedule may write. */
export type ScheduleChanges = Partial<Omit<NewSchedule, 'id' | 'createdBy'>> & { statusReason?: string | null };

/** A schedule that a client's own id led to. */
export interface KnownRequest {
  readonly id: string;
  readonly requestHash: Buffer | null;
}

@Injectable()
export class SchedulesRepository {
  constructor(private readonly database: Database) {}

  find(scope: TenantScope, id: string): Promise<ScheduleRow | null> {
    return this.database.findById(ScheduleEntity, scope, id);
  }

  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, ScheduleRow>> {
    return this.database.findByIds(ScheduleEntity, scope, ids);
  }

  /** The newest first, before an id. */
  list(scope: TenantScope, criteria: ScheduleCriteria, beforeId: string | null, limit: number): Promise<ScheduleRow[]> {
    const query = this.matching(scope, criteria);
    if (beforeId !== null) query.andWhere('s.id < :beforeId', { beforeId });
    return query.orderBy('s.id', 'DESC').limit(limit).getMany();
  }

  async count(scope: TenantScope, criteria: ScheduleCriteria): Promise<number> {
    const row = await this.matching(scope, criteria).select('count(*)::int', 'count').getRawOne<{ count: number }>();
    return row?.count ?? 0;
  }

  /** The most lately changed ones since a time, at most `limit`. */
  changedSince(scope: TenantScope, since: Date, limit: number): Promise<ScheduleRow[]> {
    return this.database.manager
      .createQueryBuilder(ScheduleEntity, 's')
      .where('s.tenantId = :tenantId AND s.updatedAt >= :since', { tenantId: scope.tenantId, since })
      .orderBy('s.updatedAt', 'DESC')
      .limit(limit)
      .getMany();
  }

  findByReference(scope: TenantScope, clientReference: string): Promise<KnownRequest | null> {
    return this.findRequest({ tenantId: scope.tenantId, clientReference });
  }

  findByClientMessageId(scope: TenantScope, clientMessageId: string): Promise<KnownRequest | null> {
    return this.findRequest({ tenantId: scope.tenantId, clientMessageId });
  }

  /** Stores a schedule and returns it as it would be read. */
  async insert(
    tx: Tx,
    { tenantId }: TenantScope,
    { searchText, requestHash, ...schedule }: NewSchedule,
  ): Promise<ScheduleRow> {
    const columns = { ...schedule, tenantId, statusReason: null, version: 1 };
    return { ...columns, ...(await tx.insert(ScheduleEntity, { ...columns, searchText, requestHash })) };
  }

  /** The schedule, locked against firing, finishing and other changes until the transaction ends. */
  lock(tx: Tx, scope: TenantScope, id: string): Promise<ScheduleRow | null> {
    return tx.manager.findOne(ScheduleEntity, {
      where: { tenantId: scope.tenantId, id },
      lock: { mode: 'for_no_key_update' },
    });
  }

  /** Writes to a schedule that the transaction has locked at this version, and raises the version. */
  async updateLocked(tx: Tx, scope: TenantScope, id: string, version: number, changes: ScheduleChanges): Promise<void> {
    const { affected } = await tx.manager.update(
      ScheduleEntity,
      { tenantId: scope.tenantId, id, version },
      {
        ...changes,
        version: () => 'version + 1',
      },
    );
    if (affected !== 1) throw new Error('a locked schedule changed under its lock');
  }

  private findRequest(where: {
    tenantId: string;
    clientReference?: string;
    clientMessageId?: string;
  }): Promise<KnownRequest | null> {
    return this.database.manager.findOne(ScheduleEntity, { where, select: { id: true, requestHash: true } });
  }

  private matching(scope: TenantScope, criteria: ScheduleCriteria): SelectQueryBuilder<ScheduleEntity> {
    const query = this.database.manager
      .createQueryBuilder(ScheduleEntity, 's')
      .where('s.tenantId = :tenantId', { tenantId: scope.tenantId });
    const { pattern, type, statuses, channelId, contactId, conversationId, from, to } = criteria;
    if (pattern !== undefined) query.andWhere('s.searchText LIKE :pattern', { pattern });
    if (type !== undefined) query.andWhere('s.type = :type', { type });
    if (statuses !== undefined) query.andWhere('s.status = ANY (:statuses)', { statuses });
    if (channelId !== undefined) query.andWhere('s.channelId = :channelId', { channelId });
    if (conversationId !== undefined) query.andWhere('s.conversationId = :conversationId', { conversationId });
    if (contactId !== undefined) query.andWhere(NAMES_CONTACT, { contactId });
    if (from !== undefined) query.andWhere(`${INSTANT} >= :from`, { from });
    if (to !== undefined) query.andWhere(`${INSTANT} < :to`, { to });
    return query;
  }
}

const INSTANT = 'coalesce(s.nextRunAt, s.lastRunAt, s.createdAt)';

const NAMES_CONTACT = `(EXISTS (SELECT FROM schedule_target_contacts t
    WHERE t.tenant_id = s.tenant_id AND t.schedule_id = s.id AND t.contact_id = :contactId)
  OR EXISTS (SELECT FROM schedule_target_groups g
    JOIN group_memberships m ON m.tenant_id = g.tenant_id AND m.group_id = g.group_id AND m.contact_id = :contactId
    WHERE g.tenant_id = s.tenant_id AND g.schedule_id = s.id))`;
