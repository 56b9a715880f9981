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

/** I9. */
export function duplicates(history: Indexed): Violation[] {
  return history.deliveries.flatMap((delivery): Violation[] => {
    const effects = history.effectsOf(delivery.id);
    if (effects.length < 2 || history.schedule.get(delivery.scheduleId)?.guarantee !== 'AT_MOST_ONCE') return [];
    const attempts = effects.map((effect) => effect.attempt).join(', ');
    return [{ invariant: 'I9', subject: delivery.id, what: `${effects.length} effects, of attempts ${attempts}` }];
  });
}

/** I10: of an AT_LEAST_ONCE delivery with several effects, every attempt that had one, except the last, ended in doubt. */
export function unexplainedRepetitions(history: Indexed): Violation[] {
  return history.deliveries.flatMap((delivery): Violation[] => {
    const effects = history.effectsOf(delivery.id);
    if (effects.length < 2 || history.schedule.get(delivery.scheduleId)?.guarantee !== 'AT_LEAST_ONCE') return [];
    const attempts = history.attemptsOf(delivery.id);
    const last = Math.max(...effects.map((effect) => effect.attempt));
    return effects
      .filter((effect) => effect.attempt !== last)
      .map((effect) => attempts.find((row) => row.number === effect.attempt))
      .filter((row) => !row || !DOUBTS.includes(row.outcome))
      .map((row) => ({
        invariant: 'I10',
        subject: delivery.id,
        what: `sent again although attempt ${row?.number ?? '?'} ended ${row?.outcome ?? 'without a row'}`,
      }));
  });
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
        const isReported = history.receiptsOf(delivery.id).some((receipt) => receipt.kind === 'FAILED');
        return effects > 0 && !isReported ? violation(`failed (${delivery.errorCode ?? ''}), and somebody got it`) : [];
      }
      case 'suppressed':
      case 'expired':
        return effects > 0 ? violation(`${delivery.status}, and somebody got it`) : [];
      default:
        return [];
    }
  });
  return [...aboutAttempts, ...aboutDeliveries];
}
