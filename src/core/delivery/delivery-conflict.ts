import type { EpochMs } from '../values/time.js';
import { explainVersion } from '../values/version-conflict.js';
import type { DeliveryState, DeliveryStatus } from './delivery-state.js';

/** What a person wants of a delivery. */
export type DeliveryWish = 'cancel' | 'reschedule' | 'retry' | 'resolve';

/** What its rows know of a delivery at the moment at which a wish is refused. */
export interface DeliveryConflictFacts {
  readonly state: DeliveryState;
  readonly status: DeliveryStatus;
  readonly version: number;
  readonly dueAt: EpochMs;
  readonly sentAt: EpochMs | null;
  readonly deliveredAt: EpochMs | null;
  readonly readAt: EpochMs | null;
  readonly failedAt: EpochMs | null;
}

type InstantField = 'sentAt' | 'deliveredAt' | 'readAt' | 'failedAt';

/** What happened to a delivery, and which of its instants says when. */
interface Happening {
  readonly words: string;
  readonly instant?: InstantField;
}

const HAPPENED = {
  pending: { words: 'is waiting to be sent' },
  claimed: { words: 'was taken up to be sent' },
  sending: { words: 'was handed to the gateway' },
  sent: { words: 'was sent', instant: 'sentAt' },
  delivered: { words: 'was delivered', instant: 'deliveredAt' },
  read: { words: 'was read', instant: 'readAt' },
  failed: { words: 'failed', instant: 'failedAt' },
  uncertain: { words: 'was handed to the gateway, and nobody knows whether it was taken' },
  cancelled: { words: 'was cancelled' },
  expired: { words: 'expired' },
  suppressed: { words: 'was suppressed' },
} as const satisfies Record<DeliveryState, Happening>;

const CONSEQUENCE = {
  cancel: ', before this reached it.',
  reschedule: ', before this reached it.',
  retry: ': it cannot be retried.',
  resolve: ': it is not UNCERTAIN.',
} as const satisfies Record<DeliveryWish, string>;

/** The states in which a wish changes something. */
const FROM = {
  cancel: ['pending', 'claimed'],
  reschedule: ['pending'],
  retry: ['failed', 'expired', 'cancelled', 'suppressed'],
  resolve: ['uncertain'],
} as const satisfies Record<DeliveryWish, readonly DeliveryState[]>;

/** A delivery that came and went between two states each time that it was looked at. */
export const KEEPS_CHANGING = 'The delivery is changing at this very moment: try again.';

/** Said of whatever would be sent again. */
export const SCHEDULE_IS_CANCELLED = 'The schedule was cancelled: nothing of it is sent any more.';

/**
 * Why a wish cannot be fulfilled, in a sentence that says what happened meanwhile; null when it can. What happened comes
 * before what the version says, because it says more.
 */
export function refuseWish(
  wish: DeliveryWish,
  facts: DeliveryConflictFacts,
  expectedVersion: number | null,
): string | null {
  const isAlready = wish === 'cancel' && facts.state === 'cancelled';
  const allowed: readonly DeliveryState[] = FROM[wish];
  if (!isAlready && !allowed.includes(facts.state)) return tooLate(wish, facts);
  return explainVersion(facts, expectedVersion);
}

/** What happened to the delivery, so that the wish comes too late. */
export function tooLate(wish: DeliveryWish, facts: DeliveryConflictFacts): string {
  const { words, instant }: Happening = HAPPENED[facts.state];
  const at = instant === undefined ? null : facts[instant];
  const when = at === null ? '' : ` at ${new Date(at).toISOString()}`;
  return `The delivery ${words}${when}${CONSEQUENCE[wish]}`;
}

/** The `current` of a conflict: status, version, when it is due, and the instants of what has happened. */
export function currentOf(facts: DeliveryConflictFacts): Readonly<Record<string, unknown>> {
  const { status, version, dueAt, sentAt, deliveredAt, readAt, failedAt } = facts;
  const instants = { dueAt, sentAt, deliveredAt, readAt, failedAt };
  const known = Object.entries(instants).flatMap(([name, at]) =>
    at === null ? [] : [[name, new Date(at).toISOString()] as const],
  );
  return { status, version, ...Object.fromEntries(known) };
}
