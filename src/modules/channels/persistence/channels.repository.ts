import { Injectable } from '@nestjs/common';
import { IsNull, type QueryDeepPartialEntity } from 'typeorm';
import { Database, type Tx } from '../../../platform/database/database.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { ChannelStatus } from '../channel-status.js';
import { ChannelEntity, type ChannelRow } from './channel.entity.js';

/** A channel with what is sealed in it. */
export type SealedChannel = ChannelRow & { readonly secrets: Buffer | null };

/** What a change of a channel may write. */
export type ChannelChanges = Partial<
  Pick<
    ChannelEntity,
    | 'name'
    | 'settings'
    | 'secrets'
    | 'timeZone'
    | 'perMinute'
    | 'burst'
    | 'perContactPerMinute'
    | 'perDay'
    | 'minSpacingSeconds'
    | 'sendingFromMinute'
    | 'sendingToMinute'
    | 'sendingWeekdays'
  >
>;

/** Work that still needs a channel. */
export interface ChannelUse {
  /** Schedules that are not final. */
  readonly openSchedules: number;
  /** Whether any delivery is still to be sent or settled. */
  readonly hasWaitingDeliveries: boolean;
}

const SEALED_COLUMNS = `tenant_id AS "tenantId", id, name, gateway, status, status_reason AS "statusReason", settings, secrets,
  time_zone AS "timeZone", per_minute AS "perMinute", burst, per_contact_per_minute AS "perContactPerMinute",
  per_day AS "perDay", min_spacing_seconds AS "minSpacingSeconds",
  sending_from_minute AS "sendingFromMinute", sending_to_minute AS "sendingToMinute", sending_weekdays AS "sendingWeekdays", version, deleted_at AS "deletedAt",
  created_at AS "createdAt", updated_at AS "updatedAt"`;

@Injectable()
export class ChannelsRepository {
  constructor(private readonly database: Database) {}

  async findLive(scope: TenantScope, id: string): Promise<ChannelRow | null> {
    const row = await this.database.findById(ChannelEntity, scope, id);
    return row?.deletedAt === null ? row : null;
  }

  /** Deleted ones too: the log still tells which channel a delivery went through. */
  findMany(scope: TenantScope, ids: readonly string[]): Promise<Map<string, ChannelRow>> {
    return this.database.findByIds(ChannelEntity, scope, ids);
  }

  /** The oldest first. */
  list(scope: TenantScope, limit?: number): Promise<ChannelRow[]> {
    return this.database.manager.find(ChannelEntity, {
      where: { tenantId: scope.tenantId, deletedAt: IsNull() },
      order: { createdAt: 'ASC', id: 'ASC' },
      ...(limit === undefined ? {} : { take: limit }),
    });
  }

  /** Live channels of any tenant, with their secrets, for the dispatcher. */
  sendable(sql: Sql, ids: readonly string[]): Promise<SealedChannel[]> {
    return sql.query<SealedChannel>(
      {
        name: 'channels-sendable',
        text: `SELECT ${SEALED_COLUMNS} FROM channels WHERE id = ANY ($1::uuid[]) AND deleted_at IS NULL`,
      },
      [ids],
    );
  }

  /** The live channel, locked until the transaction ends; also new references to it wait. */
  async lockLive(tx: Sql, scope: TenantScope, id: string): Promise<SealedChannel | undefined> {
    const rows = await tx.query<SealedChannel>(
      `SELECT ${SEALED_COLUMNS} FROM channels WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE`,
      [scope.tenantId, id],
    );
    return rows[0];
  }

  /** Whether the channel is live; if so, it cannot be deleted before the transaction ends. */
  async keepLive(tx: Sql, scope: TenantScope, id: string): Promise<boolean> {
    const rows = await tx.query(
      {
        name: 'channels-keep',
        text: 'SELECT FROM channels WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL FOR KEY SHARE',
      },
      [scope.tenantId, id],
    );
    return rows.length === 1;
  }

  async insert(
    tx: Tx,
    channel: Omit<ChannelEntity, 'version' | 'deletedAt' | 'createdAt' | 'updatedAt'>,
  ): Promise<void> {
    await tx.manager.insert(ChannelEntity, toColumns(channel));
  }

  /** Writes changes to a channel that the transaction has locked. */
  async updateLocked(tx: Tx, scope: TenantScope, id: string, changes: ChannelChanges): Promise<void> {
    await tx.manager.update(
      ChannelEntity,
      { tenantId: scope.tenantId, id, deletedAt: IsNull() },
      { ...toColumns(changes), version: () => 'version + 1' },
    );
  }

  /** True when the channel was in one of the states until now and is live. */
  async changeStatus(
    sql: Sql,
    tenantId: string,
    id: string,
    from: readonly ChannelStatus[],
    to: ChannelStatus,
    reason: string | null,
  ): Promise<boolean> {
    const changed = await sql.execute(
      `UPDATE channels SET status = $4, status_reason = $5, version = version + 1, updated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND status = ANY ($3::text[]) AND deleted_at IS NULL`,
      [tenantId, id, from, to, reason],
    );
    return changed === 1;
  }

  /** What would be left without its sender if the channel were deleted now. */
  async useOf(tx: Sql, scope: TenantScope, id: string): Promise<ChannelUse> {
    const rows = await tx.query<ChannelUse>(
      `SELECT (SELECT count(*)::int FROM schedules
                WHERE tenant_id = $1 AND channel_id = $2 AND status IN ('PENDING', 'PROCESSING', 'PAUSED')) AS "openSchedules",
              EXISTS (SELECT FROM delivery_queue WHERE channel_id = $2) AS "hasWaitingDeliveries"`,
      [scope.tenantId, id],
    );
    if (!rows[0]) throw new Error('a query without FROM returned no row');
    return rows[0];
  }

  /** Marks a locked channel as deleted and forgets its secrets. */
  async deleteLocked(tx: Sql, scope: TenantScope, id: string): Promise<void> {
    await tx.execute(
      `UPDATE channels SET deleted_at = now(), secrets = NULL, version = version + 1, updated_at = now()
        WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL`,
      [scope.tenantId, id],
    );
  }

  async contactExists(scope: TenantScope, contactId: string): Promise<boolean> {
    const rows = await this.database.query(
      'SELECT FROM contacts WHERE tenant_id = $1 AND id = $2 AND deleted_at IS NULL',
      [scope.tenantId, contactId],
    );
    return rows.length === 1;
  }
}

/** TypeORM's type for values that it writes has no word for a JSON object of any shape. */
function toColumns(values: Partial<ChannelEntity>): QueryDeepPartialEntity<ChannelEntity> {
  return values as QueryDeepPartialEntity<ChannelEntity>;
}
