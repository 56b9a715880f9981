import type { EpochMicros } from '../values/time.js';
import { MOST_AHEAD, type ExplanationFacts, type QueuedDelivery } from './explanation-facts.js';
import { timedGate, type Gate } from './gate.js';
import { permitsToCome, type PermitsToCome } from './permits-to-come.js';
import { untilText } from './time-text.js';

/** What is asked about those ahead of a delivery that is not parked. */
interface Place {
  readonly readyAtUs: EpochMicros;
  readonly spacingUs: number;
  readonly express: boolean;
}

/**
 * The gate of those that go before it: its turn comes when the channel has given a permit to each of them, and, if it
 * keeps a distance, that much after the last of them. Others that become due meanwhile with a higher priority, or are put
 * off, are not foreseen. `forecast` is the lane's, from now on.
 */
export function queueGate(facts: ExplanationFacts, queue: QueuedDelivery, forecast: PermitsToCome): readonly Gate[] {
  const { ahead, channel } = facts;
  const { readyAtUs, spacingUs, express } = queue;
  const count = ahead.now + ahead.atItsTime + ahead.express;
  if (readyAtUs === null || count === 0 || (express && spacingUs === 0)) return [];
  const { before, turnUs } = turnOf(facts, { readyAtUs, spacingUs, express }, forecast);
  if (before === 0 && turnUs <= readyAtUs) return [];
  const more = ahead.now >= MOST_AHEAD || ahead.atItsTime >= MOST_AHEAD ? 'At least ' : '';
  const others = `${more}${count.toLocaleString('en-US')} ${count === 1 ? 'delivery' : 'deliveries'} of the channel`;
  return [
    timedGate(
      'QUEUE',
      turnUs,
      (until) =>
        `${others} ${count === 1 ? 'goes' : 'go'} before it; its turn comes at ${untilText(channel.hours.zone, until)} or later.`,
      `${others} may go before it, and the channel allows as many.`,
    ),
  ];
}

/** The instant of its permit and its distance, and how many go before it when it is ready. */
function turnOf(
  { nowUs, ahead, channel }: ExplanationFacts,
  { readyAtUs, spacingUs, express }: Place,
  forecast: PermitsToCome,
): { readonly before: number; readonly turnUs: EpochMicros } {
  const startUs = Math.max(nowUs, readyAtUs);
  if (express) return { before: ahead.now + ahead.express, turnUs: startUs + spacingUs };
  if (readyAtUs <= nowUs) {
    const permitUs = forecast.instantOf(ahead.now + 1);
    const lastUs = ahead.now > 0 ? forecast.instantOf(ahead.now) : startUs;
    return { before: ahead.now + ahead.express, turnUs: Math.max(permitUs, lastUs + spacingUs) };
  }
  const { left, state } = forecast.leaveAt(readyAtUs, ahead.now);
  const { policy, hours, heldUntilUs } = channel;
  const then = permitsToCome({ policy, hours, state, fromUs: Math.max(readyAtUs, heldUntilUs) });
  const before = left + ahead.atItsTime;
  const permitUs = then.instantOf(before + 1);
  return { before, turnUs: before === 0 ? permitUs : Math.max(permitUs, then.instantOf(before) + spacingUs) };
}
