import type { EpochMicros } from '../values/time.js';

/**
 * What may hold a delivery back, in the order in which an explanation lists it: what needs a person first, then what
 * would end it, then its own time, then the limits of its channel and its contact, then its place in the queue.
 */
export const GATE_KINDS = [
  /** Nothing that sends is running. */
  'PROCESSING_OFF',
  'SCHEDULE_PAUSED',
  /** It, or its schedule, was cancelled. */
  'CANCELLED',
  'CHANNEL_PAUSED',
  'CHANNEL_DISCONNECTED',
  'OPTED_OUT',
  'NO_ADDRESS',
  'CONTACT_DELETED',
  /** The contact has no value for what the text asks for. */
  'MISSING_PLACEHOLDERS',
  /** The message is a draft, or a person paused it. */
  'MESSAGE_PAUSED',
  'EXPIRED',
  /** It cannot go within a minute of its campaign's time, or its day's hours are over: it gets another time. */
  'REPLANNING',
  'CAMPAIGN_WINDOW',
  'DUE_TIME',
  'RETRY_BACKOFF',
  'UNCERTAIN',
  /** Something that held it back is looked at again then. */
  'RECHECK',
  'WINDOW',
  /** The provider asked for a pause. */
  'CHANNEL_HELD',
  'DAILY_CAP',
  'SPACING',
  'CHANNEL_RATE',
  'CONTACT_RATE',
  /** Others of the channel go before it. */
  'QUEUE',
  /** It is at the gateway, or about to be. */
  'AT_GATEWAY',
  'FAILED',
  /** It was not sent because of its contact; the code says why. */
  'SUPPRESSED',
] as const;

/** One of {@link GATE_KINDS}. */
export type GateKind = (typeof GATE_KINDS)[number];

/** When a gate opens: an instant, or null when it does not open by itself. */
export type OpensAt = EpochMicros | null;

/** One gate of a delivery that waits. */
export interface Gate {
  readonly kind: GateKind;
  /** When it is open if nothing else happens, asked at an instant: that instant or an earlier one when it is open then. */
  readonly opensAt: (atUs: EpochMicros) => OpensAt;
  /** A sentence for a gate that holds the delivery back until then. */
  readonly closed: (until: OpensAt) => string;
  /** A sentence for one that does not; null when that is not worth one. */
  readonly open: string | null;
}

/** A gate of an explanation. */
export interface ExplainedGate {
  readonly kind: GateKind;
  /** It holds the delivery back, now or when the others no longer do. */
  readonly blocking: boolean;
  /** When it no longer does; null when it is not blocking, and when that takes a person. */
  readonly untilUs: EpochMicros | null;
  /** One sentence with the local time and its zone. */
  readonly detail: string;
}

/** A gate that stands as it stands until somebody changes something. */
export function standingGate(kind: GateKind, isClosed: boolean, closed: string, open: string | null = null): Gate {
  return { kind, opensAt: (atUs) => (isClosed ? null : atUs), closed: () => closed, open };
}

/** A gate that opens at an instant and stays open. */
export function timedGate(
  kind: GateKind,
  opensAtUs: EpochMicros,
  closed: (until: EpochMicros) => string,
  open: string | null = null,
): Gate {
  return { kind, opensAt: () => opensAtUs, closed: (until) => closed(until ?? opensAtUs), open };
}
