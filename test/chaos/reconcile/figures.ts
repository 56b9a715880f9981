import { HARD_FAULTS } from '../fault.js';
import type { Indexed } from './indexed.js';
import { capUses, spacedPairs } from './limits.js';
import { latestCallAfterStopMs } from './people.js';
import { fullestWindows } from './windows.js';

/** What a run came to in numbers. */
export interface Figures {
  readonly deliveries: number;
  readonly calls: number;
  readonly effects: number;
  readonly attempts: number;
  readonly receipts: number;
  readonly byStatus: Readonly<Record<string, number>>;
  /** Of all deliveries that were handed to a gateway. */
  readonly uncertainShare: number;
  /** Deliveries of AT_LEAST_ONCE with more than one effect, each after a doubt. */
  readonly repeated: number;
  readonly cancelled: number;
  /** Calls beyond burst + rate × t in the fullest window of any channel, without the permits' life. */
  readonly excess: number;
  readonly latestCallAfterStopMs: number;
  /** Faults that end or hold something and met something. */
  readonly hardFaults: number;
  /** Stops that outlasted every lease of the process. */
  readonly longStops: number;
  /** Of the daily cap that was used most, from 0 to 1. */
  readonly capUse: number;
  /** Pairs of calls of channels with a distance, and by how much the closest was nearer than the distance. */
  readonly spacedPairs: number;
  readonly spacingExcessMs: number;
}

export function figuresOf(history: Indexed, lateMs: number): Figures {
  const pairs = spacedPairs(history, lateMs);
  const byStatus: Record<string, number> = {};
  for (const { status } of history.deliveries) byStatus[status] = (byStatus[status] ?? 0) + 1;
  const attempted = history.deliveries.filter((delivery) => history.attemptsOf(delivery.id).length > 0).length;
  return {
    deliveries: history.deliveries.length,
    calls: history.calls.length,
    effects: history.effects.length,
    attempts: history.attempts.length,
    receipts: history.receipts.length,
    byStatus,
    uncertainShare: attempted === 0 ? 0 : (byStatus['uncertain'] ?? 0) / attempted,
    repeated: history.deliveries.filter((delivery) => history.effectsOf(delivery.id).length > 1).length,
    cancelled: history.told.filter((told) => told.kind === 'deliveryCancelled').length,
    excess: Math.max(0, ...fullestWindows(history).map((window) => window.excess)),
    latestCallAfterStopMs: latestCallAfterStopMs(history),
    ...faultFigures(history),
    capUse: Math.max(0, ...capUses(history, lateMs).map(({ channel, calls }) => calls / (channel.perDay ?? Infinity))),
    spacedPairs: pairs.length,
    spacingExcessMs: Math.max(0, ...pairs.map(({ channel, apartMs }) => channel.minSpacingSeconds * 1_000 - apartMs)),
  };
}

/** Longer than any lease of the servers. */
const LONGEST_LEASE_MS = 30_000;

/** Faults that end or hold something, and stops that outlasted every lease of the process. */
function faultFigures({ faults }: Indexed): { readonly hardFaults: number; readonly longStops: number } {
  const stops = faults.filter((fault) => fault.kind === 'stopShort' || fault.kind === 'stopLong');
  return {
    hardFaults: faults.filter((fault) => HARD_FAULTS.includes(fault.kind)).length,
    longStops: stops.filter((stop) => stop.untilMs - stop.fromMs > LONGEST_LEASE_MS).length,
  };
}
