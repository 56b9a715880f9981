import type { EpochMicros } from '../values/time.js';
import { MOST_AHEAD, type ExplanationFacts, type QueuedDelivery } from './explanation-facts.js';
import { timedGate, type Gate } from './gate.js';
import { forecastLane, type LaneForecast } from './lane-forecast.js';
import { untilText } from './time-text.js';

type ReadyDelivery = Pick<QueuedDelivery, 'spacingUs'> & { readonly readyAtUs: EpochMicros };

/**
 * The gate of those that go before it: its turn comes when the channel has given a permit to each of them. Others that
 * become due meanwhile with a higher priority, or are put off, are not foreseen. `forecast` is the lane's, from now on.
 */
export function queueGate(facts: ExplanationFacts, queue: QueuedDelivery, forecast: LaneForecast): readonly Gate[] {
  const { ahead, channel } = facts;
  if (queue.express || queue.readyAtUs === null || ahead.now + ahead.atItsTime === 0) return [];
  const { readyAtUs, spacingUs } = queue;
  const { before, turnUs } = turnOf(facts, { readyAtUs, spacingUs }, forecast);
  if (before === 0 && turnUs <= readyAtUs) return [];
  const count = ahead.now + ahead.atItsTime;
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

/** The instant of its permit, and how many go before it when it is ready. */
function turnOf(
  { nowUs, ahead, channel }: ExplanationFacts,
  { readyAtUs, spacingUs }: ReadyDelivery,
  forecast: LaneForecast,
): { readonly before: number; readonly turnUs: EpochMicros } {
  if (readyAtUs <= nowUs) return { before: ahead.now, turnUs: permitAfter(forecast, ahead.now, spacingUs) };
  const { left, state } = forecast.leaveAt(readyAtUs, ahead.now);
  const { policy, hours, heldUntilUs } = channel;
  const then = forecastLane({ policy, hours, state, fromUs: Math.max(readyAtUs, heldUntilUs) });
  const before = left + ahead.atItsTime;
  return { before, turnUs: permitAfter(then, before, spacingUs) };
}

/** The permit after those of `before` others, and the distance that it keeps from the last of them. */
function permitAfter(forecast: LaneForecast, before: number, spacingUs: number): EpochMicros {
  const permitUs = forecast.instantOf(before + 1);
  return before === 0 || spacingUs === 0 ? permitUs : Math.max(permitUs, forecast.instantOf(before) + spacingUs);
}
