import { setImmediate } from 'node:timers/promises';
import { upcomingGroups, type ReadyGroup, type UpcomingRuns } from '../../../core/planning/channel-load.js';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';

/** Runs of all schedules of a channel that are looked at: the nearest schedules first, all of each. */
const MOST_RUNS = 10_000;

/** Runs that are computed before others get their turn: some milliseconds. */
const RUNS_AT_ONCE = 200;

/** What schedules that have not fired yet will have to send, up to an instant; lets the rest of the program go on. */
export async function upcomingLoad(
  schedules: readonly UpcomingRuns[],
  spacingMs: DurationMs,
  endMs: EpochMs,
): Promise<ReadyGroup[]> {
  const groups: ReadyGroup[] = [];
  let computed = 0;
  for (const schedule of schedules) {
    const runs = upcomingGroups(schedule, spacingMs, endMs, MOST_RUNS - groups.length);
    groups.push(...runs);
    computed += runs.length;
    if (computed < RUNS_AT_ONCE) continue;
    computed = 0;
    await setImmediate();
  }
  return groups;
}
