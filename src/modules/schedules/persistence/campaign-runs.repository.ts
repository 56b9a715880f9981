import { Injectable } from '@nestjs/common';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Sql } from '../../../platform/database/sql.js';
import { RUN, written } from './delivery-writing-sql.js';
import type { Obstacle } from './obstacle-words.js';
import type { RunKey } from './run-key.js';

/** A campaign whose run is to be planned. */
export interface CampaignRun {
  readonly settings: CampaignSettings;
  readonly timeZone: string;
  readonly respectsRateLimit: boolean;
  readonly plannedFrom: EpochMs;
}

/** A contact of a campaign with its place in the audience and its instant. */
export interface PlannedContact {
  readonly contactId: string;
  /** From 1. */
  readonly place: number;
  readonly phone: string | null;
  readonly obstacle: Obstacle | null;
  /** null with an obstacle. */
  readonly slotAt: Date | null;
}

const RUN_OF_CAMPAIGN = {
  name: 'campaigns-run',
  text: `SELECT s.campaign AS settings, s.time_zone AS "timeZone", s.respect_rate_limit AS "respectsRateLimit",
                (extract(epoch FROM coalesce(r.planned_from, r.created_at)) * 1000)::float8 AS "plannedFrom"
           FROM schedule_runs r JOIN schedules s ON s.tenant_id = r.tenant_id AND s.id = r.schedule_id
          WHERE r.tenant_id = $1 AND r.id = $2`,
};

const WRITE_PLANNED = `
WITH ${RUN},
planned AS MATERIALIZED (
  SELECT p.contact_id, p.n, p.phone, p.obstacle, coalesce(p.slot_at, run.due_at) AS due_at
    FROM unnest($3::uuid[], $4::bigint[], $5::text[], $6::text[], $7::timestamptz[]) AS p (contact_id, n, phone, obstacle, slot_at)
   CROSS JOIN run),
${written({ at: 'made.due_at', until: '(SELECT min(closes) FROM unnest($8::timestamptz[]) AS closes WHERE closes > made.due_at)' })}
SELECT (SELECT count(*) FROM made)::int AS made, (SELECT count(*) FROM queued)::int AS queued`;

/** The run of a campaign is known by the first planned instant. */
const RECORD_PLAN = {
  name: 'campaigns-record-plan',
  text: `UPDATE schedule_runs
            SET due_at = coalesce($3, due_at), started_at = coalesce($3, due_at),
                materialised_at = clock_timestamp(), status = 'RUNNING',
                needs_plan = false
          WHERE tenant_id = $1 AND id = $2 AND status = 'CREATED'`,
};

/** Until its first instant a campaign is PENDING; with nobody to write to, its run ends at once, and it with it. */
const AWAIT_BEGINNING = {
  name: 'campaigns-await-beginning',
  text: `UPDATE schedules
            SET next_run_at = CASE WHEN status = 'PENDING' THEN $3::timestamptz END,
                status = CASE WHEN status = 'PENDING' AND $3 IS NULL THEN 'PROCESSING' ELSE status END
          WHERE tenant_id = $1 AND id = $2 AND run_count = 0`,
};

/** Writes the runs of campaigns. */
@Injectable()
export class CampaignRunsRepository {
  async read(sql: Sql, { tenantId, runId }: RunKey): Promise<CampaignRun> {
    const rows = await sql.query<CampaignRun>(RUN_OF_CAMPAIGN, [tenantId, runId]);
    return rows[0] as CampaignRun;
  }

  /** Makes the deliveries of some contacts, each at its own instant. `closings`: when the window closes, day by day. */
  async write(
    tx: Sql,
    { tenantId, runId }: RunKey,
    contacts: readonly PlannedContact[],
    closings: readonly Date[],
  ): Promise<{ made: number; queued: number }> {
    const rows = await tx.query<{ made: number; queued: number }>(WRITE_PLANNED, [
      tenantId,
      runId,
      contacts.map((contact) => contact.contactId),
      contacts.map((contact) => contact.place),
      contacts.map((contact) => contact.phone),
      contacts.map((contact) => contact.obstacle),
      contacts.map((contact) => contact.slotAt),
      closings,
    ]);
    return rows[0] as { made: number; queued: number };
  }

  /** Gives a run that is being made its instant; false when somebody else makes it. */
  async recordPlan(tx: Sql, { tenantId, runId }: RunKey, firstAt: Date | null): Promise<boolean> {
    return (await tx.execute(RECORD_PLAN, [tenantId, runId, firstAt])) === 1;
  }

  /** How large the audience was; after its deliveries are written, whose places count from what was there before. */
  async recordAudience(tx: Sql, { tenantId, runId }: RunKey, count: number): Promise<void> {
    await tx.execute('UPDATE schedule_runs SET audience_count = $3 WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      runId,
      count,
    ]);
  }

  /** Says when a campaign that has not begun will begin; null when nothing of it is to be sent. */
  async awaitBeginning(tx: Sql, { tenantId, scheduleId }: RunKey, firstAt: Date | null): Promise<void> {
    await tx.execute(AWAIT_BEGINNING, [tenantId, scheduleId, firstAt]);
  }
}
