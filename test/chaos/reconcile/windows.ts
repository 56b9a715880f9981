import type { CallEntry } from '../gateway/ledger.js';
import { grouped, type Indexed } from './indexed.js';
import { timelyCalls } from './limits.js';
import type { Violation } from './violation.js';

const MS_PER_MINUTE = 60_000;

/** Times are read in whole milliseconds: a window may seem that much shorter than it was. */
const READING_MS = 1;

/** The fullest window of a channel, measured against its limit. */
export interface FullestWindow {
  readonly channelId: string;
  /** Calls beyond burst + rate × t; negative when there is no window with more. */
  readonly excess: number;
  readonly calls: number;
  readonly ms: number;
}

/** Of each channel the window with the most calls beyond burst + rate × t. */
export function fullestWindows(history: Indexed, calls: readonly CallEntry[] = history.calls): FullestWindow[] {
  const callsOf = grouped(calls, (call) => call.channelId);
  return history.channels.flatMap((channel) => {
    const times = callsOf(channel.id)
      .map((call) => call.atMs)
      .sort((a, b) => a - b);
    return times.length === 0 ? [] : [{ channelId: channel.id, ...fullest(times, channel.perMinute, channel.burst) }];
  });
}

/**
 * I18: in any window of t at most burst + rate × (t + lateMs) calls. `lateMs` is how long a call may come after its permit;
 * those that a stop caught on their way are left out.
 */
export function overfullWindows(history: Indexed, lateMs: number): Violation[] {
  return fullestWindows(history, timelyCalls(history, lateMs)).flatMap(
    ({ channelId, excess, calls, ms }): Violation[] => {
      const rate = (history.channel.get(channelId)?.perMinute ?? 0) / MS_PER_MINUTE;
      if (excess <= rate * (lateMs + READING_MS)) return [];
      return [
        { invariant: 'I18', subject: channelId, what: `${calls} calls in ${ms} ms, ${excess.toFixed(1)} too many` },
      ];
    },
  );
}

/** Each call ends a window that begins at the best call before it: one pass, because "best" only depends on that one. */
export function fullest(times: readonly number[], perMinute: number, burst: number): Omit<FullestWindow, 'channelId'> {
  const rate = perMinute / MS_PER_MINUTE;
  let best = { excess: -Infinity, calls: 0, ms: 0 };
  let start = { index: 0, advantage: -Infinity };
  times.forEach((atMs, index) => {
    const advantage = rate * atMs - index;
    if (advantage > start.advantage) start = { index, advantage };
    const calls = index - start.index + 1;
    const ms = atMs - (times[start.index] ?? atMs);
    const excess = calls - burst - rate * ms;
    if (excess > best.excess) best = { excess, calls, ms };
  });
  return best;
}
