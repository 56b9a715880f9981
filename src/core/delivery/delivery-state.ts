import { assertNever } from '../values/result.js';

/**
 * The states of a delivery, as they are stored. Every change names the state that it expects; when the row is no longer
 * in it, somebody else was first and nothing is written.
 */
export const DeliveryState = {
  /**
   * Waits for its due time, for a limit or for a retry. A dispatcher on any replica claims it; a person cancels it, the
   * reaper expires it, an opt-out suppresses it. No process holds it, so none can lose it.
   */
  PENDING: 'pending',
  /**
   * A dispatcher holds it under a lease and has not called the gateway. The same dispatcher moves it on. If that process
   * dies, the reaper puts it back to PENDING when the lease has expired: no call was made, so that is always safe.
   */
  CLAIMED: 'claimed',
  /**
   * The intent to call the gateway is committed and the call may be under way. The same dispatcher records what it came
   * to. If that process dies, nobody knows whether the gateway was called: the reaper makes it UNCERTAIN when the lease
   * has expired. Whoever moves it out then applies the receipts that came too early.
   */
  SENDING: 'sending',
  /** The gateway took the message. Receipts of the provider move it on; no process of ours has anything left to do. */
  SENT: 'sent',
  /** The provider says that the message is on the person's device. Only a receipt that it was read moves it on. */
  DELIVERED: 'delivered',
  /** The provider says that the person read it. Nothing moves it on. */
  READ: 'read',
  /**
   * The message was refused or its attempts are used up, and no attempt may have brought it; or the provider reported
   * later that it could not deliver it. A person may reopen it; a receipt that it was delivered after all is believed.
   */
  FAILED: 'failed',
  /**
   * The gateway may or may not have taken the message, in its last call or in an earlier one. A receipt, the late answer
   * of the same attempt, the reconciler (AT_LEAST_ONCE, after the settle time) or a person settles it. It is never sent
   * again for any other reason.
   */
  UNCERTAIN: 'uncertain',
  /** A person cancelled it; an earlier attempt in doubt, if there was one, may have brought it. Only a person reopens it. */
  CANCELLED: 'cancelled',
  /** It became too late to be worth sending, and no attempt may have brought it. Only a person reopens it. */
  EXPIRED: 'expired',
  /** Nobody to send it to: opted out (also after an attempt in doubt), or no address. Only a person reopens it. */
  SUPPRESSED: 'suppressed',
} as const;

/** One of {@link DeliveryState}. */
export type DeliveryState = (typeof DeliveryState)[keyof typeof DeliveryState];

/** The states in which a delivery is made: what was planned, and what could never be sent but is logged. */
export const FIRST_STATES = ['pending', 'suppressed'] as const satisfies readonly DeliveryState[];

/** Every change of state that there is. `applyDeliveryEvent` makes exactly these; docs/delivery-states.md draws them. */
export const DELIVERY_TRANSITIONS = {
  pending: ['claimed', 'cancelled', 'expired', 'suppressed', 'uncertain', 'delivered', 'read'],
  claimed: ['pending', 'sending', 'failed', 'cancelled', 'expired', 'suppressed', 'uncertain', 'delivered', 'read'],
  sending: ['pending', 'sent', 'failed', 'uncertain', 'expired', 'delivered', 'read'],
  sent: ['delivered', 'read', 'failed'],
  delivered: ['read'],
  read: [],
  failed: ['pending', 'delivered', 'read'],
  uncertain: ['pending', 'sent', 'delivered', 'read', 'failed'],
  cancelled: ['pending'],
  expired: ['pending'],
  suppressed: ['pending'],
} as const satisfies Record<DeliveryState, readonly DeliveryState[]>;

/** Whether a dispatcher, the reaper or the reconciler may still have something to do for a delivery in this state. */
export function isLive(state: DeliveryState): boolean {
  return state === 'pending' || state === 'claimed' || state === 'sending' || state === 'uncertain';
}

/** Why a PENDING delivery waits beyond its due time. It means nothing in any other state. */
export const WaitReason = {
  /** It waits for its due time only. */
  NONE: 'none',
  /** A rate limit gave it a later instant; this costs no attempt. */
  RATE_LIMIT: 'rate_limit',
  /** An attempt failed and the next one has its time. */
  RETRY: 'retry',
  /** Its schedule or channel is paused or disconnected; this costs no attempt. */
  PAUSED: 'paused',
} as const;

/** One of {@link WaitReason}. */
export type WaitReason = (typeof WaitReason)[keyof typeof WaitReason];

/** The status of a delivery as the API tells it. */
export const DeliveryStatus = {
  PENDING: 'PENDING',
  RATE_LIMITED: 'RATE_LIMITED',
  RETRYING: 'RETRYING',
  SENDING: 'SENDING',
  SENT: 'SENT',
  DELIVERED: 'DELIVERED',
  READ: 'READ',
  FAILED: 'FAILED',
  UNCERTAIN: 'UNCERTAIN',
  CANCELLED: 'CANCELLED',
  EXPIRED: 'EXPIRED',
  SUPPRESSED: 'SUPPRESSED',
} as const;

/** One of {@link DeliveryStatus}. */
export type DeliveryStatus = (typeof DeliveryStatus)[keyof typeof DeliveryStatus];

/**
 * What the API shows: a PENDING delivery by its wait reason, and a claimed one as PENDING, because a claim is a matter
 * of milliseconds between replicas that says nothing about the message.
 */
export function apiStatusOf(state: DeliveryState, waitReason: WaitReason): DeliveryStatus {
  switch (state) {
    case 'pending':
      return pendingStatusOf(waitReason);
    case 'claimed':
      return 'PENDING';
    case 'sending':
      return 'SENDING';
    case 'sent':
      return 'SENT';
    case 'delivered':
      return 'DELIVERED';
    case 'read':
      return 'READ';
    case 'failed':
      return 'FAILED';
    case 'uncertain':
      return 'UNCERTAIN';
    case 'cancelled':
      return 'CANCELLED';
    case 'expired':
      return 'EXPIRED';
    case 'suppressed':
      return 'SUPPRESSED';
    default:
      return assertNever(state);
  }
}

function pendingStatusOf(waitReason: WaitReason): DeliveryStatus {
  switch (waitReason) {
    case 'rate_limit':
      return 'RATE_LIMITED';
    case 'retry':
      return 'RETRYING';
    case 'none':
    case 'paused':
      return 'PENDING';
    default:
      return assertNever(waitReason);
  }
}
