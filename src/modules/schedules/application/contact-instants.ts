import { localInstant } from '../../../core/scheduling/contact-time.js';
import type { InstantsByZone } from '../persistence/materialising.repository.js';
import { zoneOf } from './schedule-columns.js';

/**
 * When contacts of the zones get a message whose nominal instant is `dueAt` in the schedule's zone. A zone that this
 * program does not know (any more) is left out: its contacts get it at the nominal instant, as those without a zone do.
 */
export function instantsByZone(dueAt: Date, scheduleZone: string, zones: readonly string[]): InstantsByZone {
  const own = zoneOf(scheduleZone);
  if (own === null) throw new Error(`a stored time zone is not known to this runtime: ${scheduleZone}`);
  const known = zones.flatMap((name) => {
    const zone = zoneOf(name);
    return zone === null ? [] : [{ name, at: new Date(localInstant(dueAt.getTime(), own, zone)) }];
  });
  return { zones: known.map(({ name }) => name), instants: known.map(({ at }) => at) };
}

/** The first instant at which somebody gets it. */
export function firstOf(dueAt: Date, { instants }: InstantsByZone): Date {
  return new Date(Math.min(dueAt.getTime(), ...instants.map((at) => at.getTime())));
}
