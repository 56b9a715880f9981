import { Injectable } from '@nestjs/common';
import { CLAIM_LEAD_MS } from '../../../core/dispatch/claim-lead.js';
import type { ScheduleType } from '../../../core/scheduling/schedule-words.js';
import type { Sql, Statement } from '../../../platform/database/sql.js';
import { addressed, LOOKED_UP } from './audience-sql.js';
import { NO_SLOT, RUN, written } from './delivery-writing-sql.js';
import type { RunKey } from './run-key.js';

/** A run whose audience is being written down, locked until the transaction ends. */
export interface RunToMaterialise extends RunKey {
  readonly channelId: string;
  readonly type: ScheduleType;
  /** The schedule's. */
  readonly version: number;
  readonly isPaused: boolean;
  readonly dueAt: Date;
  readonly timeZone: string;
  readonly perContactTimeZone: boolean;
  /** The last contact that has its delivery; null before the first. */
  readonly cursor: string | null;
}

/** What one part of an audience became. */
export interface WrittenPart {
  /** Contacts in this part; fewer than were asked for when the audience is exhausted. */
  readonly taken: number;
  /** The last of them; null when there is none. */
  readonly cursor: string | null;
  /** Deliveries that were made by this, with those that cannot be sent. */
  readonly made: number;
  /** Deliveries that are in the queue now. */
  readonly queued: number;
}

/** Zones, and beside each the instant at which contacts of that zone get their message. */
export interface InstantsByZone {
  readonly zones: readonly string[];
  readonly instants: readonly Date[];
}

/** Every contact gets it at the run's instant. */
export const ONE_INSTANT: InstantsByZone = { zones: [], instants: [] };

/** A delivery that was just made. */
export interface MadeDelivery {
  readonly id: string;
  readonly contactId: string;
  readonly status: 'pending' | 'suppressed';
}

const NOBODY = '00000000-0000-0000-0000-000000000000';

// Nothing here waits for a lock: a run or schedule that somebody holds is stepped over, so the order in which the two
// are locked cannot lead to a deadlock. The share lock keeps a pause or cancel out until the part is written.
const PICK_RUN = {
  name: 'runs-pick-to-materialise',
  text: `SELECT r.tenant_id AS "tenantId", r.id AS "runId", r.schedule_id AS "scheduleId", s.channel_id AS "channelId",
                s.type, s.version, s.status = 'PAUSED' AS "isPaused", r.audience_cursor AS cursor, r.due_at AS "dueAt",
                s.time_zone AS "timeZone", s.per_contact_time_zone AS "perContactTimeZone"
           FROM schedule_runs r
           JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id
          WHERE r.status = 'CREATED' AND s.status <> 'CANCELLED'
          ORDER BY r.materialised_at LIMIT 1
            FOR NO KEY UPDATE OF r SKIP LOCKED FOR SHARE OF s SKIP LOCKED`,
};

/** $3 is the cursor, $4 the size of the part. Each group gives at most one part of its members, whatever its size. */
const AUDIENCE_OF_TARGETS = `
  SELECT contact_id, row_number() OVER (ORDER BY contact_id) AS n
    FROM (SELECT DISTINCT contact_id
            FROM ((SELECT t.contact_id FROM schedule_target_contacts t, run
                    WHERE t.tenant_id = run.tenant_id AND t.schedule_id = run.schedule_id AND t.contact_id > $3
                    ORDER BY t.contact_id LIMIT $4)
                  UNION ALL
                  SELECT m.contact_id FROM run
                    JOIN schedule_target_groups g ON g.tenant_id = run.tenant_id AND g.schedule_id = run.schedule_id
                   CROSS JOIN LATERAL (SELECT gm.contact_id FROM group_memberships gm
                                        WHERE gm.tenant_id = g.tenant_id AND gm.group_id = g.group_id AND gm.contact_id > $3
                                        ORDER BY gm.contact_id LIMIT $4) m) every_part
           ORDER BY contact_id LIMIT $4) part`;

/** $3 names the contacts in their order. */
const AUDIENCE_IN_ORDER = `
  SELECT contact_id, n FROM unnest($3::uuid[]) WITH ORDINALITY AS given (contact_id, n)`;

/**
 * What a part of a run is made of. The number of an earlier part's contact is asked of the deliveries that were made, not
 * of the audience, which may have changed since; in a scalar subquery, because as a join the planner, while the table
 * grows, has been seen to read the whole run for each contact.
 */
const ADDRESSED_IN_RUN = addressed(`
              WHEN (SELECT run.audience_cursor FROM run) IS NOT NULL AND EXISTS (
                     SELECT FROM contacts other
                      WHERE other.tenant_id = $1 AND other.phone_key = l.number AND other.id <> l.contact_id
                        AND (SELECT d.status <> 'suppressed' FROM deliveries d
                              WHERE d.tenant_id = $1 AND d.run_id = $2 AND d.contact_id = other.id)) THEN 'DUPLICATE'
              WHEN l.local_at IS DISTINCT FROM (SELECT run.due_at FROM run)
                   AND l.local_at < (SELECT run.created_at - interval '1 minute' FROM run) THEN 'LOCAL_TIME_PASSED'`);

/** Where a contact's own instant comes from: zones and instants side by side, or nowhere. */
const INSTANTS_BY_ZONE = (zones: string, instants: string) =>
  `SELECT zone, at FROM unnest(${zones}::text[], ${instants}::timestamptz[]) AS given (zone, at)`;
const NO_INSTANTS = `SELECT NULL::text AS zone, NULL::timestamptz AS at WHERE false`;

/**
 * One part of an audience as deliveries, and as queue rows for those that may be sent. `instants` gives contacts of some
 * zones an instant of their own; the others get the run's.
 */
function writePart(audience: string, instants: string, result: string): string {
  return `
WITH ${RUN},
audience AS MATERIALIZED (${audience}),
instants AS MATERIALIZED (${instants}),
${LOOKED_UP},
${ADDRESSED_IN_RUN},
planned AS MATERIALIZED (
  SELECT a.contact_id, a.n, a.phone, a.obstacle, coalesce(a.local_at, run.due_at) AS due_at
    FROM addressed a CROSS JOIN run),
${written(NO_SLOT)}
${result}`;
}

// Without a name, so that each part is planned for the tables as they are now: a plan that is kept from when they were
// empty is wrong a second later.
const WRITE_NEXT_PART = writePart(
  AUDIENCE_OF_TARGETS,
  INSTANTS_BY_ZONE('$5', '$6'),
  `SELECT (SELECT count(*) FROM audience)::int AS taken, (SELECT count(*) FROM made)::int AS made,
            (SELECT contact_id FROM audience ORDER BY n DESC LIMIT 1) AS cursor, (SELECT count(*) FROM queued)::int AS queued`,
);

const ZONES_OF_NEXT_PART = `
WITH ${RUN},
audience AS MATERIALIZED (${AUDIENCE_OF_TARGETS})
SELECT DISTINCT c.time_zone AS zone FROM audience a
  JOIN contacts c ON c.tenant_id = $1 AND c.id = a.contact_id
 WHERE c.time_zone IS NOT NULL`;

const WRITE_IN_ORDER: Statement = {
  name: 'runs-write-in-order',
  text: writePart(AUDIENCE_IN_ORDER, NO_INSTANTS, `SELECT id, contact_id AS "contactId", status FROM made ORDER BY id`),
};

const RECORD_PART = {
  name: 'runs-record-part',
  text: `UPDATE schedule_runs
            SET audience_cursor = coalesce($3, audience_cursor), audience_count = audience_count + $4,
                materialised_at = clock_timestamp(), status = CASE WHEN $5 THEN 'RUNNING' ELSE status END
          WHERE tenant_id = $1 AND id = $2 AND status = 'CREATED' AND audience_cursor IS NOT DISTINCT FROM $6`,
};

// Whatever open_at says now: a claim that holds the lane and cannot see this transaction's deliveries is about to write a
// later one, so the lane is waited for. A condition on open_at would look at the value before that claim, and pass it over.
const WAKE_LANE = {
  name: 'schedules-wake-lane',
  text: `UPDATE channel_lanes SET open_at = least(open_at, coalesce($3::timestamptz - interval '${CLAIM_LEAD_MS} milliseconds', clock_timestamp()))
          WHERE tenant_id = $1 AND channel_id = $2`,
};

/** Turns the audience of a run into deliveries. */
@Injectable()
export class MaterialisingRepository {
  /** The run that has waited longest for its next part, locked, of those that nobody else works on. */
  async pickRun(tx: Sql): Promise<RunToMaterialise | undefined> {
    const rows = await tx.query<RunToMaterialise>(PICK_RUN);
    return rows[0];
  }

  /** The zones of the next contacts after the run's cursor. */
  async zonesOfNextPart(tx: Sql, run: RunToMaterialise, size: number): Promise<string[]> {
    const rows = await tx.query<{ zone: string }>(ZONES_OF_NEXT_PART, [
      run.tenantId,
      run.runId,
      run.cursor ?? NOBODY,
      size,
    ]);
    return rows.map((row) => row.zone);
  }

  /** Makes the deliveries of the next contacts after the run's cursor, each at the instant of its zone or at the run's. */
  async writeNextPart(
    tx: Sql,
    run: RunToMaterialise,
    size: number,
    { zones, instants }: InstantsByZone,
  ): Promise<WrittenPart> {
    const rows = await tx.query<WrittenPart>(WRITE_NEXT_PART, [
      run.tenantId,
      run.runId,
      run.cursor ?? NOBODY,
      size,
      zones,
      instants,
    ]);
    return rows[0] as WrittenPart;
  }

  /** Makes the deliveries of the given contacts; their ids rise in the order of the contacts. */
  writeInOrder(
    tx: Sql,
    run: Pick<RunKey, 'tenantId' | 'runId'>,
    contactIds: readonly string[],
  ): Promise<MadeDelivery[]> {
    return tx.query<MadeDelivery>(WRITE_IN_ORDER, [run.tenantId, run.runId, contactIds]);
  }

  /** Moves the run's cursor on; false when somebody else did, and then nothing of this part may be kept. */
  async recordPart(tx: Sql, run: RunToMaterialise, part: WrittenPart, isLast: boolean): Promise<boolean> {
    const changed = await tx.execute(RECORD_PART, [
      run.tenantId,
      run.runId,
      part.cursor,
      part.taken,
      isLast,
      run.cursor,
    ]);
    return changed === 1;
  }

  /** Lets other runs go first, after a part of this one could not be written. */
  async letOthersPass(sql: Sql, run: RunKey): Promise<void> {
    await sql.execute('UPDATE schedule_runs SET materialised_at = clock_timestamp() WHERE tenant_id = $1 AND id = $2', [
      run.tenantId,
      run.runId,
    ]);
  }

  /** Makes the dispatchers look at a channel at that time, or now. The last statement of a transaction. */
  async wakeLane(tx: Sql, tenantId: string, channelId: string, at: Date | null): Promise<void> {
    await tx.execute(WAKE_LANE, [tenantId, channelId, at]);
  }
}
