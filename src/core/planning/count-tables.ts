import type { DurationMs } from '../values/time.js';
import { logChoose } from './log-choose.js';

/** Each entry is the probability of a count, 0 and up, of one stretch. */
export type CountTable = Float64Array;

/** How the counts of several stretches are distributed when each is drawn by itself. */
export interface CountTables {
  readonly tables: readonly CountTable[];
  /** Of the sum of all counts. */
  readonly variance: number;
}

/**
 * Tables of which each entry k of stretch j is proportional to the number of arrangements of k slots in it times z^k,
 * with the z for which all together hold `count` on average, nearly. `count` lies between 0 and what they hold at most.
 *
 * Slots are whole milliseconds: with a spacing of g, k of them have choose(l + 1 − (k − 1)(g − 1), k) arrangements in
 * the l + 1 milliseconds of a stretch. Shift slot i by i(g − 1) to the left: what remains is any k of that many.
 */
export function countTables(lengthsMs: readonly number[], count: number, spacingMs: DurationMs): CountTables {
  const weights = lengthsMs.map((length) => logWeights(length, count, spacingMs));
  let [low, high] = [-Infinity, Infinity];
  let logZ = firstGuess(count, lengthsMs, spacingMs);
  for (let step = 0; ; step++) {
    const { mean, variance } = momentsAt(weights, logZ);
    if (Math.abs(mean - count) <= 0.02 * Math.sqrt(variance) || step === MOST_STEPS) {
      return { tables: weights.map((logs) => tableAt(logs, logZ)), variance };
    }
    if (mean < count) low = logZ;
    else high = logZ;
    logZ = nextGuess(logZ + (count - mean) / variance, low, high, 2 ** step);
  }
}

/** Enough for the widest bracket to be halved to nothing. The draws are exact with any z, only more of them fail. */
const MOST_STEPS = 100;

/** Logarithms of the numbers of arrangements of 0, 1, … slots in a stretch, as many as it holds and as are wanted. */
function logWeights(lengthMs: number, count: number, spacingMs: DurationMs): Float64Array {
  const most = Math.min(count, Math.floor(lengthMs / spacingMs) + 1);
  return Float64Array.from({ length: most + 1 }, (_, k) =>
    k === 0 ? 0 : logChoose(lengthMs + 1 - (k - 1) * (spacingMs - 1), k),
  );
}

/** Newton's guess where it lies within the bracket, else the middle of it; farther out while it is open at one end. */
function nextGuess(newton: number, low: number, high: number, farthestStep: number): number {
  const lowest = low === -Infinity ? high - farthestStep : low;
  const highest = high === Infinity ? low + farthestStep : high;
  return newton > lowest && newton < highest ? newton : (lowest + highest) / 2;
}

/** The factor for one stretch of their total length, at which the weight of one slot more would be the same. */
function firstGuess(count: number, lengthsMs: readonly number[], spacingMs: DurationMs): number {
  const rods = spacingMs - 1;
  const room = lengthsMs.reduce((sum, length) => sum + length + spacingMs, 0) - count * rods;
  const spare = Math.max(1, room - count);
  return Math.log(count / spare) + rods * Math.log(Math.max(room, 2) / spare);
}

function momentsAt(weights: readonly Float64Array[], logZ: number): { mean: number; variance: number } {
  let [mean, variance] = [0, 0];
  for (const logs of weights) {
    const highest = highestAt(logs, logZ);
    let [total, first, second] = [0, 0, 0];
    for (let k = 0; k < logs.length; k++) {
      const weight = Math.exp(logs[k]! + k * logZ - highest);
      total += weight;
      first += k * weight;
      second += k * k * weight;
    }
    mean += first / total;
    variance += Math.max(0, second / total - (first / total) ** 2);
  }
  return { mean, variance };
}

function tableAt(logs: Float64Array, logZ: number): CountTable {
  const highest = highestAt(logs, logZ);
  const table = logs.map((log, k) => Math.exp(log + k * logZ - highest));
  const total = table.reduce((sum, weight) => sum + weight, 0);
  return table.map((weight) => weight / total);
}

function highestAt(logs: Float64Array, logZ: number): number {
  let highest = 0;
  for (let k = 1; k < logs.length; k++) highest = Math.max(highest, logs[k]! + k * logZ);
  return highest;
}
