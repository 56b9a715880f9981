/**
 * Which of `count` variations the `ordinal`-th delivery of a run uses: an index from 0, or null when there are none.
 *
 * The variations take turns, so each is used equally often, to within one, and the same delivery always gets the same
 * one. Throws when a number is not whole or negative: then the program is wrong.
 */
export function variationFor(ordinal: number, count: number): number | null {
  if (!Number.isInteger(ordinal) || !Number.isInteger(count) || ordinal < 0 || count < 0) {
    throw new Error(`no variation can be chosen for ordinal ${ordinal} of ${count}`);
  }
  return count === 0 ? null : ordinal % count;
}
