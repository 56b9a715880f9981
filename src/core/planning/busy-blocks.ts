import { dayNumberAt, openingFrom, type OpeningHours } from '../openings/openings.js';
import type { DayNumber } from '../recurrence/civil-date.js';
import { startOfNextLocalDay } from '../recurrence/time-zone.js';
import type { DurationMs, EpochMs } from '../values/time.js';
import type { DailyCap } from './campaign-plan.js';
import { sustainedSpacingMs, type ChannelPace, type ReadyGroup } from './channel-load.js';

/** A stretch of one local date in which a channel is busy with some deliveries, from the first of them to the last. */
export interface BusyBlock {
  readonly atMs: EpochMs;
  readonly untilMs: EpochMs;
  readonly count: number;
}

/** What decides when the deliveries of a channel go. */
export interface BusyLane {
  readonly pace: ChannelPace;
  readonly hours: OpeningHours;
  /** What is used of the channel's cap besides these deliveries. */
  readonly dailyCap: DailyCap | null;
  /** The present: what has been ready before is ready now. */
  readonly fromMs: EpochMs;
  /** What goes later is left out. */
  readonly endMs: EpochMs;
  /**
   * What waits at present is done a little later with each moment that passes: its blocks end at whole multiples of this,
   * so that they are the same a moment later.
   */
  readonly roundMs: DurationMs;
}

/**
 * When a channel is busy with groups of deliveries that take no instant of their own: one after the other by the instants
 * at which they are ready, as fast as the channel allows, within its hours and its messages a day.
 */
export function busyBlocks(groups: readonly ReadyGroup[], lane: BusyLane): BusyBlock[] {
  const queue = groups
    .map((group) => ({ ...group, readyMs: Math.max(group.readyMs, lane.fromMs) }))
    .sort((a, b) => a.readyMs - b.readyMs || b.priority - a.priority);
  const blocks: BusyBlock[] = [];
  const room = roomOf(lane);
  let end: End = { atMs: -Infinity, isMoving: false };
  for (const group of queue) end = layGroup(lane, room, group, end, blocks);
  return blocks;
}

/** Where the row of deliveries ends, and whether that moves on as long as nothing is sent. */
interface End {
  readonly atMs: EpochMs;
  readonly isMoving: boolean;
}

function layGroup(lane: BusyLane, room: Room, group: ReadyGroup, before: End, blocks: BusyBlock[]): End {
  const spacingMs = sustainedSpacingMs(lane.pace);
  const burst = lane.pace.minSpacingSeconds > 0 ? 1 : lane.pace.quota.burst;
  let end = before;
  let atMs = Math.max(group.readyMs, end.atMs + spacingMs);
  const isMoving = group.readyMs <= lane.fromMs || (before.isMoving && atMs < end.atMs + burst * spacingMs);
  for (let left = group.count; left > 0;) {
    const stretch = room.at(atMs);
    if (stretch === null || stretch.fromMs > lane.endMs) return end;
    atMs = stretch.fromMs;
    // What was not used for a while is there at once.
    const atOnce = Math.min(burst, Math.floor((atMs - end.atMs) / spacingMs));
    const fits = atOnce + Math.floor((stretch.lastMs - atMs) / spacingMs);
    const count = Math.min(left, stretch.most, fits);
    const lastMs = atMs + Math.max(0, count - atOnce) * spacingMs;
    const untilMs = isMoving ? Math.ceil(lastMs / lane.roundMs) * lane.roundMs : lastMs;
    blocks.push({ atMs, untilMs, count });
    room.use(stretch.day, count);
    left -= count;
    end = { atMs: lastMs, isMoving };
    atMs = lastMs + spacingMs;
  }
  return end;
}

/** A stretch of one date in which the channel is open. */
interface OpenStretch {
  readonly fromMs: EpochMs;
  readonly lastMs: EpochMs;
  readonly day: DayNumber;
}

/** What is left for deliveries on the dates of a channel. */
interface Room {
  /** The next stretch with messages of the cap left, and how many; null when there is none. */
  at(atMs: EpochMs): (OpenStretch & { readonly most: number }) | null;
  use(day: DayNumber, count: number): void;
}

function roomOf({ hours, dailyCap, endMs }: BusyLane): Room {
  const used = new Map(dailyCap?.used);
  const zone = dailyCap?.zone ?? hours.zone;
  // Instants rise, and days are dear to compute.
  let known: OpenStretch | null = null;
  const stretchAt = (atMs: EpochMs): OpenStretch | null => {
    if (known !== null && atMs >= known.fromMs && atMs <= known.lastMs) return { ...known, fromMs: atMs };
    const opening = openingFrom(hours, atMs);
    if (opening === null) return null;
    const fromMs = Math.max(atMs, opening.startMs);
    const lastMs = Math.min(opening.closedFromMs, startOfNextLocalDay(zone, fromMs)) - 1;
    known = { fromMs, lastMs, day: dayNumberAt(zone, fromMs) };
    return known;
  };
  return {
    at: (atMs) => {
      for (let fromMs = atMs; fromMs <= endMs;) {
        const stretch = stretchAt(fromMs);
        if (stretch === null) return null;
        const most = dailyCap === null ? Infinity : dailyCap.perDay - (used.get(stretch.day) ?? 0);
        if (most > 0) return { ...stretch, most };
        fromMs = stretch.lastMs + 1;
      }
      return null;
    },
    use: (day, count) => void used.set(day, (used.get(day) ?? 0) + count),
  };
}
