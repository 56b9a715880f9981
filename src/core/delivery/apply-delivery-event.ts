import type { StatusEventKind } from '../gateway/send-outcome.js';
import { type DeliveryEvent, PersonEvent, type ProcessEvent } from './delivery-events.js';
import type { DeliveryState } from './delivery-state.js';

/** What an event means for a delivery in a given state. */
export type DeliveryEventResult =
  /** The delivery goes on to `to`. */
  | { readonly kind: 'moved'; readonly to: DeliveryState }
  /** Nothing changes: the event is repeated, late or already overtaken. */
  | { readonly kind: 'stale' }
  /** A receipt that came before the answer to the call: keep it and apply it once the answer is recorded. */
  | { readonly kind: 'early' }
  /** A person asks for what this state does not allow; tell them the state. */
  | { readonly kind: 'refused'; readonly current: DeliveryState };

type Moves = Partial<Record<DeliveryState, DeliveryState>>;

const MOVES = {
  claimed: { pending: 'claimed' },
  released: { claimed: 'pending' },
  sendingStarted: { claimed: 'sending' },
  accepted: { sending: 'sent', uncertain: 'sent' },
  retryPlanned: { sending: 'pending' },
  failed: { claimed: 'failed', sending: 'failed', uncertain: 'failed' },
  outcomeLost: { sending: 'uncertain' },
  leftInDoubt: { pending: 'uncertain', claimed: 'uncertain', sending: 'uncertain' },
  repeatPlanned: { uncertain: 'pending' },
  expired: { pending: 'expired', claimed: 'expired', sending: 'expired' },
  suppressed: { pending: 'suppressed', claimed: 'suppressed' },
  cancelled: { pending: 'cancelled', claimed: 'cancelled' },
  reopened: { failed: 'pending', cancelled: 'pending', expired: 'pending', suppressed: 'pending' },
  markedSent: { uncertain: 'sent' },
  markedFailed: { uncertain: 'failed' },
  sendAgainAccepted: { uncertain: 'pending' },
} as const satisfies Record<ProcessEvent | PersonEvent, Moves>;

/*
 * Receipts only move forwards: SENT < FAILED < DELIVERED < READ. Delivered and read prove that the person has the
 * message, so they also end a wait for another attempt, which would send it twice. Sent and failed are about one attempt
 * and prove nothing about a later one: they move nothing that waits, and in SENDING they may be about the attempt before.
 */
const RECEIPT_MOVES: Record<StatusEventKind, Moves> = {
  SENT: { uncertain: 'sent' },
  FAILED: { sent: 'failed', uncertain: 'failed' },
  DELIVERED: {
    pending: 'delivered',
    claimed: 'delivered',
    sending: 'delivered',
    sent: 'delivered',
    failed: 'delivered',
    uncertain: 'delivered',
  },
  READ: {
    pending: 'read',
    claimed: 'read',
    sending: 'read',
    sent: 'read',
    delivered: 'read',
    failed: 'read',
    uncertain: 'read',
  },
};

const personEvents = new Set<string>(Object.values(PersonEvent));

/**
 * The effect of an event on a delivery in `state`: one of the moves of DELIVERY_TRANSITIONS, or none.
 *
 * Receipts converge: in whatever order and however often they come, the delivery ends in the same state. A receipt for a
 * CANCELLED, EXPIRED or SUPPRESSED delivery is stale: a person's or the deadline's decision stands.
 */
export function applyDeliveryEvent(state: DeliveryState, event: DeliveryEvent): DeliveryEventResult {
  if (event.kind === 'receipt') {
    const to = RECEIPT_MOVES[event.status][state];
    if (to !== undefined) return { kind: 'moved', to };
    return state === 'sending' ? { kind: 'early' } : { kind: 'stale' };
  }
  const moves: Moves = MOVES[event.kind];
  const to = moves[state];
  if (to !== undefined) return { kind: 'moved', to };
  const isAsked = personEvents.has(event.kind) && !Object.values(moves).includes(state);
  return isAsked ? { kind: 'refused', current: state } : { kind: 'stale' };
}
