import { changesTiming, type EditableField } from '../../../core/scheduling/edit-schedule.js';
import { nextRunFrom } from '../../../core/scheduling/schedule-lifecycle.js';
import { checkTiming, notApplicable, type TimingDraft } from '../../../core/scheduling/schedule-timing.js';
import type { EpochMs } from '../../../core/values/time.js';
import type { Violation } from '../../../core/values/violation.js';
import { runFactsOf, zoneOf } from './schedule-columns.js';
import type { UpdateScheduleRequest } from './schedule-request.js';
import type { ScheduleRow } from './schedule-rows.js';

/** When a schedule runs next after an edit, and what is wrong with the edit in this respect. */
export interface Retimed {
  readonly violations: readonly Violation[];
  readonly nextRunAt: EpochMs | null;
}

/**
 * The schedule's next run if the edit is made at `now`: nothing is caught up across an edit, and an occurrence that has
 * its run already does not come again. Fields that are not given stay; null clears.
 */
export function retime(
  row: ScheduleRow,
  request: UpdateScheduleRequest,
  fields: readonly EditableField[],
  now: EpochMs,
): Retimed {
  const nothing = { violations: notApplicable(row.type, { ...request }), nextRunAt: null };
  if (!changesTiming(fields) || nothing.violations.length > 0) return nothing;
  const merged = mergedTiming(row, request);
  const zone = zoneOf(merged.timeZone);
  // The zone of a single instant only says how it is shown.
  const isChecked = row.type === 'RECURRING' || fields.includes('scheduledAt');
  const violations = [
    ...(isChecked ? checkTiming(draftOf(merged), zone, now).violations : []),
    ...tooFewRuns(row, request),
  ];
  if (violations.length > 0 || zone === null) return { violations, nextRunAt: null };
  const after = Math.max(now, row.lastRunAt?.getTime() ?? now);
  return { violations, nextRunAt: nextRunFrom(runFactsOf(merged), after) };
}

function mergedTiming(row: ScheduleRow, request: UpdateScheduleRequest) {
  const { scheduledAt, cronExpression, timeZone, startsAt, endsAt, maxRuns } = request;
  return {
    ...row,
    scheduledAt: scheduledAt === undefined ? row.scheduledAt : scheduledAt,
    cronExpression: cronExpression === undefined ? row.cronExpression : cronExpression,
    timeZone: timeZone ?? row.timeZone,
    startsAt: startsAt === undefined ? row.startsAt : startsAt,
    endsAt: endsAt === undefined ? row.endsAt : endsAt,
    maxRuns: maxRuns === undefined ? row.maxRuns : maxRuns,
  };
}

function draftOf(merged: ReturnType<typeof mergedTiming>): TimingDraft {
  return {
    ...merged,
    scheduledAt: merged.scheduledAt?.getTime(),
    startsAt: merged.startsAt?.getTime(),
    endsAt: merged.endsAt?.getTime(),
  };
}

function tooFewRuns(row: ScheduleRow, { maxRuns }: UpdateScheduleRequest): Violation[] {
  if (maxRuns === null || maxRuns === undefined || maxRuns > row.runCount) return [];
  const message = `must be more than the ${row.runCount} runs that there were; cancel the schedule to end it`;
  return [{ field: 'input.maxRuns', message, rule: 'aboveRunCount' }];
}
