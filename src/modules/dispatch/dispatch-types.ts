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

/**
 * A call that has not begun so long after its permit does not begin any more: its permit is forfeited, the delivery
 * waits for another. So in any window of t a channel is called at most burst + rate × (t + this) times, however long a
 * process was stopped or a gateway made its queue wait; and no lease is over before its calls have begun. What remains,
 * the moment between this check and the first byte, cannot be closed by any sender.
 */
export const PERMIT_LIFE_MS = 2_000;
