import type { StoredSendingHours } from '../../../src/core/openings/sending-hours.js';
import type { DeliveryState, WaitReason } from '../../../src/core/delivery/delivery-state.js';
import type { StatusEventKind } from '../../../src/core/gateway/send-outcome.js';
import type { MisfirePolicy } from '../../../src/core/recurrence/misfire.js';
import type { RetryPolicy } from '../../../src/core/retry/retry-policy.js';
import type { RunState, ScheduleStatus, ScheduleType } from '../../../src/core/scheduling/schedule-words.js';
import { ModelTable } from './model-table.js';

/*
 * The rows as far as the dispatcher and the scheduler know them. Instants are microseconds since the epoch, Infinity for
 * PostgreSQL's. There is one tenant.
 */

export interface ModelSchedule {
  readonly id: string;
  readonly channelId: string;
  readonly type: ScheduleType;
  readonly status: ScheduleStatus;
  readonly statusReason: string | null;
  readonly cronExpression: string | null;
  /** The instant of a schedule with one run. */
  readonly scheduledUs: number | null;
  readonly timeZone: string;
  readonly nextRunUs: number | null;
  readonly lastRunUs: number | null;
  readonly startsUs: number | null;
  readonly endsUs: number | null;
  readonly maxRuns: number | null;
  readonly runCount: number;
  readonly misfirePolicy: MisfirePolicy;
  readonly misfireGraceSeconds: number | null;
  readonly guarantee: 'at_most_once' | 'at_least_once';
  readonly priority: number;
  readonly express: boolean;
  readonly retryPolicy: RetryPolicy;
  readonly expiresAfterUs: number | null;
  readonly contactIds: readonly string[];
  readonly version: number;
}

export interface ModelRun {
  readonly id: string;
  readonly scheduleId: string;
  readonly dueUs: number;
  readonly status: RunState;
  readonly missedCount: number | null;
  readonly missedUntilUs: number | null;
  readonly cursor: string | null;
  readonly audienceCount: number;
  readonly materialisedUs: number;
}

export interface ModelDelivery {
  readonly id: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly dueUs: number;
  readonly status: DeliveryState;
  readonly version: number;
  readonly attempt: number;
  readonly needsAttention: boolean;
  readonly sentUs: number | null;
  readonly deliveredUs: number | null;
  readonly readUs: number | null;
  readonly failedUs: number | null;
  readonly gatewayMessageId: string | null;
  readonly errorCode: string | null;
}

export interface ModelQueueRow {
  readonly deliveryId: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly state: Extract<DeliveryState, 'pending' | 'claimed' | 'sending' | 'uncertain'>;
  readonly waitReason: WaitReason;
  readonly readyUs: number;
  readonly parkedUs: number | null;
  readonly expiresUs: number | null;
  readonly token: number;
  readonly version: number;
  readonly guarantee: 'at_most_once' | 'at_least_once';
  readonly priority: number;
  readonly express: boolean;
  readonly attempt: number;
  readonly attemptsBefore: number;
  readonly cancelRequested: boolean;
  readonly errorCode: string | null;
}

export interface ModelAttempt {
  readonly deliveryId: string;
  readonly number: number;
  readonly token: number;
  readonly startedUs: number;
  readonly finishedUs: number | null;
  readonly outcome: string | null;
}

export interface ModelLease {
  readonly token: number;
  readonly workerId: string;
  readonly untilUs: number;
  readonly deliveryIds: readonly string[];
}

export interface ModelChannel extends StoredSendingHours {
  readonly id: string;
  readonly version: number;
  readonly status: 'ACTIVE' | 'PAUSED';
  readonly perMinute: number;
  readonly burst: number;
  readonly perContactPerMinute: number | null;
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
}

export interface ModelLane {
  readonly channelId: string;
  readonly tatUs: number;
  readonly lastTakenUs: number;
  readonly day: string | null;
  readonly sentToday: number;
  readonly openUs: number;
  readonly heldUntilUs: number;
}

export interface ModelContact {
  readonly id: string;
  readonly optedOut: boolean;
}

export interface ModelContactRate {
  readonly tatUs: number;
}

export interface ModelProviderEvent {
  readonly id: string;
  readonly channelId: string;
  readonly eventKey: string;
  readonly deliveryId: string | null;
  readonly gatewayMessageId: string | null;
  readonly kind: StatusEventKind;
  readonly occurredUs: number;
  readonly receivedUs: number;
  readonly isApplied: boolean;
}

/** One row of a number: what the sequence of lease tokens has reached. */
export interface ModelSequence {
  readonly reached: number;
}

/** The only tenant. */
export const TENANT = '00000000-0000-7000-8000-000000000001';

/** Every table of the model. */
export function modelTables() {
  return {
    schedules: new ModelTable<ModelSchedule>('schedules'),
    runs: new ModelTable<ModelRun>('schedule_runs'),
    /** The unique index over schedule and instant: the run's id. */
    occurrences: new ModelTable<{ readonly runId: string }>('schedule_runs_occurrence'),
    deliveries: new ModelTable<ModelDelivery>('deliveries'),
    /** The unique index over run and contact: the delivery's id. */
    runContacts: new ModelTable<{ readonly deliveryId: string }>('deliveries_run_contact'),
    queue: new ModelTable<ModelQueueRow>('delivery_queue'),
    attempts: new ModelTable<ModelAttempt>('delivery_attempts'),
    leases: new ModelTable<ModelLease>('dispatch_leases'),
    channels: new ModelTable<ModelChannel>('channels'),
    lanes: new ModelTable<ModelLane>('channel_lanes'),
    contacts: new ModelTable<ModelContact>('contacts'),
    contactRates: new ModelTable<ModelContactRate>('contact_rates'),
    /** By the unique key over channel and event key. */
    events: new ModelTable<ModelProviderEvent>('provider_events'),
    gatewayMessages: new ModelTable<{ readonly deliveryId: string }>('gateway_messages'),
    tokenBlocks: new ModelTable<ModelSequence>('dispatch_tokens'),
  };
}

export type ModelTables = ReturnType<typeof modelTables>;

/** The key of an attempt. */
export function attemptKey(deliveryId: string, number: number): string {
  return `${deliveryId}#${number}`;
}

/** In the order of ids, as the statements lock them. */
export function sortedIds(rows: Iterable<string>): string[] {
  return [...new Set(rows)].sort();
}
