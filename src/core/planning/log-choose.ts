/** The logarithm of the number of ways to choose `chosen` of `all` things, no more than there are; to about 1e-7. */
export function logChoose(all: number, chosen: number): number {
  return logFactorial(all) - logFactorial(chosen) - logFactorial(all - chosen);
}

const EXACT = 256;
const LOG_FACTORIALS = new Float64Array(EXACT);
for (let n = 2; n < EXACT; n++) LOG_FACTORIALS[n] = LOG_FACTORIALS[n - 1]! + Math.log(n);

/** Stirling's series; the first term that is left out is 1 / (360 n³), below 2e-10 here. */
function logFactorial(n: number): number {
  if (n < EXACT) return LOG_FACTORIALS[n]!;
  return (n + 0.5) * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI) + 1 / (12 * n);
}
