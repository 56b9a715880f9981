import { CronExpressionParser } from 'cron-parser';
import type { RunRow, ScheduleRow } from '../history.js';
import { grouped, type Indexed } from './indexed.js';
import type { Violation } from './violation.js';

/** A poller looks at least this often, and a start takes a while; later than that a schedule counts as left behind. */
const LEFT_BEHIND_MS = 15_000;

/** Clocks are read in whole milliseconds here and in microseconds there. */
const READING_MS = 2;

/** What comes due while a schedule is being made may or may not count. */
const MAKING_MS = 2_000;

/** A run is prepared this long before it is due. */
const LEAD_MS = 1_500;

/** I1. */
export function doubledRuns(history: Indexed): Violation[] {
  const byOccurrence = grouped(history.runs, (run) => `${run.scheduleId}@${run.dueAtMs}`);
  return [...new Set(history.runs.map((run) => `${run.scheduleId}@${run.dueAtMs}`))]
    .filter((occurrence) => byOccurrence(occurrence).length > 1)
    .map((occurrence) => ({ invariant: 'I1', subject: occurrence, what: `${byOccurrence(occurrence).length} rows` }));
}

/** I20: no call before its run is due. */
export function earlyCalls(history: Indexed): Violation[] {
  const dueAtMs = new Map(history.runs.map((run) => [run.id, run.dueAtMs]));
  return history.calls.flatMap(({ deliveryId, attempt, atMs }): Violation[] => {
    const earlyMs = (dueAtMs.get(history.delivery.get(deliveryId)?.runId ?? '') ?? -Infinity) - atMs;
    if (earlyMs <= READING_MS) return [];
    const what = `attempt ${attempt} was called ${Math.round(earlyMs)} ms before it was due`;
    return [{ invariant: 'I20', subject: deliveryId, what }];
  });
}

/** I2: by another library's reading of the expression. Nothing is expected while a schedule was paused or cancelled. */
export function missingOccurrences(history: Indexed): Violation[] {
  return history.schedules
    .filter((schedule) => schedule.type === 'RECURRING')
    .flatMap((schedule) => {
      const runs = history.runsOf(schedule.id);
      const expected = occurrencesOf(schedule);
      const known = new Set(expected);
      const foreign = runs
        .filter((run) => !known.has(run.dueAtMs) && run.dueAtMs > schedule.createdAtMs + MAKING_MS)
        .map((run): Violation => ({
          invariant: 'I2',
          subject: run.id,
          what: `runs at no occurrence: ${iso(run.dueAtMs)}`,
        }));
      const silent = silencesOf(history, schedule, runs);
      const missing = expected
        .filter((dueAtMs) => !silent.some(({ fromMs, untilMs }) => dueAtMs >= fromMs && dueAtMs <= untilMs))
        .filter(
          (dueAtMs) => !runs.some((run) => dueAtMs >= run.dueAtMs && dueAtMs <= (run.missedUntilMs ?? run.dueAtMs)),
        )
        .map((dueAtMs): Violation => ({ invariant: 'I2', subject: schedule.id, what: `${iso(dueAtMs)} has no row` }));
      return [...foreign, ...missing];
    });
}

/** All instants from its making to its end. */
function occurrencesOf(schedule: ScheduleRow): number[] {
  const { cronExpression, timeZone, createdAtMs, endsAtMs } = schedule;
  if (cronExpression === null || endsAtMs === null) return [];
  const iterator = CronExpressionParser.parse(cronExpression, { tz: timeZone, currentDate: new Date(createdAtMs) });
  const found: number[] = [];
  for (let next = iterator.next().getTime(); next < endsAtMs; next = iterator.next().getTime()) found.push(next);
  return found;
}

interface Silence {
  readonly fromMs: number;
  readonly untilMs: number;
}

/** When nothing is owed: while it was made, while paused, after the cancel, and after its last run by maxRuns. */
function silencesOf(history: Indexed, schedule: ScheduleRow, runs: readonly RunRow[]): Silence[] {
  const silences: Silence[] = [{ fromMs: -Infinity, untilMs: schedule.createdAtMs + MAKING_MS }];
  let pausedMs: number | undefined;
  for (const told of history.told) {
    if (!('scheduleId' in told) || told.scheduleId !== schedule.id) continue;
    if (told.kind === 'schedulePaused') pausedMs = Math.min(pausedMs ?? Infinity, told.askedAtMs);
    if (told.kind === 'scheduleCancelled') silences.push({ fromMs: told.askedAtMs - LEAD_MS, untilMs: Infinity });
    if (told.kind === 'scheduleResumed' && pausedMs !== undefined) {
      silences.push({ fromMs: pausedMs - LEAD_MS, untilMs: told.answeredAtMs });
      pausedMs = undefined;
    }
  }
  if (pausedMs !== undefined) silences.push({ fromMs: pausedMs - LEAD_MS, untilMs: Infinity });
  if (schedule.maxRuns !== null && schedule.runCount >= schedule.maxRuns) {
    const last = Math.max(...runs.filter(isRun).map((run) => run.dueAtMs));
    silences.push({ fromMs: last, untilMs: Infinity });
  }
  return silences;
}

/** I3. */
export function standstills(history: Indexed): Violation[] {
  const backwards = history.nextRuns
    .filter(
      (change) =>
        change.oldStatus !== 'PAUSED' &&
        change.oldNextMs !== null &&
        change.newNextMs !== null &&
        change.newNextMs < change.oldNextMs,
    )
    .map((change): Violation => ({
      invariant: 'I3',
      subject: change.scheduleId,
      what: `its next run went back from ${iso(change.oldNextMs ?? 0)} to ${iso(change.newNextMs ?? 0)}`,
    }));
  const behind = history.schedules
    .filter((schedule) => schedule.status === 'PENDING' || schedule.status === 'PROCESSING')
    .filter(({ status, nextRunAtMs }) =>
      nextRunAtMs === null ? status === 'PENDING' : nextRunAtMs < history.readAtMs - LEFT_BEHIND_MS,
    )
    .map((schedule): Violation => ({
      invariant: 'I3',
      subject: schedule.id,
      what: `${schedule.status}, and its next run is ${schedule.nextRunAtMs === null ? 'none' : iso(schedule.nextRunAtMs)}`,
    }));
  return [...backwards, ...behind];
}

/** I6. */
export function excessRuns(history: Indexed): Violation[] {
  return history.schedules.flatMap((schedule): Violation[] => {
    const runs = history.runsOf(schedule.id).filter(isRun);
    const { maxRuns, startsAtMs, endsAtMs } = schedule;
    const outside = runs.filter(
      (run) => (startsAtMs !== null && run.dueAtMs < startsAtMs) || (endsAtMs !== null && run.dueAtMs >= endsAtMs),
    );
    const violations: Violation[] = outside.map((run) => ({
      invariant: 'I6',
      subject: run.id,
      what: `runs at ${iso(run.dueAtMs)}, outside of its schedule`,
    }));
    if (maxRuns === null || runs.length <= maxRuns) return violations;
    return [
      ...violations,
      { invariant: 'I6', subject: schedule.id, what: `${runs.length} runs of at most ${maxRuns}` },
    ];
  });
}

/** I7: whoever the groups hold has one delivery of each run; of a cancelled one at most one. */
export function wrongAudiences(history: Indexed): Violation[] {
  const deliveriesOf = grouped(history.deliveries, (delivery) => delivery.runId);
  const expectedCount = new Map(
    history.told.flatMap((told) => (told.kind === 'scheduled' ? [[told.scheduleId, told.recipients] as const] : [])),
  );
  return history.runs.filter(isRun).flatMap((run): Violation[] => {
    const violation = (what: string): Violation[] => [{ invariant: 'I7', subject: run.id, what }];
    const schedule = history.schedule.get(run.scheduleId);
    const got = deliveriesOf(run.id).map((delivery) => delivery.contactId);
    const people = new Set(got);
    if (people.size < got.length) return violation(`${got.length - people.size} people have two deliveries`);
    const audience = schedule?.audience ?? [];
    const isGroup = audience.length > 0;
    const strangers = isGroup ? got.filter((contactId) => !audience.includes(contactId)) : [];
    if (strangers.length > 0) return violation(`${strangers.length} deliveries to people outside of its audience`);
    if (run.status === 'CANCELLED') return [];
    const owed = isGroup ? audience.length : (expectedCount.get(run.scheduleId) ?? got.length);
    if (got.length !== owed) return violation(`${got.length} deliveries for ${owed} people`);
    // Messages that are sent at once have no audience to go through.
    return !isGroup || run.audienceCount === got.length
      ? []
      : violation(`counts ${run.audienceCount} people of ${got.length}`);
  });
}

function isRun(run: RunRow): boolean {
  return run.status !== 'MISSED' && run.status !== 'SKIPPED';
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
