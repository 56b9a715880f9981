import type { OpeningHours } from '../openings/openings.js';
import { laneDay, type LaneDay } from '../rate-limit/lane-day.js';
import { decideLane, passLane, takeFromLane, type LanePolicy, type LaneState } from '../rate-limit/lane.js';
import type { DurationMs, EpochMicros, EpochMs } from '../values/time.js';

/** A message that a lane is to carry. */
export interface Arrival {
  /** When it is ready to go. */
  readonly readyMs: EpochMs;
  /** 0 to 10, higher first among what is ready. */
  readonly priority: number;
  /** false: it takes no permit, and waits for the sending hours only. */
  readonly respectsRateLimit: boolean;
  /** It goes no sooner than this after the lane's message before it; 0 for no distance. */
  readonly spacingMs: DurationMs;
}

/** A lane at the beginning of a forecast. */
export interface LaneInSight {
  readonly policy: LanePolicy;
  readonly state: LaneState;
  readonly hours: OpeningHours;
  readonly nowMs: EpochMs;
}

const PRIORITIES = 11;

/** First in, first out, without moving what is left. */
class Line<T> {
  private readonly items: T[] = [];
  private head = 0;

  get first(): T | undefined {
    return this.items[this.head];
  }

  push(item: T): void {
    this.items.push(item);
  }

  shift(): void {
    this.head += 1;
  }
}

/**
 * When each of the arrivals would go if nothing else came, in their order: the lane takes turns, priorities and
 * distances as the dispatcher does, by the functions that it uses. An arrival that would never go, because the hours
 * never open, has null. Arrivals are rising by `readyMs`. Takes time in proportion to their number.
 */
export function forecastLane(lane: LaneInSight, arrivals: readonly Arrival[]): (EpochMs | null)[] {
  const goesAt = new Array<EpochMs | null>(arrivals.length).fill(null);
  const plain = Array.from({ length: PRIORITIES }, () => new Line<number>());
  const spaced = Array.from({ length: PRIORITIES }, () => new Line<number>());
  const express = new Line<number>();
  let state = lane.state;
  let nowUs = lane.nowMs * 1_000;
  let next = 0;
  let waiting = 0;

  const admit = (): void => {
    for (let arrival = arrivals[next]; arrival && arrival.readyMs * 1_000 <= nowUs; arrival = arrivals[++next]) {
      waiting += 1;
      if (!arrival.respectsRateLimit) express.push(next);
      else (arrival.spacingMs > 0 ? spaced : plain)[arrival.priority]?.push(next);
    }
  };
  const go = (line: Line<number>): void => {
    goesAt[line.first as number] = Math.ceil(nowUs / 1_000);
    line.shift();
    waiting -= 1;
  };
  /** The line whose first goes next, and when it may; a distance counts from the lane's last message. */
  const choose = (isFirst: boolean): { line: Line<number>; atUs: EpochMicros } | undefined => {
    let soonest: { line: Line<number>; atUs: EpochMicros } | undefined;
    for (let priority = PRIORITIES - 1; priority >= 0; priority--) {
      const [open, distant] = [plain[priority] as Line<number>, spaced[priority] as Line<number>];
      const spacedFirst = distant.first === undefined ? undefined : arrivals[distant.first];
      const clearUs = spacedFirst && isFirst ? clearAt(state, spacedFirst) : Infinity;
      const isOlder = open.first === undefined || (distant.first ?? Infinity) < open.first;
      if (spacedFirst && clearUs <= nowUs && isOlder) return { line: distant, atUs: nowUs };
      if (open.first !== undefined) return { line: open, atUs: nowUs };
      if (spacedFirst && clearUs < (soonest?.atUs ?? Infinity)) soonest = { line: distant, atUs: clearUs };
    }
    return soonest;
  };

  while (next < arrivals.length || waiting > 0) {
    admit();
    const nextReadyUs = (arrivals[next]?.readyMs ?? Infinity) * 1_000;
    if (waiting === 0) {
      nowUs = nextReadyUs;
      continue;
    }
    const day: LaneDay = laneDay(lane.hours, nowUs);
    if (day.opensAtUs <= nowUs) {
      for (; express.first !== undefined; go(express)) state = passLane(state, nowUs);
    }
    if (waiting === 0) continue;
    const decision = decideLane(lane.policy, state, nowUs, lane.hours, day);
    let taken = 0;
    let choice = choose(true);
    while (choice !== undefined && choice.atUs <= nowUs && taken < decision.permits) {
      go(choice.line);
      taken += 1;
      choice = choose(false);
    }
    state = takeFromLane(lane.policy, state, nowUs, taken, day);
    if (taken > 0) continue;
    const opensUs = decision.closedUntilUs ?? choose(true)?.atUs ?? Infinity;
    const laterUs = Math.min(opensUs, nextReadyUs);
    // Hours that never open: what waits never goes.
    if (!Number.isFinite(laterUs) || laterUs <= nowUs) return goesAt;
    nowUs = laterUs;
  }
  return goesAt;
}

function clearAt(state: LaneState, { spacingMs }: Arrival): EpochMicros {
  return state.lastTakenUs === 0 ? 0 : state.lastTakenUs + spacingMs * 1_000;
}
