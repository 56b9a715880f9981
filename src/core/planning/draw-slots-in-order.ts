import type { DurationMs, EpochMs } from '../values/time.js';
import type { Stretch } from './free-time.js';
import type { SeededRandom } from './seeded-random.js';

/**
 * `count` instants of the free time, rising, no two closer than the spacing (1 or more), one after the other: each lies
 * between the earliest instant that the one before leaves and the latest that leaves room for those after it, where the
 * first of that many uniform ones would. Never fails when there is room. In one stretch every arrangement is equally
 * likely but for rounding; holes closer than the spacing distort that.
 */
export function drawSlotsInOrder(
  random: SeededRandom,
  free: readonly Stretch[],
  count: number,
  spacingMs: DurationMs,
): EpochMs[] {
  const latest = latestSlots(free, count, spacingMs);
  const slots: EpochMs[] = [];
  let index = 0;
  let earliestMs = -Infinity;
  for (const [place, latestMs] of latest.entries()) {
    while (free[index]!.toMs < earliestMs) index += 1;
    const rest = count - place;
    const all = lengthBetween(free, index, earliestMs, latestMs);
    const chosen = Math.min(all - 1, Math.floor(all * (1 - random.uniform() ** (1 / rest))));
    const slot = instantAfter(free, index, earliestMs, chosen);
    slots.push(slot);
    earliestMs = slot + spacingMs;
  }
  return slots;
}

/** As late as all of them can be. */
function latestSlots(free: readonly Stretch[], count: number, spacingMs: DurationMs): Float64Array {
  const latest = new Float64Array(count);
  let index = free.length - 1;
  let latestMs = Infinity;
  for (let place = count - 1; place >= 0; place--) {
    while (free[index]!.fromMs > latestMs) index -= 1;
    latest[place] = Math.min(latestMs, free[index]!.toMs);
    latestMs = latest[place]! - spacingMs;
  }
  return latest;
}

/** How many free milliseconds there are from one instant to another, both included. */
function lengthBetween(free: readonly Stretch[], first: number, fromMs: EpochMs, toMs: EpochMs): number {
  let length = 0;
  for (let index = first; index < free.length && free[index]!.fromMs <= toMs; index++) {
    length += Math.min(toMs, free[index]!.toMs) - Math.max(fromMs, free[index]!.fromMs) + 1;
  }
  return length;
}

/** The free instant that comes `chosen` free milliseconds after the first one from `fromMs` on. */
function instantAfter(free: readonly Stretch[], first: number, fromMs: EpochMs, chosen: number): EpochMs {
  let left = chosen;
  for (let index = first; ; index++) {
    const startMs = Math.max(fromMs, free[index]!.fromMs);
    const length = free[index]!.toMs - startMs + 1;
    if (left < length) return startMs + left;
    left -= length;
  }
}
