import type { StatusEventKind } from '../../src/core/gateway/send-outcome.js';
import type { DeliveryState } from '../../src/core/delivery/delivery-state.js';
import type { LedgerEntry } from './gateway/ledger.js';
import type { Told } from './load/told.js';
import type { Demands } from './plan.js';
import type { Rest } from './quiescence.js';
import type { FailedStart } from './server-slot.js';
import type { InflictedFault } from './fault.js';

/** A delivery's row in the log at the end. Instants here and below are milliseconds by the machine's clock. */
export interface DeliveryRow {
  readonly id: string;
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly contactId: string;
  readonly status: DeliveryState;
  readonly attempt: number;
  readonly gatewayMessageId: string | null;
  readonly errorCode: string | null;
}

export interface QueueRow {
  readonly deliveryId: string;
  readonly state: DeliveryState;
}

export interface AttemptRow {
  readonly deliveryId: string;
  readonly number: number;
  readonly token: number;
  readonly startedAtMs: number;
  readonly finishedAtMs: number | null;
  readonly outcome: string | null;
}

export interface RunRow {
  readonly id: string;
  readonly scheduleId: string;
  readonly dueAtMs: number;
  readonly status: string;
  readonly audienceCount: number;
  /** Of a MISSED row that stands for several: the last of them. */
  readonly missedUntilMs: number | null;
}

export interface ScheduleRow {
  readonly id: string;
  readonly reference: string | null;
  readonly type: string;
  readonly status: string;
  readonly guarantee: 'AT_MOST_ONCE' | 'AT_LEAST_ONCE';
  readonly cronExpression: string | null;
  readonly timeZone: string;
  readonly startsAtMs: number | null;
  readonly endsAtMs: number | null;
  readonly maxRuns: number | null;
  readonly runCount: number;
  readonly nextRunAtMs: number | null;
  readonly createdAtMs: number;
  /** Who its groups hold; empty for one without groups. */
  readonly audience: readonly string[];
}

export interface ChannelRow {
  readonly id: string;
  readonly name: string;
  readonly perMinute: number;
  readonly burst: number;
  /** null: no cap. */
  readonly perDay: number | null;
  readonly minSpacingSeconds: number;
  readonly timeZone: string;
  readonly idempotent: boolean;
  /** The longest that a call may take. */
  readonly timeoutMs: number;
}

/** A status event as it is stored. */
export interface StoredReceipt {
  readonly channelId: string;
  readonly deliveryId: string | null;
  readonly eventKey: string;
  readonly kind: StatusEventKind;
  readonly gatewayMessageId: string | null;
  readonly atMs: number;
}

/** A change of one of a delivery's two rows. */
export interface Change {
  readonly tx: string;
  readonly atMs: number;
  readonly deliveryId: string;
  readonly source: 'log' | 'queue';
  readonly from: DeliveryState | null;
  readonly to: DeliveryState | null;
  /** Of the queue's row before the change. */
  readonly token: number | null;
  readonly attempt: number | null;
}

/** A change of when a schedule runs next. */
export interface NextRunChange {
  readonly scheduleId: string;
  readonly atMs: number;
  readonly oldStatus: string;
  readonly newStatus: string;
  readonly oldNextMs: number | null;
  readonly newNextMs: number | null;
}

/** Everything that is known of a run of the harness when it is over: what the gateway, the database and people saw. */
export interface History {
  readonly ledger: readonly LedgerEntry[];
  readonly told: readonly Told[];
  readonly deliveries: readonly DeliveryRow[];
  readonly queue: readonly QueueRow[];
  readonly attempts: readonly AttemptRow[];
  readonly runs: readonly RunRow[];
  readonly schedules: readonly ScheduleRow[];
  readonly channels: readonly ChannelRow[];
  readonly receipts: readonly StoredReceipt[];
  readonly changes: readonly Change[];
  readonly nextRuns: readonly NextRunChange[];
  /** When all this was read. */
  readonly readAtMs: number;
  /** Servers that ended without being asked to, or not with 0 when they were. */
  readonly brokenServers: readonly string[];
  readonly failedStarts: readonly FailedStart[];
  readonly faults: readonly InflictedFault[];
  /** When what waited for the clock was put forward. */
  readonly windingsMs: readonly number[];
  /** What was still to be done when patience was over. */
  readonly rest: Rest;
  /** What the run has to have tried. */
  readonly demands: Demands;
}
