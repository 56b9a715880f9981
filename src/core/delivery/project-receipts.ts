import type { StatusEvent, StatusEventKind } from '../gateway/send-outcome.js';
import type { EpochMs } from '../values/time.js';
import { applyDeliveryEvent } from './apply-delivery-event.js';
import type { DeliveryState } from './delivery-state.js';

/** The part of a delivery that receipts can change. Instants are null while nothing proves them. */
export interface DeliveryProgress {
  readonly state: DeliveryState;
  /** When the gateway took it: by its own answer, otherwise by the earliest receipt that proves it. */
  readonly sentAt: EpochMs | null;
  /** The earliest receipt that proves the delivery; a receipt that it was read proves it too. */
  readonly deliveredAt: EpochMs | null;
  readonly readAt: EpochMs | null;
  /** When it failed; null again as soon as the delivery turns out to be on the person's device. */
  readonly failedAt: EpochMs | null;
}

/** What a receipt has to say for the projection. */
export type Receipt = Pick<StatusEvent, 'kind' | 'at' | 'gatewayMessageId'>;

const ORDER: readonly StatusEventKind[] = ['SENT', 'FAILED', 'DELIVERED', 'READ'];

/**
 * Where a delivery stands after all receipts that were ever stored for it. The same receipts give the same answer in
 * whatever order and however often they came, and applying them again changes nothing.
 *
 * `gatewayMessageId` is the one of the last attempt that the gateway took; null while unknown. Receipts of another
 * message of the same delivery are those of an earlier attempt: that one was sent or failed says nothing about this one,
 * while delivered and read count whichever attempt brought the message.
 *
 * Called when a receipt is stored, and again when a call's outcome is recorded, for the receipts that came before it.
 */
export function projectReceipts(
  delivery: DeliveryProgress,
  gatewayMessageId: string | null,
  receipts: readonly Receipt[],
): DeliveryProgress {
  const relevant = receipts.filter((receipt) => concerns(receipt, gatewayMessageId));
  const kinds = ORDER.filter((kind) => relevant.some((receipt) => receipt.kind === kind));
  const state = kinds.reduce((current, kind) => afterReceipt(current, kind), delivery.state);
  if (!REACHED_GATEWAY.includes(state)) return { ...delivery, state };
  return {
    state,
    sentAt: delivery.sentAt ?? earliest(relevant, ['SENT', 'DELIVERED', 'READ']),
    deliveredAt: min(delivery.deliveredAt, earliest(relevant, ['DELIVERED', 'READ'])),
    readAt: min(delivery.readAt, earliest(relevant, ['READ'])),
    failedAt: state === 'failed' ? (delivery.failedAt ?? earliest(relevant, ['FAILED'])) : null,
  };
}

/** Only in these states do receipts set instants; a delivery that waits for its next attempt keeps what it has. */
const REACHED_GATEWAY: readonly DeliveryState[] = ['sent', 'delivered', 'read', 'failed'];

function concerns(receipt: Receipt, gatewayMessageId: string | null): boolean {
  if (receipt.kind === 'DELIVERED' || receipt.kind === 'READ') return true;
  const isKnown = gatewayMessageId !== null && receipt.gatewayMessageId !== undefined;
  return !isKnown || receipt.gatewayMessageId === gatewayMessageId;
}

function afterReceipt(state: DeliveryState, status: StatusEventKind): DeliveryState {
  const result = applyDeliveryEvent(state, { kind: 'receipt', status });
  return result.kind === 'moved' ? result.to : state;
}

function earliest(receipts: readonly Receipt[], kinds: readonly StatusEventKind[]): EpochMs | null {
  return receipts
    .filter((receipt) => kinds.includes(receipt.kind))
    .reduce<EpochMs | null>((first, receipt) => min(first, receipt.at), null);
}

function min(a: EpochMs | null, b: EpochMs | null): EpochMs | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
