import { Injectable } from '@nestjs/common';
import type { WaitReason } from '../../../core/delivery/delivery-state.js';
import type { Sql } from '../../../platform/database/sql.js';
import { MaterialisingRepository } from '../persistence/materialising.repository.js';
import { ReplanningRepository, type Rest, type RunningCampaign } from '../persistence/replanning.repository.js';
import type { RunKey, ScheduleVersion } from '../persistence/run-key.js';
import { CampaignPlanner } from './campaign-planner.js';
import { CampaignRest, type PlanOfRest } from './campaign-rest.js';

const PART = 5_000;

/** A delivery with another instant than before, or with none for the time being. */
export interface MovedDelivery {
  readonly id: string;
  readonly contactId: string;
  readonly version: number;
  /** Why it waited before. */
  readonly waitReason: WaitReason;
}

/** A campaign that was planned anew. */
export interface Replanned extends RunKey, ScheduleVersion {
  readonly channelId: string;
  /** Deliveries that have a new instant. */
  readonly moved: number;
  /** These, and those for which nothing was free. */
  readonly deliveries: readonly MovedDelivery[];
}

/** Somebody changed the campaign while it was planned: what was written has to be rolled back, and is planned again. */
export class Overtaken extends Error {}

/** Moves deliveries of a campaign to the instants of a new plan, under the locks that the plan needs. */
@Injectable()
export class CampaignMover {
  constructor(
    private readonly repository: ReplanningRepository,
    private readonly planner: CampaignPlanner,
    private readonly rest: CampaignRest,
    private readonly lanes: MaterialisingRepository,
  ) {}

  /**
   * Plans one campaign anew; undefined when somebody else does, or when it is not under way (any more). Its schedule is
   * not locked while that takes its seconds: a change meanwhile is not waited for and not made to wait, but noticed at the
   * end, and then this throws {@link Overtaken}.
   */
  async replan(tx: Sql, run: RunKey): Promise<Replanned | undefined> {
    const campaign = await this.repository.lock(tx, run);
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
    const deliveries = await this.write(tx, run, campaign, planned);
    const { version, channelId } = campaign;
    if (!(await this.repository.hold(tx, run, campaign))) throw new Overtaken();
    await this.repository.record(tx, run, rest);
    const first = planned.plan.slots[0];
    if (first) await this.lanes.wakeLane(tx, run.tenantId, channelId, new Date(first.atMs));
    return { ...run, version, channelId, moved: planned.plan.slots.length, deliveries };
  }

  private async write(
    tx: Sql,
    run: RunKey,
    campaign: RunningCampaign,
    { waiting, plan }: PlanOfRest,
  ): Promise<MovedDelivery[]> {
    const idOf = new Map(waiting.map((delivery) => [delivery.contactId, delivery.id]));
    const slots = plan.slots.map((slot) => ({
      id: idOf.get(slot.contactId) as string,
      slotAt: new Date(slot.atMs),
      slotUntil: new Date(slot.closesAtMs),
    }));
    const versions = new Map<string, number>();
    for (let at = 0; at < slots.length; at += PART) {
      const part = slots.slice(at, at + PART);
      const moved = await this.repository.move(tx, run, part, campaign.settings.minSpacingSeconds);
      for (const { id, version } of moved) versions.set(id, version);
    }
    if (plan.unplaced.length > 0) {
      const ids = plan.unplaced.map((contactId) => idOf.get(contactId) as string);
      for (const { id, version } of await this.repository.putOff(tx, run, ids)) versions.set(id, version);
    }
    return waiting.flatMap(({ id, contactId, waitReason }) => {
      const version = versions.get(id);
      return version === undefined ? [] : [{ id, contactId, waitReason, version }];
    });
  }
}
