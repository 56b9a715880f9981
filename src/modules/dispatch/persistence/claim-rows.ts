import type { StoredSendingHours } from '../../../core/openings/sending-hours.js';
import type { LaneState } from '../../../core/rate-limit/lane.js';
import type { DurationMs, EpochMicros } from '../../../core/values/time.js';

/** A lane that is locked for this transaction, with what its channel says about it. */
export interface LockedLane extends StoredSendingHours {
  readonly tenantId: string;
  readonly channelId: string;
  readonly channelVersion: number;
  readonly active: boolean;
  readonly perMinute: number;
  readonly burst: number;
  readonly perContactPerMinute: number | null;
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
  /** The provider asked for a pause until then; 0 when it did not. */
  readonly heldUntilUs: number;
  readonly state: LaneState;
}

/** The database's clock after the locks were taken: exact for arithmetic, and as text to give back to SQL. */
export interface DatabaseNow {
  readonly us: EpochMicros;
  readonly text: string;
}

/** A delivery that is due, or is so in a moment, locked. */
export interface CandidateRow {
  readonly tenantId: string;
  readonly deliveryId: string;
  readonly channelId: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly contactId: string;
  readonly guarantee: 'at_most_once' | 'at_least_once';
  readonly attemptsBefore: number;
  readonly doubted: boolean;
  readonly express: boolean;
  readonly uncertain: boolean;
  /** It goes no sooner than this after the channel's last message; 0 for any other than a campaign's. */
  readonly spacingSeconds: number;
  readonly contactTatUs: number;
  readonly readyAtUs: EpochMicros;
  readonly variation: number | null;
  readonly clientMessageId: string | null;
}

/** How many deliveries to look at in a lane. */
export interface LaneRequest {
  readonly channelId: string;
  /** Deliveries that need a permit. */
  readonly limited: number;
  /** Deliveries that do not respect the limit. */
  readonly express: number;
  /** What is due so much later may be claimed already. */
  readonly leadMs: DurationMs;
}

/** Everything that a claim writes except the lanes. */
export interface ClaimWrites {
  readonly token: number;
  readonly workerId: string;
  readonly leaseMs: number;
  readonly taken: readonly { readonly tenantId: string; readonly deliveryId: string }[];
  readonly reclaimedUncertain: readonly { readonly tenantId: string; readonly deliveryId: string }[];
  readonly deferred: readonly { readonly tenantId: string; readonly deliveryId: string; readonly retryAtUs: number }[];
  readonly contacts: readonly {
    readonly tenantId: string;
    readonly channelId: string;
    readonly contactId: string;
    readonly tatUs: number;
  }[];
}

/** A lane after the claim. */
export interface LaneWrite {
  readonly tenantId: string;
  readonly channelId: string;
  readonly state: LaneState;
  /** Before this instant nothing that needs a permit may go. */
  readonly closedUntilUs: number;
  /** Before this instant nothing may go at all. */
  readonly expressClosedUntilUs: number;
  /** What is due so much later may be claimed already. */
  readonly leadMs: DurationMs;
  /** The channel sends nothing at present: whoever resumes it wakes the lane. */
  readonly closed: boolean;
}
