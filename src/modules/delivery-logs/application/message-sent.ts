import type { DeliveryStatus } from '../../../core/delivery/delivery-state.js';
import type { DeliveryUpdate } from './delivery-updates.js';

/** The five words of the flat event, version v1, that chat front ends listen to. */
export type FlatStatus = 'queued' | 'sent' | 'delivered' | 'read' | 'failed';

/** What the flat event tells. */
export interface MessageSentData {
  readonly messageId: string;
  readonly status: FlatStatus;
  /** The number, E.164; empty for somebody without one. */
  readonly to: string;
  readonly timestamp: Date;
  readonly error: string | null;
  readonly clientMessageId: string | null;
}

/**
 * The flat status of a delivery; null for what v1 has no word for.
 *
 * Whatever ends a delivery without a message is `failed`, because a front end would otherwise show it as queued for ever;
 * `error` says which it was. Waiting, being at the gateway and not knowing are none of the five: the front end goes on
 * showing what it shows.
 */
export function flatStatusOf(status: DeliveryStatus): FlatStatus | null {
  switch (status) {
    case 'SENT':
      return 'sent';
    case 'DELIVERED':
      return 'delivered';
    case 'READ':
      return 'read';
    case 'FAILED':
    case 'EXPIRED':
    case 'SUPPRESSED':
    case 'CANCELLED':
      return 'failed';
    case 'PENDING':
    case 'RATE_LIMITED':
    case 'RETRYING':
    case 'SENDING':
    case 'UNCERTAIN':
      return null;
  }
}

/**
 * The flat event of an update; null when it tells a front end nothing new. A delivery is `queued` when it is first seen
 * and `isSentNow`: of a schedule that sends at once, not of one for next month.
 */
export function toMessageSent(update: DeliveryUpdate, isSentNow: boolean): MessageSentData | null {
  const { row, previousStatus, status, at } = update;
  const isFirst = previousStatus === null;
  const flat = isFirst && isSentNow && status === 'PENDING' ? 'queued' : flatStatusOf(status);
  if (flat === null || (!isFirst && flatStatusOf(previousStatus) === flat)) return null;
  return {
    messageId: row.id,
    status: flat,
    to: row.address ?? '',
    timestamp: at,
    error: flat === 'failed' ? (row.errorMessage ?? row.errorCode ?? status) : null,
    clientMessageId: row.clientMessageId,
  };
}
