import type { StatusEventKind } from '../gateway/send-outcome.js';

/**
 * What our own processes do with a delivery. Such an event in a state that does not expect it is stale: another replica
 * was first, which is an ordinary answer.
 */
export const ProcessEvent = {
  /** A dispatcher took it under a lease. */
  CLAIMED: 'claimed',
  /** Given back before any call: a limit, a pause, a shutdown, or a lease that expired. */
  RELEASED: 'released',
  /** The intent to call the gateway is committed. */
  SENDING_STARTED: 'sendingStarted',
  /** The gateway answered that it took the message; also when that answer comes after the delivery became uncertain. */
  ACCEPTED: 'accepted',
  /** The gateway did not take it, and it waits: for the next attempt, or for its channel to be opened again. */
  RETRY_PLANNED: 'retryPlanned',
  /** It was refused for good, its attempts are used up, or its text cannot be made. */
  FAILED: 'failed',
  /** The call ended without an answer, or the process that made it is gone. */
  OUTCOME_LOST: 'outcomeLost',
  /**
   * No further attempt is made, and an earlier one may have brought it: failed or expired would claim that the person got
   * nothing.
   */
  LEFT_IN_DOUBT: 'leftInDoubt',
  /** The reconciler sends an uncertain delivery again, because its guarantee allows it. */
  REPEAT_PLANNED: 'repeatPlanned',
  /** Its deadline has passed and the gateway does not have it. */
  EXPIRED: 'expired',
  /** The contact has opted out or has no address. */
  SUPPRESSED: 'suppressed',
} as const;

/** One of {@link ProcessEvent}. */
export type ProcessEvent = (typeof ProcessEvent)[keyof typeof ProcessEvent];

/**
 * What a person decides about a delivery. Such an event in a state that does not allow it is refused, so that the person
 * learns it; in the state that it asks for it is stale, so that asking twice does no harm.
 */
export const PersonEvent = {
  CANCELLED: 'cancelled',
  /** A FAILED, CANCELLED, EXPIRED or SUPPRESSED delivery is queued again, with fresh attempts. */
  REOPENED: 'reopened',
  /** An UNCERTAIN delivery is known to have gone. */
  MARKED_SENT: 'markedSent',
  /** An UNCERTAIN delivery is known not to have gone. */
  MARKED_FAILED: 'markedFailed',
  /** An UNCERTAIN delivery is sent again, and the person accepts that it may arrive twice. */
  SEND_AGAIN_ACCEPTED: 'sendAgainAccepted',
} as const;

/** One of {@link PersonEvent}. */
export type PersonEvent = (typeof PersonEvent)[keyof typeof PersonEvent];

/** Something that happened to a delivery. A receipt is what the provider reports after it took the message. */
export type DeliveryEvent =
  { readonly kind: ProcessEvent | PersonEvent } | { readonly kind: 'receipt'; readonly status: StatusEventKind };
