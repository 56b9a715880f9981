import type { FailedStart } from '../server-slot.js';
import type { Figures } from './figures.js';
import type { Indexed } from './indexed.js';
import type { Violation } from './violation.js';

/** A server ends only when it is told to, and starts unless a fault is in its way. */
export function brokenServers(history: Indexed): Violation[] {
  return [
    ...history.brokenServers.map((what): Violation => ({ invariant: 'process', subject: what, what })),
    ...history.failedStarts
      .filter((start) => !isExcused(history, start))
      .map(({ server, why }): Violation => ({
        invariant: 'process',
        subject: server,
        what: `${why} before it served, and nothing was in its way`,
      })),
  ];
}

/** The database, its connections, or the way to it failed meanwhile. A process that is stopped takes too long. */
function isExcused(history: Indexed, { server, fromMs, untilMs }: FailedStart): boolean {
  return history.faults.some(
    (fault) =>
      fault.kind !== 'kill' &&
      (fault.server === null || fault.server === server) &&
      fault.fromMs <= untilMs &&
      fault.untilMs >= fromMs,
  );
}

/** Nothing is left to do: in the queue, for schedules, of stored events, or at the gateway. */
export function leftToDo({ rest }: Indexed): Violation[] {
  return Object.entries(rest)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => ({ invariant: 'rest', subject: name, what: `${count} were left when patience was over` }));
}

/** What the run was to try and did not: it would have shown nothing. */
export function shortfalls({ demands }: Indexed, figures: Figures): Violation[] {
  return Object.entries(demands).flatMap(([name, least]: [string, number]): Violation[] => {
    const got = figures[name as keyof typeof demands];
    return got >= least
      ? []
      : [{ invariant: 'enough', subject: name, what: `${+got.toFixed(2)} of at least ${least}` }];
  });
}
