import { Injectable } from '@nestjs/common';
import type { Sql } from '../../../platform/database/sql.js';
import { MaterialisingRepository } from '../persistence/materialising.repository.js';
import { ReplanningRepository, type Rest, type RunningCampaign } from '../persistence/replanning.repository.js';
import type { RunKey, ScheduleVersion } from '../persistence/run-key.js';
import { CampaignPlanner } from './campaign-planner.js';
import { CampaignRest, type PlanOfRest } from './campaign-rest.js';

const PART = 5_000;

/** A campaign that was planned anew. */
export interface Replanned extends ScheduleVersion {
  readonly channelId: string;
  /** Deliveries that have a new instant. */
  readonly moved: number;
}

/** Moves deliveries of a campaign to the instants of a new plan, under the locks that the plan needs. */
@Injectable()
export class CampaignMover {
  constructor(
    private readonly repository: ReplanningRepository,
    private readonly planner: CampaignPlanner,
    private readonly rest: CampaignRest,
    private readonly lanes: MaterialisingRepository,
  ) {}

  /** Plans one campaign anew; undefined when somebody else does, or when it is not under way (any more). */
  async replan(tx: Sql, run: RunKey): Promise<Replanned | undefined> {
    const seen = await this.repository.read(tx, run);
    const campaign = seen && (await this.repository.lock(tx, run, seen.hasBegun));
    if (!campaign || campaign.status === 'PAUSED' || campaign.status === 'CANCELLED') return undefined;
    await this.planner.lock(tx, campaign.channelId);
    const rest: Rest = campaign.needsPlan ? 'rest' : 'late';
    const { settings, timeZone, respectsRateLimit } = campaign;
    const planned = await this.rest.plan(tx, {
      run,
      campaign,
      rest,
      settings,
      timeZone,
      respectsRateLimit,
      isLocking: true,
    });
    await this.write(tx, run, campaign, planned);
    await this.repository.record(tx, run, rest);
    const first = planned.plan.slots[0];
    if (first) await this.lanes.wakeLane(tx, run.tenantId, campaign.channelId, new Date(first.atMs));
    const { tenantId, scheduleId } = run;
    const { version, channelId } = campaign;
    return { tenantId, scheduleId, version, channelId, moved: planned.plan.slots.length };
  }

  private async write(tx: Sql, run: RunKey, campaign: RunningCampaign, { waiting, plan }: PlanOfRest): Promise<void> {
    const idOf = new Map(waiting.map((delivery) => [delivery.contactId, delivery.id]));
    const slots = plan.slots.map((slot) => ({
      id: idOf.get(slot.contactId) as string,
      slotAt: new Date(slot.atMs),
      slotUntil: new Date(slot.closesAtMs),
    }));
    for (let at = 0; at < slots.length; at += PART) {
      await this.repository.move(tx, run, slots.slice(at, at + PART), campaign.settings.minSpacingSeconds);
    }
    if (plan.unplaced.length > 0) {
      const ids = plan.unplaced.map((contactId) => idOf.get(contactId) as string);
      await this.repository.putOff(tx, run, ids);
    }
  }
}
