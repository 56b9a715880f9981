import { allocatePermits, type Candidate } from '../../src/core/dispatch/allocate-permits.js';
import { dayNumberAt, type OpeningHours } from '../../src/core/openings/openings.js';
import type { CampaignPlan, CampaignPlanInput, PlannedSlot } from '../../src/core/planning/campaign-plan.js';
import { planCampaign } from '../../src/core/planning/plan-campaign.js';
import { randomOf } from '../../src/core/planning/seeded-random.js';
import { laneDay } from '../../src/core/rate-limit/lane-day.js';
import { decideLane, takeFromLane, UNUSED_LANE, type LanePolicy } from '../../src/core/rate-limit/lane.js';
import { contactQuota } from '../../src/core/rate-limit/quota.js';
import type { DayNumber } from '../../src/core/recurrence/civil-date.js';

/** What of a campaign can be edited. */
export interface Settings {
  readonly hours: OpeningHours;
  readonly maxPerDay: number;
  readonly spacingMs: number;
}

/** What happens to a campaign and its server from outside. */
export type Disturbance =
  | { readonly atMs: number; readonly kind: 'pause' | 'resume' | 'down' | 'up' }
  | { readonly atMs: number; readonly kind: 'edit'; readonly settings: Settings };

export interface Scenario {
  readonly seed: string;
  readonly startMs: number;
  readonly contacts: readonly string[];
  readonly settings: Settings;
  readonly channel: { readonly policy: LanePolicy; readonly hours: OpeningHours };
  /** Rising. */
  readonly disturbances: readonly Disturbance[];
  /** When messages of higher priority arrive; rising. */
  readonly interactiveMs: readonly number[];
}

/** A message that the gateway got. */
export interface LedgerEntry {
  readonly atUs: number;
  readonly contactId: string;
  /** null for a message that is not of the campaign. */
  readonly slot: PlannedSlot | null;
  /** What was in force when it went. */
  readonly settings: Settings;
}

interface Due extends Candidate {
  readonly slot: PlannedSlot | null;
}

const LATE_AFTER_MS = 60_000;
const REPLANNER_INTERVAL_MS = 5_000;
const LOOK_AHEAD = 10;
const LONGEST_WAKE_UP_US = 30_000;
const LAST_DAY = 900;

/**
 * A channel with one campaign on a virtual clock: a model of the server around the functions that decide in it, which are
 * the real ones: planning, lanes and the sharing out of permits. It runs until the campaign is over.
 */
export class CampaignWorld {
  readonly ledger: LedgerEntry[] = [];
  readonly done = { plans: 0, moved: 0 };
  private settings: Settings;
  private nowUs: number;
  private lane = UNUSED_LANE;
  private planNumber = 0;
  private isPaused = false;
  private isDown = false;
  /** Planned and not yet due: rising from `next` on. */
  private upcoming: PlannedSlot[] = [];
  private next = 0;
  private due: Due[] = [];
  private nextInteractive = 0;
  private nextDisturbance = 0;
  private readonly sent = new Map<DayNumber, number>();
  private readonly wakeUps;

  constructor(private readonly scenario: Scenario) {
    this.settings = scenario.settings;
    this.nowUs = scenario.startMs * 1_000;
    this.wakeUps = randomOf(`${scenario.seed}:wake-ups`);
    this.planRest(scenario.contacts);
  }

  run(): void {
    for (let atUs = this.nextEventUs(); atUs < Infinity; atUs = this.nextEventUs()) {
      if (atUs < this.nowUs) throw new Error('the clock went back');
      this.nowUs = atUs;
      this.disturb();
      this.admit();
      if (this.isDown) continue;
      if (!this.isPaused) this.planLate();
      this.claim();
    }
  }

  private get nowMs(): number {
    return Math.floor(this.nowUs / 1_000);
  }

  private nextEventUs(): number {
    const { disturbances, interactiveMs } = this.scenario;
    const disturbanceUs = (disturbances[this.nextDisturbance]?.atMs ?? Infinity) * 1_000;
    const isOver = this.next === this.upcoming.length && !this.due.some((delivery) => delivery.slot !== null);
    if (isOver && !this.isPaused) return Infinity;
    if (this.isDown) return disturbanceUs;
    const slotMs = this.isPaused ? Infinity : (this.upcoming[this.next]?.atMs ?? Infinity);
    const arrivalUs = Math.min(slotMs, interactiveMs[this.nextInteractive] ?? Infinity) * 1_000;
    const wakeUpUs = Math.min(arrivalUs, this.openUs()) + this.wakeUps.below(LONGEST_WAKE_UP_US);
    return Math.max(this.nowUs, Math.min(disturbanceUs, wakeUpUs, this.replannerUs()));
  }

  /** When something that is due may go, as far as lane and distances are concerned. */
  private openUs(): number {
    const { policy, hours } = this.scenario.channel;
    const ready = this.due.filter((delivery) => this.maySend(delivery)).map((delivery) => delivery.readyAtUs);
    if (ready.length === 0) return Infinity;
    const closedUntilUs = decideLane(policy, this.lane, this.nowUs, hours).closedUntilUs ?? this.nowUs;
    return Math.max(closedUntilUs, Math.min(...ready));
  }

  /** When the replanner looks next after something became late. */
  private replannerUs(): number {
    if (this.isPaused) return Infinity;
    const lateMs = Math.min(...this.due.map(({ slot }) => (slot ? lateFromMs(slot) : Infinity)));
    return (Math.floor(lateMs / REPLANNER_INTERVAL_MS) + 1) * REPLANNER_INTERVAL_MS * 1_000;
  }

  private maySend({ slot }: Due): boolean {
    return slot === null || (!this.isPaused && slot.closesAtMs * 1_000 > this.nowUs);
  }

  private disturb(): void {
    const { disturbances } = this.scenario;
    for (; (disturbances[this.nextDisturbance]?.atMs ?? Infinity) * 1_000 <= this.nowUs; this.nextDisturbance++) {
      const disturbance = disturbances[this.nextDisturbance]!;
      if (disturbance.kind === 'edit') this.settings = disturbance.settings;
      if (disturbance.kind === 'pause' || disturbance.kind === 'resume') this.isPaused = disturbance.kind === 'pause';
      if (disturbance.kind === 'down' || disturbance.kind === 'up') this.isDown = disturbance.kind === 'down';
      if (disturbance.kind === 'edit' || disturbance.kind === 'resume') this.planRest(this.contactsLeft());
    }
  }

  private contactsLeft(): string[] {
    const waiting = this.due.flatMap(({ slot }) => (slot ? [slot.contactId] : []));
    return [...waiting, ...this.upcoming.slice(this.next).map((slot) => slot.contactId)];
  }

  private admit(): void {
    const { interactiveMs } = this.scenario;
    for (; (interactiveMs[this.nextInteractive] ?? Infinity) * 1_000 <= this.nowUs; this.nextInteractive++) {
      const contactId = `interactive ${this.nextInteractive}`;
      const readyAtUs = interactiveMs[this.nextInteractive]! * 1_000;
      this.due.push({ contactId, contactTatUs: 0, express: false, spacingUs: 0, slot: null, readyAtUs });
    }
    for (; (this.upcoming[this.next]?.atMs ?? Infinity) * 1_000 <= this.nowUs; this.next++) {
      const slot = this.upcoming[this.next]!;
      const spacingUs = this.settings.spacingMs * 1_000;
      this.due.push({ contactId: slot.contactId, contactTatUs: 0, express: false, spacingUs, slot, readyAtUs: slot.atMs * 1_000 }); // prettier-ignore
    }
  }

  private claim(): void {
    const { policy, hours } = this.scenario.channel;
    const day = laneDay(hours, this.nowUs);
    const { permits } = decideLane(policy, this.lane, this.nowUs, hours, day);
    if (permits === 0) return;
    const candidates = this.due
      .filter((delivery) => delivery.readyAtUs <= this.nowUs && this.maySend(delivery))
      .sort((a, b) => Number(a.slot !== null) - Number(b.slot !== null) || a.readyAtUs - b.readyAtUs)
      .slice(0, permits + LOOK_AHEAD);
    const lane = { room: 100, permits, lastTakenUs: this.lane.lastTakenUs };
    const { taken, deferred, permitsUsed } = allocatePermits(candidates, lane, QUOTA, this.nowUs);
    this.lane = takeFromLane(policy, this.lane, this.nowUs, permitsUsed, day);
    const gone = new Set(taken);
    const later = new Map(deferred.map(({ candidate, retryAtUs }) => [candidate, retryAtUs]));
    this.due = this.due
      .filter((delivery) => !gone.has(delivery))
      .map((delivery) => (later.has(delivery) ? { ...delivery, readyAtUs: later.get(delivery)! } : delivery));
    for (const { contactId, slot } of taken)
      this.record({ atUs: this.nowUs, contactId, slot, settings: this.settings });
  }

  private record(entry: LedgerEntry): void {
    this.ledger.push(entry);
    if (entry.slot === null) return;
    const day = dayNumberAt(this.settings.hours.zone, this.nowMs);
    this.sent.set(day, (this.sent.get(day) ?? 0) + 1);
  }

  private planRest(contacts: readonly string[]): void {
    this.due = this.due.filter((delivery) => delivery.slot === null);
    this.upcoming = [...this.plan(contacts, []).slots];
    this.next = 0;
  }

  /** What passed its instant by more than the tolerance, or outlived its day, gets another one; the others keep theirs. */
  private planLate(): void {
    const isLate = ({ slot }: Due): boolean => slot !== null && lateFromMs(slot) * 1_000 < this.nowUs;
    const late = this.due.filter(isLate).map((delivery) => delivery.contactId);
    if (late.length === 0) return;
    this.due = this.due.filter((delivery) => !isLate(delivery));
    const waiting = this.due.flatMap(({ slot }) => slot ?? []);
    const kept = this.upcoming.slice(this.next);
    const { slots } = this.plan(late, [...waiting, ...kept]);
    this.done.moved += slots.length;
    this.upcoming = merged(kept, slots);
    this.next = 0;
  }

  private plan(recipients: readonly string[], kept: readonly PlannedSlot[]): CampaignPlan {
    const { channel, seed } = this.scenario;
    const { hours, maxPerDay, spacingMs } = this.settings;
    const usedPerDay = new Map(this.sent);
    for (const { day } of kept) usedPerDay.set(day, (usedPerDay.get(day) ?? 0) + 1);
    const startsOn = dayNumberAt(hours.zone, this.nowMs);
    const lastTakenMs = Math.ceil(this.lane.lastTakenUs / 1_000);
    // A full day is not looked at, and what lies on it is in nobody’s way but for the days beside it.
    const hasRoom = (day: DayNumber): boolean => (usedPerDay.get(day) ?? 0) < maxPerDay;
    const near = kept.filter(({ day }) => hasRoom(day) || hasRoom(day - 1) || hasRoom(day + 1));
    const reserved = near.map(({ atMs }) => ({ atMs, untilMs: atMs, spacingMs }));
    const plan = planCampaign({
      hours,
      channelHours: channel.hours,
      fromMs: Math.ceil(this.nowUs / 1_000),
      startsOn,
      lastDay: startsOn + LAST_DAY,
      maxPerDay,
      usedPerDay,
      dailyCap: this.dailyCap(near),
      spacingMs,
      reservations: [{ atMs: lastTakenMs, untilMs: lastTakenMs, spacingMs: 0 }, ...reserved],
      recipients,
      minutes: { zone: hours.zone, taken: new Map() },
      seed: `${seed}#${this.planNumber++}`,
    });
    if (plan.unplaced.length > 0) throw new Error(`${plan.unplaced.length} contacts got no slot`);
    this.done.plans += 1;
    return plan;
  }

  private dailyCap(kept: readonly PlannedSlot[]): CampaignPlanInput['dailyCap'] {
    const { policy, hours } = this.scenario.channel;
    if (policy.perDay === null) return null;
    const used = new Map<DayNumber, number>();
    for (const { atMs } of kept) {
      const day = dayNumberAt(hours.zone, atMs);
      used.set(day, (used.get(day) ?? 0) + 1);
    }
    const today = this.lane.day === null ? null : Date.parse(this.lane.day) / 86_400_000;
    if (today !== null) used.set(today, (used.get(today) ?? 0) + this.lane.sentToday);
    return { zone: hours.zone, perDay: policy.perDay, used };
  }
}

const QUOTA = contactQuota(60, null);

function lateFromMs(slot: PlannedSlot): number {
  return Math.min(slot.atMs + LATE_AFTER_MS, slot.closesAtMs);
}

function merged(kept: readonly PlannedSlot[], added: readonly PlannedSlot[]): PlannedSlot[] {
  return [...kept, ...added].sort((a, b) => a.atMs - b.atMs);
}
