import type { DurationMs, EpochMs } from '../values/time.js';

/** The instants from one to another, both included; never empty. */
export interface Stretch {
  readonly fromMs: EpochMs;
  readonly toMs: EpochMs;
}

/** A message, or a row of messages, that has its time on the channel. */
export interface Reservation {
  readonly atMs: EpochMs;
  /** `atMs` for one instant; later for a block during which the channel is busy. */
  readonly untilMs: EpochMs;
  /** The distance that it asks for itself; 0 for none. */
  readonly spacingMs: DurationMs;
}

/** The instants strictly between two others. */
export interface Blocked {
  readonly afterMs: EpochMs;
  readonly beforeMs: EpochMs;
}

/**
 * Where nothing may be planned because of reservations: less than the larger of both spacings away from one, or within
 * its block. Disjoint and rising, whatever the order of the reservations; two that only touch leave an instant free.
 */
export function blockedTime(reservations: readonly Reservation[], spacingMs: DurationMs): readonly Blocked[] {
  const around = reservations.map((reservation) => {
    const distanceMs = Math.max(spacingMs, reservation.spacingMs);
    return { afterMs: reservation.atMs - distanceMs, beforeMs: reservation.untilMs + distanceMs };
  });
  around.sort((a, b) => a.afterMs - b.afterMs);
  const blocked: { afterMs: EpochMs; beforeMs: EpochMs }[] = [];
  for (const next of around) {
    const last = blocked.at(-1);
    if (last !== undefined && next.afterMs < last.beforeMs) last.beforeMs = Math.max(last.beforeMs, next.beforeMs);
    else if (next.afterMs < next.beforeMs) blocked.push(next);
  }
  return blocked;
}

/** What is left of stretches that are disjoint and rising: disjoint and rising again. */
export function freeTime(open: readonly Stretch[], blocked: readonly Blocked[]): Stretch[] {
  const free: Stretch[] = [];
  for (const { fromMs, toMs } of open) {
    let startMs = fromMs;
    for (let index = firstEndingAfter(blocked, fromMs); index < blocked.length; index++) {
      const { afterMs, beforeMs } = blocked[index]!;
      if (afterMs >= toMs) break;
      if (startMs <= afterMs) free.push({ fromMs: startMs, toMs: afterMs });
      startMs = Math.max(startMs, beforeMs);
    }
    if (startMs <= toMs) free.push({ fromMs: startMs, toMs });
  }
  return free;
}

/** Stretches with no instant between them as one. */
export function joined(stretches: readonly Stretch[]): Stretch[] {
  const whole: { fromMs: EpochMs; toMs: EpochMs }[] = [];
  for (const stretch of stretches) {
    const last = whole.at(-1);
    if (last !== undefined && stretch.fromMs <= last.toMs + 1) last.toMs = Math.max(last.toMs, stretch.toMs);
    else whole.push({ ...stretch });
  }
  return whole;
}

/** The parts of stretches that lie in another one. */
export function within(stretches: readonly Stretch[], { fromMs, toMs }: Stretch): Stretch[] {
  return stretches
    .map((stretch) => ({ fromMs: Math.max(stretch.fromMs, fromMs), toMs: Math.min(stretch.toMs, toMs) }))
    .filter((part) => part.fromMs <= part.toMs);
}

/**
 * How many slots fit, no two closer than the spacing: as many as there are when each is as early as it can be. Also
 * exact for stretches that are closer to each other than the spacing.
 */
export function capacityOf(free: readonly Stretch[], spacingMs: DurationMs): number {
  if (spacingMs === 0) return free.length === 0 ? 0 : Infinity;
  let capacity = 0;
  let earliestMs = -Infinity;
  for (const { fromMs, toMs } of free) {
    const firstMs = Math.max(fromMs, earliestMs);
    if (firstMs > toMs) continue;
    const count = Math.floor((toMs - firstMs) / spacingMs) + 1;
    capacity += count;
    earliestMs = firstMs + count * spacingMs;
  }
  return capacity;
}

/** The place of the stretch that holds an instant, which one of them does. */
export function stretchAt(stretches: readonly Stretch[], at: EpochMs): Stretch {
  let [low, high] = [0, stretches.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (stretches[middle]!.toMs < at) low = middle + 1;
    else high = middle;
  }
  return stretches[low]!;
}

function firstEndingAfter(blocked: readonly Blocked[], at: EpochMs): number {
  let [low, high] = [0, blocked.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (blocked[middle]!.beforeMs <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}
