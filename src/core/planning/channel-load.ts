import { parseCron } from '../recurrence/cron-expression.js';
import { nextOccurrence } from '../recurrence/next-occurrence.js';
import { parseTimeZone } from '../recurrence/time-zone.js';
import type { Quota } from '../rate-limit/quota.js';
import { callSlackUs } from '../rate-limit/gcra.js';
import type { DurationMs, EpochMs } from '../values/time.js';

/** What a channel allows, as far as plans depend on it. */
export interface ChannelPace {
  readonly quota: Quota;
  readonly minSpacingSeconds: number;
}

/** Deliveries that become ready together and have no instant of their own. */
export interface ReadyGroup {
  readonly readyMs: EpochMs;
  readonly count: number;
  /** 0 to 10, higher first. */
  readonly priority: number;
}

/** A schedule that has not fired yet. */
export interface UpcomingRuns {
  readonly priority: number;
  readonly nextRunAt: EpochMs;
  readonly cronExpression: string | null;
  readonly timeZone: string;
  readonly endsAt: EpochMs | null;
  readonly runsLeft: number | null;
  readonly recipients: number;
}

/**
 * A schedule that fires more often than this many spacings apart reserves nothing: a campaign would find no room between
 * its runs. Both go through the same lane, and a campaign's delivery keeps its distance when it is sent.
 */
const SPACINGS_BETWEEN_RUNS = 10;

/** Runs of one schedule that are looked at. */
const MAX_RUNS = 500;

/** The shortest distance that the channel itself can keep up between messages, in the long run. */
export function sustainedSpacingMs({ quota, minSpacingSeconds }: ChannelPace): DurationMs {
  // A bucket of one is booked by its slack later each time; see callSlackUs.
  const intervalUs = quota.emissionIntervalUs + (quota.burst === 1 ? callSlackUs(quota) : 0);
  return Math.max(Math.ceil(intervalUs / 1_000), minSpacingSeconds * 1_000);
}

/** The distance that a campaign's messages have to be planned apart: its own, the channel's, and what its rate allows. */
export function campaignSpacingMs(
  minSpacingSeconds: number,
  pace: ChannelPace,
  respectsRateLimit: boolean,
): DurationMs {
  const own = Math.max(minSpacingSeconds, pace.minSpacingSeconds) * 1_000;
  return respectsRateLimit ? Math.max(own, sustainedSpacingMs(pace)) : own;
}

/**
 * Whether a schedule leaves a campaign of the channel no moment: the campaign's distance from the last message of a run is
 * not over before the next run begins. Told by its next two runs.
 */
export function leavesNoMoment(schedule: UpcomingRuns, pace: ChannelPace, spacingMs: DurationMs): boolean {
  const expression = schedule.cronExpression === null ? null : parseCron(schedule.cronExpression);
  const zone = parseTimeZone(schedule.timeZone);
  if (expression?.ok !== true || !zone.ok || schedule.recipients === 0) return false;
  const next = nextOccurrence(expression.value, zone.value, schedule.nextRunAt);
  const isLast = next === null || (schedule.runsLeft ?? 2) < 2 || next >= (schedule.endsAt ?? Infinity);
  if (isLast) return false;
  const atOnce = pace.minSpacingSeconds > 0 ? 1 : pace.quota.burst;
  const takesMs = Math.max(0, schedule.recipients - atOnce) * sustainedSpacingMs(pace);
  return next - schedule.nextRunAt - takesMs < spacingMs;
}

/**
 * The deliveries of a schedule that has not fired yet, run by run up to an instant, and no more than `most` runs. Each run
 * takes a moment to compute.
 */
export function upcomingGroups(
  schedule: UpcomingRuns,
  spacingMs: DurationMs,
  endMs: EpochMs,
  most: number,
): ReadyGroup[] {
  const { recipients: count, priority } = schedule;
  return runsOf(schedule, spacingMs, endMs, Math.min(most, MAX_RUNS)).map((readyMs) => ({ readyMs, count, priority }));
}

function runsOf(schedule: UpcomingRuns, spacingMs: DurationMs, endMs: EpochMs, most: number): EpochMs[] {
  if (schedule.recipients === 0 || most === 0) return [];
  if (schedule.cronExpression === null) return [schedule.nextRunAt];
  const expression = parseCron(schedule.cronExpression);
  const zone = parseTimeZone(schedule.timeZone);
  // Such a schedule will fail when it is due; until then it keeps nothing busy.
  if (!expression.ok || !zone.ok) return [];
  const runs: EpochMs[] = [];
  const limit = Math.min(most, schedule.runsLeft ?? most);
  const before = Math.min(endMs, schedule.endsAt ?? endMs);
  let at: EpochMs | null = schedule.nextRunAt;
  while (at !== null && at < before && runs.length < limit) {
    runs.push(at);
    at = nextOccurrence(expression.value, zone.value, at);
    if (at !== null && at - (runs.at(-1) as EpochMs) < SPACINGS_BETWEEN_RUNS * spacingMs) return [];
  }
  return runs;
}
