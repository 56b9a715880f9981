import { Injectable } from '@nestjs/common';
import { allocatePermits, type Allocation } from '../../../core/dispatch/allocate-permits.js';
import { claimLeadMs } from '../../../core/dispatch/claim-lead.js';
import type { OpeningHours } from '../../../core/openings/openings.js';
import { openingHoursOf } from '../../../core/openings/sending-hours.js';
import { decideLane, makeLanePolicy, passLane, takeFromLane, type LanePolicy } from '../../../core/rate-limit/lane.js';
import { laneDay, type LaneDay } from '../../../core/rate-limit/lane-day.js';
import { contactQuota } from '../../../core/rate-limit/quota.js';
import type { Sql } from '../../../platform/database/sql.js';
import { Clock } from '../../../platform/clock/clock.js';
import { LastStatements } from '../../../platform/database/in-transaction.js';
import { WorkerDatabase } from '../../../platform/database/worker-database.js';
import { LanesRepository } from '../../rate-limit/index.js';
import type { CandidateRow, DatabaseNow, LaneRequest, LaneWrite, LockedLane } from '../persistence/claim-rows.js';
import { ClaimsRepository } from '../persistence/claims.repository.js';
import { FactsRepository, NO_FACTS, type Facts } from '../persistence/facts.repository.js';
import type { StatusChangeRow } from '../persistence/status-change.js';
import type { ClaimedDelivery } from '../dispatch-types.js';
import { LeaseTokens } from './lease-tokens.js';

/** Lanes that one claim locks at most; they go to the end of the line afterwards, so every tenant gets its turn. */
const LANES_PER_CLAIM = 50;

/** About how many deliveries one claim takes: larger ones gain nothing and delay the first. */
const DELIVERIES_PER_CLAIM = 500;

/** What each lane of a full claim may take all the same, so that many small lanes are served together. */
const LEAST_PER_LANE = 20;

/** Rows that are looked at for few permits, to find contacts whose own bucket is not empty. */
const LEAST_LOOKED_AT = 20;

const MICROS_PER_SECOND = 1_000_000;

/** How long claimed deliveries may wait for their intent before another worker may take them. */
export const CLAIM_LEASE_MS = 30_000;

/** What one claim brought. */
export interface Claim {
  readonly token: number;
  readonly taken: readonly ClaimedDelivery[];
  readonly deferred: readonly StatusChangeRow[];
  /** What the texts of the taken ones are made of. */
  readonly facts: Facts;
  /** Lanes that were locked. */
  readonly lanes: number;
  /** When the next lane opens, by the database's clock after this claim; null when nothing waits anywhere. */
  readonly nextOpenInMs: number | null;
}

const NOTHING: Claim = { token: 0, taken: [], deferred: [], facts: NO_FACTS, lanes: 0, nextOpenInMs: null };

/** How many more deliveries this process can hold for a channel. */
export type RoomFor = (channelId: string) => number;

interface LanePlan {
  readonly lane: LockedLane;
  readonly policy: LanePolicy;
  readonly hours: OpeningHours;
  readonly day: LaneDay;
  readonly room: number;
  readonly permits: number;
  readonly request: LaneRequest;
}

/** A row as the core allocates it. */
type Candidate = CandidateRow & { readonly spacingUs: number };

/**
 * Takes deliveries for this process that are due, or are so in a moment: locks open lanes, asks the core how many permits each has, takes that many
 * deliveries per lane and spends the permits, all in one transaction. When it commits, the permits are spent, whatever
 * happens to the process.
 */
@Injectable()
export class Claimer {
  constructor(
    private readonly database: WorkerDatabase,
    private readonly claims: ClaimsRepository,
    private readonly facts: FactsRepository,
    private readonly lanes: LanesRepository,
    private readonly tokens: LeaseTokens,
    private readonly clock: Clock,
  ) {}

  /** `full` names channels that this process can take nothing for; other replicas serve them meanwhile. */
  async claim(workerId: string, full: readonly string[], roomFor: RoomFor): Promise<Claim> {
    const token = await this.tokens.take();
    const work = async (tx: Sql): Promise<Claim | LastStatements<Claim>> => {
      // Before the lanes are asked for, because the permits count from the database's clock while they are locked.
      const claimedAtMs = this.clock.monotonicMs();
      const locked = await this.claims.lockLanes(tx, LANES_PER_CLAIM, full);
      if (!locked) return { ...NOTHING, nextOpenInMs: await this.lanes.nextOpenInMs(tx, full) };
      const lockedAtMs = this.clock.monotonicMs();
      const { lanes, now } = locked;
      const allocations = await this.allocate(tx, planLanes(lanes, now, roomFor), now);
      const rows = [...allocations.values()].flatMap((allocation) => allocation.taken);
      // Nothing depends on anything here, so it all shares the round trip of COMMIT.
      const ending = Promise.all([
        this.claims.write(tx, { token, workerId, leaseMs: CLAIM_LEASE_MS, ...writesOf(allocations) }),
        this.claims.writeLanes(
          tx,
          [...allocations].map(([plan, allocation]) => laneAfter(plan, allocation, now)),
        ),
        this.facts.read(tx, rows),
        this.lanes.nextOpenInMs(tx, full),
      ]);
      return new LastStatements(
        ending.then(([deferred, , facts, nextOpenInMs]) => ({
          token,
          deferred,
          facts,
          nextOpenInMs,
          lanes: lanes.length,
          taken: [...allocations].flatMap(([{ lane }, allocation]) =>
            allocation.taken.map((row) => ({
              ...toClaimed(row, token, lane.channelVersion),
              claimedAtMs,
              // Counted from after the answer, so that it is over when the database's clock says so, or a little later.
              dueAtMs: lockedAtMs + (row.readyAtUs - now.us) / 1_000,
            })),
          ),
        })),
      );
    };
    // No call is made before the intent, whose commit flushes the log up to here and beyond: a claim that is forgotten in
    // a crash of the database is one that nobody acted on.
    return this.database.transaction(work, { durable: false });
  }

  private async allocate(
    tx: Sql,
    plans: readonly LanePlan[],
    now: DatabaseNow,
  ): Promise<Map<LanePlan, Allocation<Candidate>>> {
    const wanted = plans.map((plan) => plan.request).filter((request) => request.limited + request.express > 0);
    const rows = wanted.length === 0 ? [] : await this.claims.candidates(tx, wanted, now);
    const byChannel = new Map<string, Candidate[]>();
    for (const row of rows) {
      const due = { ...row, spacingUs: row.spacingSeconds * MICROS_PER_SECOND };
      const list = byChannel.get(row.channelId);
      if (list) list.push(due);
      else byChannel.set(row.channelId, [due]);
    }
    return new Map(
      plans.map((plan) => {
        const quota = contactQuota(plan.lane.perMinute, plan.lane.perContactPerMinute);
        const { room, permits, lane } = plan;
        const due = byChannel.get(lane.channelId) ?? [];
        return [plan, allocatePermits(due, { room, permits, lastTakenUs: lane.state.lastTakenUs }, quota, now.us)];
      }),
    );
  }
}

function planLanes(lanes: readonly LockedLane[], now: DatabaseNow, roomFor: RoomFor): LanePlan[] {
  // Shared alike: a lane with a long backlog goes to the end of the line as every other, and takes more when it is alone.
  const share = Math.max(LEAST_PER_LANE, Math.floor(DELIVERIES_PER_CLAIM / lanes.length));
  return lanes.map((lane) => {
    const policy = policyOf(lane);
    const hours = openingHoursOf(lane);
    const day = laneDay(hours, now.us);
    // Outside the hours of its channel nothing goes, also of what needs no permit.
    const maySend = lane.active && Math.max(lane.heldUntilUs, day.opensAtUs) <= now.us;
    const room = maySend ? Math.max(0, Math.min(roomFor(lane.channelId), share)) : 0;
    const permits = room === 0 ? 0 : Math.min(decideLane(policy, lane.state, now.us, hours, day).permits, room);
    const request = {
      channelId: lane.channelId,
      limited: permits === 0 ? 0 : Math.max(permits, LEAST_LOOKED_AT),
      express: room,
      leadMs: claimLeadMs(policy, day, now.us),
    };
    return { lane, policy, hours, day, room, permits, request };
  });
}

function policyOf(lane: LockedLane): LanePolicy {
  const policy = makeLanePolicy(lane);
  if (!policy.ok) throw new Error(`the stored limits of channel ${lane.channelId} are not valid`);
  return policy.value;
}

function laneAfter(plan: LanePlan, allocation: Allocation<Candidate>, now: DatabaseNow): LaneWrite {
  const { lane, policy, hours, day, request } = plan;
  const spent = takeFromLane(policy, lane.state, now.us, allocation.permitsUsed, day, allocation.lastPermitUs);
  const state = passLane(spent, allocation.lastTakenUs);
  const next = decideLane(policy, state, now.us, hours, day);
  return {
    tenantId: lane.tenantId,
    channelId: lane.channelId,
    state,
    closedUntilUs: Math.max(next.closedUntilUs ?? now.us, lane.heldUntilUs),
    expressClosedUntilUs: Math.max(day.opensAtUs, lane.heldUntilUs),
    leadMs: request.leadMs,
    closed: !lane.active,
  };
}

function writesOf(allocations: ReadonlyMap<LanePlan, Allocation<Candidate>>) {
  const all = [...allocations];
  const taken = all.flatMap(([, allocation]) => allocation.taken);
  return {
    taken,
    reclaimedUncertain: taken.filter((row) => row.uncertain),
    deferred: all.flatMap(([, allocation]) =>
      allocation.deferred.map(({ candidate, retryAtUs }) => ({
        tenantId: candidate.tenantId,
        deliveryId: candidate.deliveryId,
        retryAtUs,
      })),
    ),
    contacts: all.flatMap(([{ lane }, allocation]) =>
      [...allocation.contactTats].map(([contactId, tatUs]) => ({
        tenantId: lane.tenantId,
        channelId: lane.channelId,
        contactId,
        tatUs,
      })),
    ),
  };
}

function toClaimed(
  row: CandidateRow,
  token: number,
  channelVersion: number,
): Omit<ClaimedDelivery, 'claimedAtMs' | 'dueAtMs'> {
  return {
    tenantId: row.tenantId,
    deliveryId: row.deliveryId,
    token,
    scheduleId: row.scheduleId,
    runId: row.runId,
    channelId: row.channelId,
    channelVersion,
    contactId: row.contactId,
    variation: row.variation,
    clientMessageId: row.clientMessageId,
    guarantee: row.guarantee,
    attemptsBefore: row.attemptsBefore,
    doubted: row.doubted,
  };
}
