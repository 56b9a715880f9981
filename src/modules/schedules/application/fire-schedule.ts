import { parseCron } from '../../../core/recurrence/cron-expression.js';
import type { MissedRange } from '../../../core/recurrence/misfire.js';
import { parseTimeZone } from '../../../core/recurrence/time-zone.js';
import { decideFiring, OVERLAP, type FiringPlan } from '../../../core/scheduling/decide-firing.js';
import type { DurationMs, EpochMs } from '../../../core/values/time.js';
import { newId } from '../../../platform/database/ids.js';
import type { Advance, DueSchedule, OccurrenceRow } from '../persistence/firing.repository.js';

/** What firing one schedule writes. */
export interface Firing {
  readonly schedule: DueSchedule;
  readonly plan: FiringPlan;
  readonly occurrences: readonly OccurrenceRow[];
}

/** What a schedule's firing depends on besides the schedule. */
export interface FiringContext {
  readonly now: EpochMs;
  readonly hasUnfinishedRun: boolean;
  /** For schedules that have no grace of their own; null: by their period. */
  readonly defaultGraceMs: DurationMs | null;
}

/** A schedule that cannot be computed: its zone or its expression is not known to this program (any more). */
export class UncomputableSchedule extends Error {}

/** Works out what a due schedule does. Throws {@link UncomputableSchedule}, and whatever a bug throws. */
export function planFiring(schedule: DueSchedule, context: FiringContext): Firing {
  if (schedule.type === 'CAMPAIGN') return beginCampaign(schedule, context);
  const zone = parseTimeZone(schedule.timeZone);
  if (!zone.ok) throw new UncomputableSchedule(`Its time zone ${schedule.timeZone} is not known.`);
  const expression = schedule.cronExpression === null ? null : parseCron(schedule.cronExpression);
  if (expression?.ok === false) throw new UncomputableSchedule(expression.error.message);
  const { misfireGraceSeconds } = schedule;
  const plan = decideFiring({
    dueAt: schedule.dueAt,
    expression: expression?.value ?? null,
    zone: zone.value,
    now: context.now,
    policy: schedule.misfirePolicy,
    graceMs: misfireGraceSeconds === null ? context.defaultGraceMs : misfireGraceSeconds * 1_000,
    startsAt: schedule.startsAt,
    endsAt: schedule.endsAt,
    maxRuns: schedule.maxRuns,
    runCount: schedule.runCount,
    hasUnfinishedRun: context.hasUnfinishedRun,
  });
  const occurrences = [
    ...plan.missed.map((range) => missedRow(schedule, range)),
    ...plan.skipped.map(({ dueAt }) => row(schedule, dueAt, 'SKIPPED', OVERLAP)),
    ...plan.created.map(({ dueAt }) => row(schedule, dueAt, 'CREATED', null)),
  ];
  return { schedule, plan, occurrences };
}

/** The run of a campaign was made with it; at its first instant it begins. When nothing is left of it by then it is over. */
function beginCampaign(schedule: DueSchedule, { hasUnfinishedRun }: FiringContext): Firing {
  const status = hasUnfinishedRun ? ('PROCESSING' as const) : ('COMPLETED' as const);
  const plan = { created: [], skipped: [], missed: [], nextRunAt: null, status, statusReason: null };
  return { schedule, plan, occurrences: [] };
}

/**
 * How the schedule goes on, knowing which rows were written. A run that was there already, because an edit led back to
 * an occurrence that had run, is neither counted nor waited for.
 */
export function advanceAfter({ schedule, plan, occurrences }: Firing, written: ReadonlySet<string>): Advance {
  const { tenantId, scheduleId, version } = schedule;
  if (schedule.type === 'CAMPAIGN') {
    const { nextRunAt, status, statusReason } = plan;
    return {
      tenantId,
      scheduleId,
      version,
      nextRunAt,
      lastRunAt: schedule.dueAt,
      createdRuns: 1,
      status,
      statusReason,
    };
  }
  const created = occurrences.filter((occurrence) => occurrence.status === 'CREATED' && written.has(occurrence.runId));
  const isPlannedOnly = created.length === 0 && plan.created.length > 0;
  const settled = plan.nextRunAt === null ? 'COMPLETED' : 'PENDING';
  return {
    tenantId,
    scheduleId,
    version,
    nextRunAt: plan.nextRunAt,
    lastRunAt: created.at(-1)?.dueAt ?? null,
    createdRuns: created.length,
    status: isPlannedOnly ? settled : plan.status,
    statusReason: plan.statusReason,
  };
}

/** How a schedule ends that cannot be fired. */
export function faultOf(schedule: DueSchedule, reason: string): Advance {
  const { tenantId, scheduleId, version } = schedule;
  const over = { nextRunAt: null, lastRunAt: null, createdRuns: 0, status: 'FAILED' as const, statusReason: reason };
  return { tenantId, scheduleId, version, ...over };
}

function missedRow(schedule: DueSchedule, range: MissedRange): OccurrenceRow {
  const missed = row(schedule, range.from, 'MISSED', range.reason);
  return { ...missed, missedCount: range.count, missedUntil: range.to };
}

function row(
  { tenantId, scheduleId, perContactTimeZone }: DueSchedule,
  dueAt: EpochMs,
  status: OccurrenceRow['status'],
  reason: string | null,
): OccurrenceRow {
  const isEarly = perContactTimeZone;
  return { tenantId, scheduleId, runId: newId(), dueAt, status, reason, isEarly, missedCount: null, missedUntil: null };
}
