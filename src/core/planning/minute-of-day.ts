import { MS_PER_DAY, MS_PER_MINUTE } from '../recurrence/civil-date.js';
import { offsetAt, type TimeZone } from '../recurrence/time-zone.js';
import type { EpochMs } from '../values/time.js';
import type { Stretch } from './free-time.js';
import type { SeededRandom } from './seeded-random.js';

/** The minutes after midnight that wall clocks of a zone show, 0 to 1439. */
export function minuteOfDay(zone: TimeZone, at: EpochMs): number {
  const localMs = at + offsetAt(zone, at);
  return Math.floor((localMs - Math.floor(localMs / MS_PER_DAY) * MS_PER_DAY) / MS_PER_MINUTE);
}

/**
 * An instant of a stretch whose minute of the day is none of the taken ones, each as likely as the others; null when the
 * stretch has no other minutes.
 */
export function instantOutside(
  random: SeededRandom,
  zone: TimeZone,
  { fromMs, toMs }: Stretch,
  taken: ReadonlySet<number>,
): EpochMs | null {
  const allowed: Stretch[] = [];
  let length = 0;
  for (let at = fromMs; at <= toMs;) {
    const nextMinute = startOfNextMinute(zone, at);
    const part = { fromMs: at, toMs: Math.min(toMs, nextMinute - 1) };
    if (!taken.has(minuteOfDay(zone, at))) {
      allowed.push(part);
      length += part.toMs - part.fromMs + 1;
    }
    at = nextMinute;
  }
  if (length === 0) return null;
  let chosen = random.below(length);
  for (const part of allowed) {
    const own = part.toMs - part.fromMs + 1;
    if (chosen < own) return part.fromMs + chosen;
    chosen -= own;
  }
  throw new Error('an instant was drawn that no stretch holds');
}

/** Clocks change between two minutes, since 1972. */
function startOfNextMinute(zone: TimeZone, at: EpochMs): EpochMs {
  const localMs = at + offsetAt(zone, at);
  return at + MS_PER_MINUTE - (localMs - Math.floor(localMs / MS_PER_MINUTE) * MS_PER_MINUTE);
}
