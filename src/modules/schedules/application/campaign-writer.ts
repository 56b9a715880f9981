import { Injectable } from '@nestjs/common';
import type { PlannedSlot } from '../../../core/planning/campaign-plan.js';
import type { Sql } from '../../../platform/database/sql.js';
import { AudienceRepository, type AudienceMember } from '../persistence/audience.repository.js';
import { CampaignRunsRepository, type PlannedContact } from '../persistence/campaign-runs.repository.js';
import type { RunToMaterialise, WrittenPart } from '../persistence/materialising.repository.js';
import { CampaignPlanner } from './campaign-planner.js';

const PART = 5_000;

/** What became of a campaign's whole audience. */
export interface WrittenCampaign extends WrittenPart {
  /** The first planned instant; null when nobody can be written to. */
  readonly firstAt: Date | null;
}

/**
 * Turns a campaign into deliveries, each with an instant of its own. All of it in one transaction: half a plan would be
 * none, and the instants that other campaigns of the channel see have to be all of them.
 */
@Injectable()
export class CampaignWriter {
  constructor(
    private readonly planner: CampaignPlanner,
    private readonly audiences: AudienceRepository,
    private readonly repository: CampaignRunsRepository,
  ) {}

  async write(tx: Sql, run: RunToMaterialise): Promise<WrittenCampaign> {
    const { settings, timeZone, respectsRateLimit, plannedFrom } = await this.repository.read(tx, run);
    const members = await this.audiences.ofSchedule(tx, run);
    await this.planner.lock(tx, run.channelId);
    const plan = await this.planner.plan(tx, {
      tenantId: run.tenantId,
      channelId: run.channelId,
      settings,
      timeZone,
      respectsRateLimit,
      recipients: recipientsOf(members),
      from: plannedFrom,
      planNumber: 0,
      replaces: new Set(),
      used: [],
    });
    const contacts = plannedContacts(members, plan.slots);
    const closings = [...new Set(plan.slots.map((slot) => slot.closesAtMs))].map((at) => new Date(at));
    const first = plan.slots[0];
    const firstAt = first === undefined ? null : new Date(first.atMs);
    const isOurs = await this.repository.recordPlan(tx, run, firstAt);
    if (!isOurs) throw new Error('a locked run changed under its lock');
    let [made, queued] = [0, 0];
    for (let at = 0; at < contacts.length; at += PART) {
      const written = await this.repository.write(tx, run, contacts.slice(at, at + PART), closings);
      made += written.made;
      queued += written.queued;
    }
    await this.repository.recordAudience(tx, run, members.length);
    await this.repository.awaitBeginning(tx, run, firstAt);
    return { taken: members.length, cursor: null, made, queued, firstAt };
  }
}

/** Those of an audience that can be written to. */
export function recipientsOf(members: readonly AudienceMember[]): string[] {
  return members.filter((member) => member.obstacle === null).map((member) => member.contactId);
}

function plannedContacts(members: readonly AudienceMember[], slots: readonly PlannedSlot[]): PlannedContact[] {
  const slotOf = new Map(slots.map((slot) => [slot.contactId, slot]));
  return members.map(({ contactId, phone, obstacle }, index) => {
    const slot = slotOf.get(contactId);
    const slotAt = slot === undefined ? null : new Date(slot.atMs);
    return {
      contactId,
      place: index + 1,
      phone,
      obstacle: slot ? obstacle : (obstacle ?? 'NO_ROOM'),
      slotAt,
    };
  });
}
