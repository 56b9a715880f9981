import type { DeliveryState } from '../../../src/core/delivery/delivery-state.js';
import type { ReceiptEntry } from '../gateway/ledger.js';
import type { AttemptRow, DeliveryRow } from '../history.js';
import type { Indexed } from './indexed.js';
import type { Violation } from './violation.js';

/** I21: the final status is that of all events together, and what was confirmed to the provider is stored. */
export function wrongProjections(history: Indexed): Violation[] {
  const stored = new Set(history.receipts.map((receipt) => receipt.eventKey));
  const violation = (subject: string, what: string): Violation => ({ invariant: 'I21', subject, what });
  const lost = history.ledger.flatMap((entry) =>
    entry.kind === 'receipt' && !stored.has(entry.eventId)
      ? [violation(entry.deliveryId, `event ${entry.eventId} was confirmed and is not stored`)]
      : [],
  );
  const unmatched = history.receipts
    .filter((receipt) => receipt.deliveryId === null)
    .map((receipt) => violation(receipt.eventKey, 'an event has no delivery'));
  const wrong = history.deliveries.flatMap((delivery) => {
    const expected = expectedOf(history, delivery);
    if (expected.length === 0 || expected.includes(delivery.status)) return [];
    const posted = history.postedOf(delivery.id).map((receipt) => receipt.status);
    const what = `${delivery.status} instead of ${expected.join(' or ')} after events ${posted.join(', ') || 'none'}`;
    return [violation(delivery.id, what)];
  });
  return [...lost, ...unmatched, ...wrong];
}

/** Ended by a person or a deadline, or never begun: events change nothing. */
const UNMOVED: readonly DeliveryState[] = ['cancelled', 'expired', 'suppressed', 'pending'];

/**
 * What a delivery may say, by what the gateway knows and how its attempts ended; nothing when anything is right. A rule of
 * the harness's own: read beats delivered, and both beat whatever the calls came to; otherwise a message that was taken,
 * or may have been, has failed or is sent when the gateway says so of that message.
 */
function expectedOf(history: Indexed, delivery: DeliveryRow): DeliveryState[] {
  if (UNMOVED.includes(delivery.status)) return [];
  const posted = history.postedOf(delivery.id);
  const has = (status: ReceiptEntry['status'], among = posted): boolean => among.some((each) => each.status === status);
  if (has('read')) return ['read'];
  if (has('delivered')) return ['delivered'];
  return afterCalls(history, delivery).flatMap(({ state, messageId }): DeliveryState[] => {
    if (state === 'failed') return ['failed'];
    const about = posted.filter((receipt) => messageId === undefined || receipt.messageId === messageId);
    if (has('failed', about) && has('sent', about) && new Set(about.map((each) => each.messageId)).size > 1)
      return ['failed', 'sent'];
    if (has('failed', about)) return ['failed'];
    return has('sent', about) ? ['sent'] : [state];
  });
}

/** What the calls alone make of a delivery. */
interface AfterCalls {
  readonly state: 'sent' | 'failed' | 'uncertain';
  /** Of the call that was taken; undefined while none is known to be: then an event of any attempt counts. */
  readonly messageId: string | undefined;
}

const BY_OUTCOME: Readonly<Record<string, AfterCalls['state']>> = {
  accepted: 'sent',
  rejected: 'failed',
  not_processed: 'failed',
  uncertain: 'uncertain',
  lease_expired: 'uncertain',
};

function afterCalls(history: Indexed, { id, channelId }: DeliveryRow): AfterCalls[] {
  const called = history.attemptsOf(id).filter((attempt) => BY_OUTCOME[attempt.outcome ?? ''] !== undefined);
  const last = called.at(-1);
  // Without any attempt it failed before the gateway was called.
  if (!last) return [];
  const state = BY_OUTCOME[last.outcome ?? ''] ?? 'uncertain';
  const isIdempotent = history.channel.get(channelId)?.idempotent === true;
  const messageId = messageOf(history, last, isIdempotent);
  if (state === 'sent') return [{ state, messageId }];
  const isDoubted = called.some((attempt) => BY_OUTCOME[attempt.outcome ?? ''] === 'uncertain');
  // A refusal says nothing about an earlier attempt that may have been taken.
  const left: AfterCalls = { state: isDoubted ? 'uncertain' : state, messageId: undefined };
  // An answer that came after its lease settles the doubt; the attempt's row keeps what the reaper wrote.
  const mayBeLate = last.outcome === 'lease_expired' && messageId !== undefined;
  return mayBeLate ? [left, { state: 'sent', messageId }] : [left];
}

/** What the gateway calls the message of an attempt; undefined when it had no effect. */
function messageOf(history: Indexed, attempt: AttemptRow, isIdempotent: boolean): string | undefined {
  const effects = history.effectsOf(attempt.deliveryId);
  return (effects.find((effect) => effect.attempt === attempt.number) ?? (isIdempotent ? effects[0] : undefined))
    ?.messageId;
}
