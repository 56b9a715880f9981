import type { DeliveryState, WaitReason } from '../delivery/delivery-state.js';
import type { Content, Recipient } from '../dispatch/decide-send.js';
import type { OpeningHours } from '../openings/openings.js';
import type { LanePolicy, LaneState } from '../rate-limit/lane.js';
import type { Quota } from '../rate-limit/quota.js';
import type { TimeZone } from '../recurrence/time-zone.js';
import type { EpochMicros } from '../values/time.js';

/** What is known of one delivery and of everything that it may wait for, read at one instant of the database's clock. */
export interface ExplanationFacts {
  readonly nowUs: EpochMicros;
  /** Whether any process that sends is there. */
  readonly isProcessing: boolean;
  readonly delivery: ExplainedDelivery;
  /** null when nothing is left to be done for it. */
  readonly queue: QueuedDelivery | null;
  readonly schedule: ExplainedSchedule;
  readonly channel: ExplainedChannel;
  readonly contact: Recipient;
  /** The contact's bucket on the channel as stored; 0 when it was never used. */
  readonly contactTatUs: EpochMicros;
  readonly message: Content;
  readonly ahead: DeliveriesAhead;
  /** Those of them that keep a distance themselves, in groups. */
  readonly aheadSpaced: readonly SpacedAhead[];
  /** The person who cancelled it, if one did and it is known. */
  readonly cancelledBy: { readonly actor: string; readonly atUs: EpochMicros } | null;
}

/** The delivery as the log knows it. */
export interface ExplainedDelivery {
  readonly state: DeliveryState;
  readonly dueAtUs: EpochMicros;
  /** Calls begun. */
  readonly attempt: number;
  readonly variation: number | null;
  /** When the last call began; null when none did. */
  readonly calledAtUs: EpochMicros | null;
  readonly sentAtUs: EpochMicros | null;
  readonly deliveredAtUs: EpochMicros | null;
  readonly readAtUs: EpochMicros | null;
  readonly failedAtUs: EpochMicros | null;
  readonly errorCode: string | null;
  readonly errorMessage: string | null;
}

/** What its queue row adds while something is still to be done. */
export interface QueuedDelivery {
  readonly waitReason: WaitReason;
  /** 0 to 10, higher first among what is ready. */
  readonly priority: number;
  /** The first instant at which it may be taken; null while it is parked with its schedule, or a campaign owes it one. */
  readonly readyAtUs: EpochMicros | null;
  readonly expiresAtUs: EpochMicros | null;
  /** Of a campaign: the instant that it has; null for any other, and while it is owed one. */
  readonly slotAtUs: EpochMicros | null;
  /** Of a campaign: when the hours of its planned day are over, so that it needs another plan. */
  readonly slotUntilUs: EpochMicros | null;
  /** Of a campaign: the distance that it keeps from the channel's message before it; 0 for none. */
  readonly spacingUs: number;
  /** It needs no permit of its channel and none of its contact. */
  readonly express: boolean;
  readonly cancelRequested: boolean;
}

/** Its schedule. */
export interface ExplainedSchedule {
  readonly status: 'PENDING' | 'PROCESSING' | 'PAUSED' | 'COMPLETED' | 'FAILED' | 'CANCELLED';
  readonly timeZone: TimeZone;
  readonly useNicknames: boolean;
  readonly expiresAfterSeconds: number | null;
}

/** Its channel with the state of its lane. */
export interface ExplainedChannel {
  readonly status: 'ACTIVE' | 'PAUSED' | 'DISCONNECTED';
  readonly statusReason: string | null;
  readonly hours: OpeningHours;
  readonly policy: LanePolicy;
  readonly contactQuota: Quota;
  readonly lane: LaneState;
  /** The provider asked for a pause until then; 0 when it did not. */
  readonly heldUntilUs: EpochMicros;
}

/** Other deliveries of the channel that go before it, as far as they were counted. */
export interface DeliveriesAhead {
  /** Those that may go already and need a permit. */
  readonly now: number;
  /** Those that may go already and need none; counted only for a delivery that keeps a distance from them. */
  readonly express: number;
  /** Those that will have the same instant and go before it then; 0 when its instant has come. */
  readonly atItsTime: number;
}

/** Some of the deliveries ahead that respect the limits and keep one distance. */
export interface SpacedAhead {
  /** Among those that may go already; else among those that have its instant. */
  readonly isReady: boolean;
  readonly priority: number;
  readonly spacingUs: number;
  readonly count: number;
}

/** Further deliveries ahead are not counted. */
export const MOST_AHEAD = 1_000;
