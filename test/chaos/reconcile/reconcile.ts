import type { History } from '../history.js';
import { callsWithoutIntent, duplicates, unexplainedRepetitions, untruths } from './effects.js';
import { brokenServers, leftToDo, shortfalls } from './ending.js';
import { figuresOf, type Figures } from './figures.js';
import { indexed } from './indexed.js';
import { closePairs, overfullDays } from './limits.js';
import { callsAfterCancel, callsAfterOptOut, doubledRequests, intentsWhileStopped } from './people.js';
import { wrongProjections } from './receipts.js';
import { doubledRuns, earlyCalls, excessRuns, missingOccurrences, standstills, wrongAudiences } from './schedules.js';
import { foreignOutcomes, illegalChanges, leftovers } from './states.js';
import type { Violation } from './violation.js';
import { overfullWindows } from './windows.js';

export interface Reconciliation {
  readonly violations: readonly Violation[];
  readonly figures: Figures;
}

/**
 * Compares what the gateway saw with what the database says and what people were told. `lateMs` is the longest time between
 * a permit and the gateway's sight of its call.
 */
export function reconcile(history: History, lateMs: number): Reconciliation {
  const all = indexed(history);
  const figures = figuresOf(all, lateMs);
  return {
    violations: [
      ...brokenServers(all),
      ...doubledRuns(all),
      ...earlyCalls(all),
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
      ...intentsWhileStopped(all, lateMs),
      ...callsAfterOptOut(all, lateMs),
      ...overfullWindows(all, lateMs),
      ...overfullDays(all, lateMs),
      ...closePairs(all, lateMs),
      ...wrongProjections(all),
      ...doubledRequests(all),
      ...leftToDo(all),
      ...shortfalls(all, figures),
    ],
    figures,
  };
}
