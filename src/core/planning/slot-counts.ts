import type { DurationMs } from '../values/time.js';
import { countTables, type CountTable } from './count-tables.js';
import type { SeededRandom } from './seeded-random.js';

/*
 * How many of n slots lie in each of several stretches when every arrangement of all of them is equally likely.
 *
 * Stretches that are at least a spacing apart hold their slots independently of each other, so that the counts
 * k_1 + … + k_m = n have a probability proportional to the product of the numbers of arrangements of k_j slots in
 * stretch j. To draw such counts, each k_j is drawn by itself with a weight of that number times z^k_j, and the draw
 * counts when the sum is n: then the factor z^n is the same for all, and the probabilities are the wanted ones whatever
 * z is. Physics calls it the grand canonical ensemble of hard rods. z is chosen so that the sum is n on average; as the
 * weights are log-concave, a draw has the sum about once in two and a half standard deviations of it, and at worst once
 * in e√(12σ² + 1).
 */

/** Gives counts, one for each stretch, that sum up to the wanted one; independent ones with each call. */
export type CountsSource = (random: SeededRandom) => number[];

/** Of the draws that are as many as this times the expected number, at worst e⁻³⁰ all fail. */
const PATIENCE = 30;

/**
 * Counts for stretches that are `lengthsMs` long and at least `spacingMs` (1 or more) apart. `count` is 0 up to the sum
 * of what the stretches can hold, floor(length / spacing) + 1 each.
 */
export function slotCounts(lengthsMs: readonly number[], count: number, spacingMs: DurationMs): CountsSource {
  if (lengthsMs.length === 1) return () => [count];
  const most = lengthsMs.map((length) => Math.floor(length / spacingMs) + 1);
  const capacity = most.reduce((sum, holds) => sum + holds, 0);
  if (count >= capacity) return () => most;
  if (count === 0) return () => most.map(() => 0);
  const { tables, variance } = countTables(lengthsMs, count, spacingMs);
  const cumulated = tables.map(cumulate);
  const rounds = Math.ceil(PATIENCE * Math.E * Math.sqrt(12 * variance + 1));
  return (random) => drawUntilSum(cumulated, count, rounds, random) ?? drawBySums(tables, count, random);
}

/**
 * The same by an exact computation, for the draw that has had no luck: sums[j][s] is the probability that the stretches
 * from j on hold s together, so that the counts can be drawn one after the other. Takes `count` times as much time and
 * memory.
 */
export function drawBySums(tables: readonly CountTable[], count: number, random: SeededRandom): number[] {
  const sums: Float64Array[] = [];
  for (let index = tables.length - 1; index >= 0; index--) {
    const after = sums[index + 1];
    sums[index] = after === undefined ? upTo(tables[index]!, count) : convolve(tables[index]!, after, count);
  }
  let left = count;
  return tables.map((table, index) => {
    const after = sums[index + 1];
    if (after === undefined) return left;
    let mark = random.uniform() * sums[index]![left]!;
    let own = Math.max(0, left - after.length + 1);
    const last = Math.min(left, table.length - 1);
    for (; own < last; own++) {
      mark -= table[own]! * after[left - own]!;
      if (mark < 0) break;
    }
    left -= own;
    return own;
  });
}

/** Null when no draw of that many had the sum. */
function drawUntilSum(
  cumulated: readonly Float64Array[],
  count: number,
  rounds: number,
  random: SeededRandom,
): number[] | null {
  const counts = new Array<number>(cumulated.length).fill(0);
  for (let round = 0; round < rounds; round++) {
    let left = count;
    for (let index = 0; index < counts.length && left >= 0; index++) {
      counts[index] = drawFrom(cumulated[index]!, random.uniform());
      left -= counts[index]!;
    }
    if (left === 0) return counts;
  }
  return null;
}

/** Sums of the probabilities up to each count; beyond the last one for rounding. */
function cumulate(table: CountTable): Float64Array {
  let sum = 0;
  const cumulated = table.map((probability) => (sum += probability));
  cumulated[cumulated.length - 1] = Infinity;
  return cumulated;
}

function drawFrom(cumulated: Float64Array, mark: number): number {
  let [low, high] = [0, cumulated.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (cumulated[middle]! <= mark) low = middle + 1;
    else high = middle;
  }
  return low;
}

function upTo(table: CountTable, count: number): Float64Array {
  return table.subarray(0, count + 1);
}

function convolve(table: CountTable, after: Float64Array, count: number): Float64Array {
  const sums = new Float64Array(Math.min(count, table.length + after.length - 2) + 1);
  for (let own = 0; own < table.length; own++) {
    for (let rest = 0; rest < after.length && own + rest < sums.length; rest++) {
      sums[own + rest]! += table[own]! * after[rest]!;
    }
  }
  return sums;
}
