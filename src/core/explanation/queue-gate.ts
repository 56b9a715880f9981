import type { EpochMicros } from '../values/time.js';
import { MOST_AHEAD, type ExplanationFacts, type QueuedDelivery } from './explanation-facts.js';
import { timedGate, type Gate } from './gate.js';
import type { LaneOutlook } from './lane-outlook.js';
import { untilText } from './time-text.js';

/** What is asked about those ahead of a delivery that is not parked. */
interface Place {
  readonly readyAtUs: EpochMicros;
  readonly spacingUs: number;
  readonly express: boolean;
  readonly priority: number;
}

/**
 * The gate of those that go before it: its turn comes when the channel has given a permit to each of them, those of
 * campaigns at their distances, and, if it keeps a distance itself, that much after the last of them. Others that become
 * due meanwhile with a higher priority, or are put off, are not foreseen.
 */
export function queueGate(facts: ExplanationFacts, queue: QueuedDelivery, outlook: LaneOutlook): readonly Gate[] {
  const { ahead, channel } = facts;
  const { readyAtUs, spacingUs, express, priority } = queue;
  const count = ahead.now + ahead.atItsTime + ahead.express;
  if (readyAtUs === null || count === 0 || (express && spacingUs === 0)) return [];
  const { before, turnUs } = turnOf(facts, { readyAtUs, spacingUs, express, priority }, outlook);
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
  { nowUs, ahead, aheadSpaced }: ExplanationFacts,
  { readyAtUs, spacingUs, express, priority }: Place,
  outlook: LaneOutlook,
): { readonly before: number; readonly turnUs: EpochMicros } {
  const startUs = Math.max(nowUs, readyAtUs);
  if (express) return { before: ahead.now + ahead.express, turnUs: startUs + spacingUs };
  const clearUs = ahead.express > 0 ? startUs + spacingUs : startUs;
  if (aheadSpaced.length > 0) {
    const place = { startUs, priority, spacingUs, ready: ahead.now, atItsTime: ahead.atItsTime, spaced: aheadSpaced };
    const { before, turnUs } = outlook.behindSpaced(place);
    return { before, turnUs: Math.max(turnUs, clearUs) };
  }
  if (readyAtUs <= nowUs) {
    const permitUs = outlook.permits.instantOf(ahead.now + 1);
    const lastUs = ahead.now > 0 ? outlook.permits.instantOf(ahead.now) : startUs;
    return { before: ahead.now + ahead.express, turnUs: Math.max(permitUs, lastUs + spacingUs) };
  }
  const { left, permits } = outlook.after(readyAtUs, ahead.now);
  const before = left + ahead.atItsTime;
  const permitUs = permits.instantOf(before + 1);
  return { before, turnUs: before === 0 ? permitUs : Math.max(permitUs, permits.instantOf(before) + spacingUs) };
}
