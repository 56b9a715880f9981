import { Injectable } from '@nestjs/common';
import type { LaneState } from '../../../core/rate-limit/lane.js';
import type { EpochMicros } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** A channel of a tenant. */
export interface LaneKey {
  readonly tenantId: string;
  readonly channelId: string;
}

/** A lane as stored. */
export interface Lane extends LaneKey {
  readonly state: LaneState;
  /** The provider asked for a pause until then; 0 when it did not. */
  readonly heldUntilUs: EpochMicros;
}

interface LaneRow {
  tenantId: string;
  channelId: string;
  tatUs: number | string;
  lastTakenUs: number | string;
  day: string | null;
  sentToday: number;
  heldUntilUs: number | string;
}

const LANE_COLUMNS = `tenant_id AS "tenantId", channel_id AS "channelId", tat_us AS "tatUs",
  last_taken_us AS "lastTakenUs", day::text AS day, sent_today AS "sentToday", held_until_us AS "heldUntilUs"`;

/** The rate state of channels. */
@Injectable()
export class LanesRepository {
  async insert(sql: Sql, scope: TenantScope, channelId: string): Promise<void> {
    await sql.execute('INSERT INTO channel_lanes (tenant_id, channel_id) VALUES ($1, $2)', [scope.tenantId, channelId]);
  }

  /** Makes the dispatchers look at the lane again now; harmless when nothing waits. */
  async wake(sql: Sql, scope: TenantScope, channelId: string): Promise<void> {
    await sql.execute(
      'UPDATE channel_lanes SET open_at = least(open_at, clock_timestamp()) WHERE tenant_id = $1 AND channel_id = $2',
      [scope.tenantId, channelId],
    );
  }

  async lock(tx: Sql, scope: TenantScope, channelId: string): Promise<Lane | undefined> {
    const [row] = await tx.query<LaneRow>(
      `SELECT ${LANE_COLUMNS} FROM channel_lanes WHERE tenant_id = $1 AND channel_id = $2 FOR NO KEY UPDATE`,
      [scope.tenantId, channelId],
    );
    return row && toLane(row);
  }

  /** Only for a lane that is locked. */
  async setTat(tx: Sql, lane: LaneKey, tatUs: EpochMicros): Promise<void> {
    await tx.execute('UPDATE channel_lanes SET tat_us = $3 WHERE tenant_id = $1 AND channel_id = $2', [
      lane.tenantId,
      lane.channelId,
      tatUs,
    ]);
  }

  /** The provider asked for a pause: nothing of the channel goes for that long. A longer pause is never shortened. */
  async hold(sql: Sql, lane: LaneKey, ms: number): Promise<void> {
    await sql.execute(
      `UPDATE channel_lanes
          SET held_until_us = greatest(held_until_us, (extract(epoch FROM clock_timestamp()) * 1000000 + $3::float8 * 1000)::bigint)
        WHERE tenant_id = $1 AND channel_id = $2`,
      [lane.tenantId, lane.channelId, ms],
    );
  }

  async find(sql: Sql, scope: TenantScope, channelIds: readonly string[]): Promise<Map<string, Lane>> {
    const rows = await sql.query<LaneRow>(
      `SELECT ${LANE_COLUMNS} FROM channel_lanes WHERE tenant_id = $1 AND channel_id = ANY ($2::uuid[])`,
      [scope.tenantId, channelIds],
    );
    return new Map(rows.map((row) => [row.channelId, toLane(row)]));
  }

  /** When the next lane may open, in milliseconds from now by the database's clock; null when nothing waits anywhere. */
  async nextOpenInMs(sql: Sql, except: readonly string[]): Promise<number | null> {
    const rows = await sql.query<{ inMs: number }>(
      {
        name: 'lanes-next-open',
        text: `SELECT (extract(epoch FROM open_at - clock_timestamp()) * 1000)::float8 AS "inMs" FROM channel_lanes
                WHERE open_at < 'infinity' AND channel_id <> ALL ($1::uuid[]) ORDER BY open_at LIMIT 1`,
      },
      [except],
    );
    return rows[0]?.inMs ?? null;
  }
}

/** Microseconds since the epoch by the database's clock, exactly. */
export async function databaseNowUs(sql: Sql): Promise<EpochMicros> {
  const rows = await sql.query<{ us: number | string }>({
    name: 'now-us',
    text: 'SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us',
  });
  return Number(rows[0]?.us);
}

function toLane(row: LaneRow): Lane {
  const state = {
    tatUs: Number(row.tatUs),
    lastTakenUs: Number(row.lastTakenUs),
    day: row.day,
    sentToday: row.sentToday,
  };
  return { tenantId: row.tenantId, channelId: row.channelId, state, heldUntilUs: Number(row.heldUntilUs) };
}
