import type { AttemptRow, DeliveryRow } from '../history.js';
import type { Indexed } from './indexed.js';
import type { Violation } from './violation.js';

/** Clocks are read in whole milliseconds here and in microseconds there. */
const READING_MS = 2;

/** How an attempt ends of which nobody knows whether it had an effect. */
const DOUBTS: readonly (string | null)[] = ['uncertain', 'lease_expired'];

/** I8: a call has its attempt's row, begun no later; and an attempt is called once. */
export function callsWithoutIntent(history: Indexed): Violation[] {
  const seen = new Set<string>();
  return history.calls.flatMap((call): Violation[] => {
    const { deliveryId, attempt, atMs } = call;
    const violation = (what: string): Violation[] => [{ invariant: 'I8', subject: deliveryId, what }];
    const row = history.attemptsOf(deliveryId).find((each) => each.number === attempt);
    if (!row) return violation(`call of attempt ${attempt}, which has no row`);
    if (row.startedAtMs > atMs + READING_MS)
      return violation(`call of attempt ${attempt} ${row.startedAtMs - atMs} ms before its intent`);
    const key = `${deliveryId}:${attempt}`;
    if (seen.has(key)) return violation(`attempt ${attempt} was called twice`);
    seen.add(key);
    return [];
  });
}

/** I9: two effects, or an attempt after one that may have brought it, unless the gateway tells them apart. */
export function duplicates(history: Indexed): Violation[] {
  return history.deliveries.flatMap((delivery): Violation[] => {
    if (history.schedule.get(delivery.scheduleId)?.guarantee !== 'AT_MOST_ONCE') return [];
    const effects = history.effectsOf(delivery.id);
    const violation = (what: string): Violation => ({ invariant: 'I9', subject: delivery.id, what });
    const attempts = effects.map((effect) => effect.attempt).join(', ');
    return [
      ...(effects.length < 2 ? [] : [violation(`${effects.length} effects, of attempts ${attempts}`)]),
      ...repetitions(history, delivery).map(({ doubt }) =>
        violation(`repeated although attempt ${doubt.number} is in doubt`),
      ),
    ];
  });
}

/**
 * I10: of an AT_LEAST_ONCE delivery with several effects, every attempt that had one, except the last, ended in doubt; and
 * what is in doubt is repeated when nothing can come of the call any more and its receipts have had their time.
 */
export function unexplainedRepetitions(history: Indexed): Violation[] {
  return history.deliveries.flatMap((delivery): Violation[] => {
    if (history.schedule.get(delivery.scheduleId)?.guarantee !== 'AT_LEAST_ONCE') return [];
    const violation = (what: string): Violation => ({ invariant: 'I10', subject: delivery.id, what });
    const settleMs = (history.channel.get(delivery.channelId)?.timeoutMs ?? 0) + RECEIPTS_MS;
    const hurried = repetitions(history, delivery)
      .filter(({ doubt, next }) => waitOf(history, doubt, next) < settleMs - READING_MS)
      .map(({ doubt, next }) =>
        violation(
          `attempt ${next.number} began ${Math.round(waitOf(history, doubt, next))} ms after the call in doubt`,
        ),
      );
    return [...unexplained(history, delivery).map(violation), ...hurried];
  });
}

/** After a call of which nobody knows, receipts may come for so long before it is repeated. */
const RECEIPTS_MS = 15_000;

function unexplained(history: Indexed, { id }: DeliveryRow): string[] {
  const effects = history.effectsOf(id);
  const attempts = history.attemptsOf(id);
  const last = Math.max(...effects.map((effect) => effect.attempt));
  return effects
    .filter((effect) => effect.attempt !== last || effects.filter((each) => each.attempt === last).length > 1)
    .map((effect) => attempts.find((row) => row.number === effect.attempt))
    .filter((row) => row?.number === last || !row || !DOUBTS.includes(row.outcome))
    .map((row) => `sent again although attempt ${row?.number ?? '?'} ended ${row?.outcome ?? 'without a row'}`);
}

/** Attempts that follow one in doubt, where the gateway does not take them for the same. */
function repetitions(history: Indexed, { id, channelId }: DeliveryRow): { doubt: AttemptRow; next: AttemptRow }[] {
  if (history.channel.get(channelId)?.idempotent) return [];
  const attempts = [...history.attemptsOf(id)].sort((a, b) => a.number - b.number);
  return attempts.flatMap((doubt, place) => {
    const next = attempts[place + 1];
    return next && DOUBTS.includes(doubt.outcome) ? [{ doubt, next }] : [];
  });
}

/**
 * From a call that is in doubt, or its intent, to the next attempt; Infinity when the harness put the clock of what waits
 * forward meanwhile. By the gateway's own clock reading: an attempt's end is written at the end of the statement that
 * also says when it is repeated, and that may have waited for a lock.
 */
function waitOf(history: Indexed, { deliveryId, number, startedAtMs }: AttemptRow, next: AttemptRow): number {
  const call = history.callsOf(deliveryId).find((each) => each.attempt === number);
  const fromMs = call?.atMs ?? startedAtMs;
  const isPutForward = history.windingsMs.some((atMs) => atMs >= fromMs && atMs <= next.startedAtMs);
  return isPutForward ? Infinity : next.startedAtMs - fromMs;
}

/** I11: what the log says of a delivery and of each attempt agrees with what people got. */
export function untruths(history: Indexed): Violation[] {
  const aboutAttempts = history.attempts
    .filter((attempt) => attempt.outcome === 'accepted')
    .filter((attempt) => {
      const isIdempotent = history.channel.get(history.delivery.get(attempt.deliveryId)?.channelId ?? '')?.idempotent;
      const effects = history.effectsOf(attempt.deliveryId);
      return !effects.some((effect) => isIdempotent || effect.attempt === attempt.number);
    })
    .map((attempt): Violation => ({
      invariant: 'I11',
      subject: attempt.deliveryId,
      what: `attempt ${attempt.number} counts as accepted and had no effect`,
    }));
  const aboutDeliveries = history.deliveries.flatMap((delivery): Violation[] => {
    const effects = history.effectsOf(delivery.id).length;
    const violation = (what: string): Violation[] => [{ invariant: 'I11', subject: delivery.id, what }];
    switch (delivery.status) {
      case 'sent':
      case 'delivered':
      case 'read':
        return effects === 0 ? violation(`${delivery.status}, and nobody got it`) : [];
      case 'failed': {
        const isReported = history.postedOf(delivery.id).some((receipt) => receipt.status === 'failed');
        return effects > 0 && !isReported ? violation(`failed (${delivery.errorCode ?? ''}), and somebody got it`) : [];
      }
      case 'suppressed':
      case 'cancelled': {
        // Somebody wanted it to end: what an attempt in doubt may have brought does not change that.
        const brought = unexplainedEffects(history, delivery);
        return brought.length === 0
          ? []
          : violation(`${delivery.status}, and attempt ${brought.join(', ')} brought it`);
      }
      case 'expired':
        return effects > 0 ? violation(`${delivery.status}, and somebody got it`) : [];
      default:
        return [];
    }
  });
  return [...aboutAttempts, ...aboutDeliveries];
}

/** Numbers of attempts that had an effect and did not end in doubt. */
function unexplainedEffects(history: Indexed, { id }: DeliveryRow): number[] {
  const outcomeOf = new Map(history.attemptsOf(id).map((row) => [row.number, row.outcome]));
  return history
    .effectsOf(id)
    .map((effect) => effect.attempt)
    .filter((attempt) => !DOUBTS.includes(outcomeOf.get(attempt) ?? null));
}
