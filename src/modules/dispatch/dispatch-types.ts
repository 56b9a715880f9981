import type { SendCommand } from '../../core/gateway/message-gateway.js';
import type { RetryPolicy } from '../../core/retry/retry-policy.js';

/** How the queue identifies a delivery that a worker holds. */
export interface HeldDelivery {
  readonly tenantId: string;
  readonly deliveryId: string;
  /** The lease under which it was claimed; a higher token in the row means that somebody else holds it now. */
  readonly token: number;
}

/** A claimed delivery, as the queue tells it. */
export interface ClaimedDelivery extends HeldDelivery {
  readonly scheduleId: string;
  readonly runId: string;
  readonly channelId: string;
  readonly channelVersion: number;
  readonly contactId: string;
  readonly variation: number | null;
  readonly clientMessageId: string | null;
  readonly guarantee: 'at_most_once' | 'at_least_once';
  /** Attempts that do not count against the retry policy. */
  readonly attemptsBefore: number;
  /** An earlier attempt may have brought it. */
  readonly doubted: boolean;
  /** A moment before its permit was spent, on this process's monotonic clock. */
  readonly claimedAtMs: number;
  /** When it is due, on the same clock: it may be claimed a moment before, see claim-lead.ts. */
  readonly dueAtMs: number;
}

/** A claimed delivery whose text is written: all that is left is to say that it will be sent, and to send it. */
export interface PreparedDelivery extends ClaimedDelivery {
  readonly command: Omit<SendCommand, 'attempt'>;
  readonly variationUsed: number | null;
  readonly nicknameUsed: string | null;
  readonly retryPolicy: RetryPolicy;
}

/** A delivery with a committed intent. */
export interface IntendedDelivery extends PreparedDelivery {
  /** Number of the attempt that the intent begins, from 1. */
  readonly attempt: number;
}
