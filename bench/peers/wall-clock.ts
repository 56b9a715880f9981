const LOOKS = 5;

/**
 * The machine's clock with digits after the millisecond, comparable between processes. Made anew for each run: it counts
 * on from one look at the clock, which may be set right meanwhile.
 */
export function startWallClock(): () => number {
  // Whoever is interrupted between the tick and his look at the counter sees the tick too late, never too early.
  const offsetMs = Math.max(...Array.from({ length: LOOKS }, offsetAtNextTick));
  return () => offsetMs + performance.now();
}

function offsetAtNextTick(): number {
  const before = Date.now();
  let tickMs = before;
  while (tickMs === before) tickMs = Date.now();
  return tickMs - performance.now();
}
