import { Injectable } from '@nestjs/common';
import { sendingHoursOf } from '../../../core/openings/sending-hours.js';
import type { CampaignDraft } from '../../../core/planning/check-campaign.js';
import type { CampaignSettings } from '../../../core/planning/campaign-settings.js';
import { isFinal } from '../../../core/scheduling/schedule-words.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { conflict, invalid, notFound, type Refusal } from '../../../core/values/refusal.js';
import type { Violation } from '../../../core/values/violation.js';
import { Database } from '../../../platform/database/database.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import type { RunningCampaign } from '../persistence/replanning.repository.js';
import type { RunKey } from '../persistence/run-key.js';
import { SchedulesRepository } from '../persistence/schedules.repository.js';
import { editedCampaign } from './campaign-edit.js';
import { CampaignRest } from './campaign-rest.js';
import { CampaignRoom } from './campaign-room.js';
import type { ForecastPlan } from './plan-forecast.js';
import { zoneOf } from './schedule-columns.js';
import { ScheduleReferences } from './schedule-references.js';
import type { ScheduleRow } from './schedule-rows.js';

/** What the rest of a campaign would be under other settings. */
export interface PlanOfWhatIf {
  readonly row: ScheduleRow;
  readonly settings: CampaignSettings;
  readonly plan: ForecastPlan;
}

/** Plans the rest of a campaign as if it were edited now, and changes nothing. */
@Injectable()
export class CampaignWhatIf {
  constructor(
    private readonly database: Database,
    private readonly schedules: SchedulesRepository,
    private readonly references: ScheduleReferences,
    private readonly rest: CampaignRest,
    private readonly room: CampaignRoom,
  ) {}

  /** Without a draft, the rest under its present settings, as after a pause. */
  async plan(
    scope: TenantScope,
    scheduleId: string,
    draft: CampaignDraft | null | undefined,
    shape: readonly Violation[],
  ): Promise<Result<PlanOfWhatIf, Refusal>> {
    const row = isId(scheduleId) ? await this.schedules.find(scope, scheduleId) : null;
    if (!row) return err(notFound('schedule', scheduleId));
    if (row.campaign === null) {
      const message = 'is not a campaign: only what is planned can be planned otherwise';
      return err(invalid([...shape, { field: 'scheduleId', rule: 'campaign', message }]));
    }
    const found = await this.rest.find(this.database, { tenantId: scope.tenantId, scheduleId });
    if (!found) return err(conflict(nothingLeft(row), { status: row.status, version: row.version }));
    const { run, campaign } = found;
    const channel = (await this.references.channel(scope, row.channelId)).value;
    const edited = editedCampaign(row, { campaign: draft }, channel && sendingHoursOf(channel), campaign.now);
    const violations = [...shape, ...edited.violations];
    if (edited.settings !== null && channel !== null && violations.length === 0) {
      const { timeZone, respectRateLimit: respectsRateLimit } = row;
      const { now } = campaign;
      const toFit = { settings: edited.settings, channel, zone: zoneOf(timeZone), respectsRateLimit, now };
      violations.push(...(await this.room.checkRest(this.database, run, toFit)));
    }
    if (violations.length > 0) return err(invalid(violations));
    const settings = edited.settings ?? row.campaign;
    return ok({ row, settings, plan: await this.forecast(run, row, campaign, settings) });
  }

  private async forecast(
    run: RunKey,
    row: ScheduleRow,
    campaign: RunningCampaign,
    settings: CampaignSettings,
  ): Promise<ForecastPlan> {
    const { timeZone, respectRateLimit: respectsRateLimit } = row;
    const wanted = { run, campaign, rest: 'rest' as const, settings, timeZone, respectsRateLimit, isLocking: false };
    const { waiting, plan } = await this.rest.plan(this.database, wanted);
    const obstacles = await this.rest.unreachable(this.database, run, waiting);
    const slots = plan.slots.filter(({ contactId }) => !obstacles.has(contactId));
    const unplaced = plan.unplaced.filter((contactId) => !obstacles.has(contactId));
    const variations = new Map(waiting.map(({ contactId, variation }) => [contactId, variation]));
    const zone = zoneOf(timeZone);
    if (zone === null) throw new Error(`a stored time zone is not known to this runtime: ${timeZone}`);
    return {
      planned: slots.map(({ contactId, atMs }) => ({
        contactId,
        at: new Date(atMs),
        variation: variations.get(contactId) ?? null,
      })),
      excluded: [
        ...[...obstacles].map(([contactId, reason]) => ({ contactId, reason })),
        ...unplaced.map((contactId) => ({ contactId, reason: 'NO_ROOM' as const })),
      ],
      firstSendMs: slots[0]?.atMs ?? null,
      lastSendMs: slots.at(-1)?.atMs ?? null,
      facts: {
        zone,
        unplaced: unplaced.length,
        sameMinute: plan.sameMinute.filter((contactId) => !obstacles.has(contactId)).length,
        localTimePassed: 0,
        spacing: { askedMs: settings.minSpacingSeconds * 1_000, plannedMs: plan.spacingMs },
        densest: plan.densest,
      },
    };
  }
}

function nothingLeft({ status }: ScheduleRow): string {
  if (isFinal(status)) return `The campaign is ${status}: nothing of it is left to plan.`;
  return 'The campaign is being planned at this moment. Try again in a moment.';
}
