import type { History } from '../history.js';
import { callsWithoutIntent, duplicates, unexplainedRepetitions, untruths } from './effects.js';
import { indexed, type Indexed } from './indexed.js';
import { callsAfterCancel, doubledRequests, intentsWhileStopped, latestCallAfterStopMs } from './people.js';
import { doubledRuns, excessRuns, missingOccurrences, standstills, wrongAudiences } from './schedules.js';
import { foreignOutcomes, illegalChanges, leftovers, wrongProjections } from './states.js';
import type { Violation } from './violation.js';
import { fullestWindows, overfullWindows } from './windows.js';

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
}

export interface Reconciliation {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/**
 * Compares what the gateway saw with what the database says and what people were told. `permitLifeMs` is the longest time
 * that the program allows between a permit and its call.
 */
export function reconcile(history: History, permitLifeMs: number): Reconciliation {
  const all = indexed(history);
  return {
    violations: [
      ...history.brokenServers.map((what): Violation => ({ invariant: 'process', subject: what, what })),
      ...doubledRuns(all),
      ...missingOccurrences(all),
      ...standstills(all),
      ...excessRuns(all),
      ...wrongAudiences(all),
      ...callsWithoutIntent(all),
      ...duplicates(all),
      ...unexplainedRepetitions(all),
      ...untruths(all),
      ...leftovers(all),
      ...illegalChanges(all),
      ...foreignOutcomes(all),
      ...callsAfterCancel(all),
      ...intentsWhileStopped(all, permitLifeMs),
      ...overfullWindows(all, permitLifeMs),
      ...wrongProjections(all),
      ...doubledRequests(all),
    ],
    figures: figuresOf(all),
  };
}

function figuresOf(history: Indexed): Figures {
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
  };
}
