import type { DurationMs, EpochMs } from '../values/time.js';
import { drawSlotsInOrder } from './draw-slots-in-order.js';
import type { Stretch } from './free-time.js';
import type { SeededRandom } from './seeded-random.js';
import { slotCounts } from './slot-counts.js';

/** Stretches in a row, each closer to the next than the spacing; mostly a single one. */
type Run = readonly Stretch[];

/**
 * `count` instants of the free time, rising, no two closer than the spacing, with every such arrangement equally likely.
 * At most as many as `capacityOf` says.
 *
 * A stretch that is closer to the next one than the spacing is drawn together with it and the hole between them; draws
 * with a slot in a hole do not count, and what is left is uniform too. Such holes come of hours in two zones, one or two
 * a day. When the time is so full that hardly a draw avoids them, {@link drawSlotsInOrder} takes over: the spacing holds
 * as always, and the arrangements are only roughly equally likely.
 */
export function drawSlots(
  random: SeededRandom,
  free: readonly Stretch[],
  count: number,
  spacingMs: DurationMs,
): EpochMs[] {
  if (count === 0) return [];
  if (spacingMs === 0) return drawAnywhere(random, free, count);
  const runs = runsOf(free, spacingMs);
  const countsOf = slotCounts(runs.map(lengthOf), count, spacingMs);
  for (let draw = 0; draw < MOST_DRAWS; draw++) {
    const slots = drawIntoRuns(random, runs, countsOf(random), spacingMs);
    if (slots !== null) return slots;
  }
  return drawSlotsInOrder(random, free, count, spacingMs);
}

/** With a hole a little shorter than the spacing in a day that is full to nine tenths, one draw in ten succeeds. */
const MOST_DRAWS = 100;

/** Null when a slot fell into a hole. */
function drawIntoRuns(
  random: SeededRandom,
  runs: readonly Run[],
  counts: readonly number[],
  spacingMs: DurationMs,
): EpochMs[] | null {
  const slots: EpochMs[] = [];
  for (const [index, run] of runs.entries()) {
    const places = drawPlaces(random, lengthOf(run), counts[index]!, spacingMs);
    for (const place of places) slots.push(run[0]!.fromMs + place);
    if (run.length > 1 && !avoidHoles(slots.slice(slots.length - places.length), run)) return null;
  }
  return slots;
}

/** Distances of slots from the beginning of a stretch: choose some of what the spacing leaves, then put it between them. */
function drawPlaces(random: SeededRandom, lengthMs: number, count: number, spacingMs: DurationMs): Float64Array {
  const places = chooseSome(random, lengthMs + 1 - (count - 1) * (spacingMs - 1), count);
  return places.map((place, index) => place + index * (spacingMs - 1));
}

/**
 * `count` of the numbers from 0 to `all` − 1, rising, each set equally likely (R. Floyd; Bentley, "A sample of
 * brilliance", 1987).
 */
function chooseSome(random: SeededRandom, all: number, count: number): Float64Array {
  const chosen = new Set<number>();
  for (let top = all - count; top < all; top++) {
    const number = random.below(top + 1);
    chosen.add(chosen.has(number) ? top : number);
  }
  return Float64Array.from(chosen).sort();
}

/** Without a spacing each slot lies anywhere by itself, also where another one does. */
function drawAnywhere(random: SeededRandom, free: readonly Stretch[], count: number): EpochMs[] {
  const all = free.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs + 1, 0);
  const places = Float64Array.from({ length: count }, () => random.below(all)).sort();
  const slots: EpochMs[] = [];
  let index = 0;
  let passed = 0;
  for (const place of places) {
    for (; place - passed > free[index]!.toMs - free[index]!.fromMs; index++) {
      passed += free[index]!.toMs - free[index]!.fromMs + 1;
    }
    slots.push(free[index]!.fromMs + place - passed);
  }
  return slots;
}

function runsOf(free: readonly Stretch[], spacingMs: DurationMs): Run[] {
  const runs: Stretch[][] = [];
  for (const stretch of free) {
    const run = runs.at(-1);
    if (run !== undefined && stretch.fromMs - run.at(-1)!.toMs < spacingMs) run.push(stretch);
    else runs.push([stretch]);
  }
  return runs;
}

function lengthOf(run: Run): DurationMs {
  return run.at(-1)!.toMs - run[0]!.fromMs;
}

function avoidHoles(slots: readonly EpochMs[], run: Run): boolean {
  let index = 0;
  return slots.every((slot) => {
    while (slot > run[index]!.toMs) index += 1;
    return slot >= run[index]!.fromMs;
  });
}
