import { Injectable } from '@nestjs/common';
import type { EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import { addressed, LOOKED_UP } from './audience-sql.js';
import type { InstantsByZone } from './materialising.repository.js';
import type { Obstacle } from './obstacle-words.js';
import type { ScheduleKey } from './run-key.js';

/** A contact of an audience. */
export interface AudienceMember {
  readonly contactId: string;
  readonly phone: string | null;
  /** Why it gets nothing; null when it does. */
  readonly obstacle: Obstacle | null;
  /** The instant of its own zone; null when it gets the run's. */
  readonly localAtMs: EpochMs | null;
}

/** Contacts and groups as a client names them. */
export interface NamedTargets {
  readonly contactIds: readonly string[];
  readonly groupIds: readonly string[];
}

const MEMBERS = `
SELECT contact_id AS "contactId", phone, obstacle, (extract(epoch FROM local_at) * 1000)::float8 AS "localAtMs"
  FROM addressed ORDER BY n`;

const IN_ORDER = (members: string) => `
audience AS MATERIALIZED (
  SELECT contact_id, row_number() OVER (ORDER BY contact_id) AS n FROM (${members}) members)`;

const OF_SCHEDULE = `
WITH ${IN_ORDER(`
  SELECT t.contact_id FROM schedule_target_contacts t WHERE t.tenant_id = $1 AND t.schedule_id = $2
  UNION
  SELECT gm.contact_id FROM schedule_target_groups g
    JOIN group_memberships gm ON gm.tenant_id = g.tenant_id AND gm.group_id = g.group_id
   WHERE g.tenant_id = $1 AND g.schedule_id = $2`)},
instants AS (SELECT NULL::text AS zone, NULL::timestamptz AS at WHERE false),
${LOOKED_UP},
${addressed('')}
${MEMBERS}`;

/** $6 is the nominal instant, $7 the time at which the run is made. */
const OF_TARGETS = `
WITH ${IN_ORDER(`
  SELECT contact_id FROM unnest($2::uuid[]) AS named (contact_id)
  UNION
  SELECT gm.contact_id FROM group_memberships gm WHERE gm.tenant_id = $1 AND gm.group_id = ANY ($3::uuid[])`)},
instants AS MATERIALIZED (SELECT zone, at FROM unnest($4::text[], $5::timestamptz[]) AS given (zone, at)),
${LOOKED_UP},
${addressed(`WHEN l.local_at <> $6::timestamptz AND l.local_at < $7::timestamptz - interval '1 minute' THEN 'LOCAL_TIME_PASSED'`)}
${MEMBERS}`;

/** Also of contacts that have a delivery already: what keeps them from getting it when its turn comes. */
const OBSTACLES = `
WITH audience AS MATERIALIZED (SELECT contact_id, n FROM unnest($2::uuid[]) WITH ORDINALITY AS given (contact_id, n)),
instants AS (SELECT NULL::text AS zone, NULL::timestamptz AS at WHERE false),
${LOOKED_UP}
SELECT contact_id AS "contactId", obstacle FROM looked_up WHERE obstacle IS NOT NULL`;

const COUNT = `
SELECT count(*)::int AS count FROM (
  SELECT contact_id FROM unnest($2::uuid[]) AS named (contact_id)
  UNION
  SELECT gm.contact_id FROM group_memberships gm WHERE gm.tenant_id = $1 AND gm.group_id = ANY ($3::uuid[])) members`;

const ZONES_OF_TARGETS = `
SELECT DISTINCT c.time_zone AS zone
  FROM (SELECT contact_id FROM unnest($2::uuid[]) AS named (contact_id)
        UNION
        SELECT gm.contact_id FROM group_memberships gm WHERE gm.tenant_id = $1 AND gm.group_id = ANY ($3::uuid[])) members
  JOIN contacts c ON c.tenant_id = $1 AND c.id = members.contact_id
 WHERE c.time_zone IS NOT NULL`;

/** Reads whole audiences, in the order in which they become deliveries. */
@Injectable()
export class AudienceRepository {
  /** The audience of a stored schedule, as it is now. */
  ofSchedule(sql: Sql, { tenantId, scheduleId }: ScheduleKey): Promise<AudienceMember[]> {
    return sql.query<AudienceMember>(OF_SCHEDULE, [tenantId, scheduleId]);
  }

  /** What keeps some of the contacts from getting anything, as it is now; the others are left out. */
  async obstacles(sql: Sql, tenantId: string, contactIds: readonly string[]): Promise<Map<string, Obstacle>> {
    const rows = await sql.query<{ contactId: string; obstacle: Obstacle }>(OBSTACLES, [tenantId, contactIds]);
    return new Map(rows.map(({ contactId, obstacle }) => [contactId, obstacle]));
  }

  /** How many contacts are meant, also those that cannot be written to. */
  async count(sql: Sql, tenantId: string, { contactIds, groupIds }: NamedTargets): Promise<number> {
    const rows = await sql.query<{ count: number }>(COUNT, [tenantId, contactIds, groupIds]);
    return rows[0]?.count ?? 0;
  }

  /** The audience that a schedule for these targets would have, if its run at `dueAt` were made at `now`. */
  ofTargets(
    sql: Sql,
    tenantId: string,
    { contactIds, groupIds }: NamedTargets,
    { zones, instants }: InstantsByZone,
    dueAt: Date,
    now: Date,
  ): Promise<AudienceMember[]> {
    const parameters = [tenantId, contactIds, groupIds, zones, instants, dueAt, now];
    return sql.query<AudienceMember>(OF_TARGETS, parameters);
  }

  /** The zones that the audience of these targets has. */
  async zonesOfTargets(sql: Sql, tenantId: string, { contactIds, groupIds }: NamedTargets): Promise<string[]> {
    const rows = await sql.query<{ zone: string }>(ZONES_OF_TARGETS, [tenantId, contactIds, groupIds]);
    return rows.map((row) => row.zone);
  }
}
