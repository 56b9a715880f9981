import type { DurationMs, EpochMs } from '../values/time.js';

/**
 * Why a gateway refused a message, in words that mean the same for every provider. The adapter chooses it by the
 * provider's code through one table, never by the text of an error and never by the HTTP status alone.
 */
export const OutcomeClass = {
  /** A fault of the provider that passes by itself; it says that nothing was sent. */
  TRANSIENT: 'transient',
  /** Too many messages for the provider's own limits; nothing was sent. */
  RATE_LIMIT: 'rate_limit',
  /** The credentials are wrong, expired or not allowed to do this. */
  AUTH: 'auth',
  /** The channel is not set up, not connected or not paid for. */
  CONFIG: 'config',
  /** This person cannot be reached at this address. */
  RECIPIENT: 'recipient',
  /** The message itself is not acceptable: its text, attachment or template. */
  CONTENT: 'content',
  /** The provider's window for free messages to this person is closed. */
  WINDOW_CLOSED: 'window_closed',
  /** The provider forbids the sending: a block, a quality limit, a ban. */
  POLICY: 'policy',
  /** The person asked the provider for no more messages. */
  OPTED_OUT: 'opted_out',
} as const;

/** One of {@link OutcomeClass}. */
export type OutcomeClass = (typeof OutcomeClass)[keyof typeof OutcomeClass];

/** What has to pause after a refusal, from narrow to wide. */
export const PauseScope = {
  /** Only this message. */
  MESSAGE: 'message',
  /** This channel towards this person. */
  PAIR: 'pair',
  /** Everything of this channel. */
  CHANNEL: 'channel',
  /** Everything of the provider's account, which other channels may share. */
  ACCOUNT: 'account',
} as const;

/** One of {@link PauseScope}. */
export type PauseScope = (typeof PauseScope)[keyof typeof PauseScope];

/** The gateway took the message; whether a person gets it, status events say later. */
export interface SendAccepted {
  readonly kind: 'accepted';
  /** The provider's id of the message; null when it gives none. */
  readonly gatewayMessageId: string | null;
  /** The provider's answer without secrets, for the delivery log. */
  readonly response?: unknown;
}

/** The provider documents for this answer that it did not send the message and why. */
export interface SendRejected {
  readonly kind: 'rejected';
  readonly class: OutcomeClass;
  /** The provider's code, or ours when it has none; stable, for counting and for looking up. */
  readonly code: string;
  /** A sentence for the delivery log, without secrets. */
  readonly detail: string;
  /** At least this long before the next call for this scope, when the provider says so. */
  readonly retryAfterMs?: DurationMs;
  readonly scope: PauseScope;
}

/**
 * The provider never had the request to process: no address found, connection refused, or an answer documented to mean
 * it. A reset of a connection that was in use before proves nothing and is {@link SendUncertain}.
 */
export interface SendNotProcessed {
  readonly kind: 'notProcessed';
  readonly reason: string;
  /** At least this long before the next call, when the provider says so. */
  readonly retryAfterMs?: DurationMs;
}

/**
 * Nobody knows whether the message was taken: timeout, abort, reset, a 5xx or an answer that cannot be read. Every
 * answer that no rule of the adapter knows is this one.
 */
export interface SendUncertain {
  readonly kind: 'uncertain';
  readonly reason: string;
}

/** What one call of a gateway came to. */
export type SendOutcome = SendAccepted | SendRejected | SendNotProcessed | SendUncertain;

/** What a provider reports about a message after it was taken. */
export const StatusEventKind = { SENT: 'SENT', DELIVERED: 'DELIVERED', READ: 'READ', FAILED: 'FAILED' } as const;

/** One of {@link StatusEventKind}. */
export type StatusEventKind = (typeof StatusEventKind)[keyof typeof StatusEventKind];

/**
 * A provider's report about a message, as its adapter reads it from a webhook. Reports come late, more than once and
 * out of order, and may come before the answer to the send itself.
 *
 * At least one of `deliveryId` and `gatewayMessageId` is set; a report is never matched by a phone number.
 */
export interface StatusEvent {
  readonly kind: StatusEventKind;
  /** Our own reference, when the provider echoes it; matched first. */
  readonly deliveryId?: string;
  /** The provider's id of the message. */
  readonly gatewayMessageId?: string;
  /** When it happened, by the provider's clock. */
  readonly at: EpochMs;
  /** Unique among the events of a channel and equal for repetitions of the same event. */
  readonly eventKey: string;
  /** The provider's code of a FAILED event. */
  readonly errorCode?: string;
  /** What the provider says about the failure, for the delivery log. */
  readonly errorMessage?: string;
}
