/**
 * The machine's clock with digits after the millisecond, comparable between processes. Made anew for each run: it counts
 * on from one look at the clock, which may be set right meanwhile.
 */
export function startWallClock(): () => number {
  const before = Date.now();
  let tickMs = before;
  while (tickMs === before) tickMs = Date.now();
  const offsetMs = tickMs - performance.now();
  return () => offsetMs + performance.now();
}
