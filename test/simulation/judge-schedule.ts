import type { EndedWorld } from './ended-world.js';
import type { ModelRun, ModelSchedule } from './model/model-rows.js';
import { occurrencesBetween } from './occurrences.js';
import type { ScenarioAct } from './scenario.js';

/** What takes occurrences away from the schedule that it meets. */
const STOPPING: readonly ScenarioAct['kind'][] = ['pause', 'resume', 'cancel'];

/** I2, I4 to I7: every occurrence has its row and there are no others, and every run has its whole audience. */
export function judgeSchedule(world: EndedWorld, schedule: ModelSchedule): string[] {
  const runs = world.tables.runs.committed().filter((run) => run.scheduleId === schedule.id);
  return [
    ...judgeRuns(world, schedule, runs),
    ...(schedule.cronExpression === null
      ? judgeSingle(world, schedule, runs)
      : judgeOccurrences(world, schedule, schedule.cronExpression, runs)),
  ];
}

function judgeRuns(world: EndedWorld, schedule: ModelSchedule, runs: readonly ModelRun[]): string[] {
  const found: string[] = [];
  const made = new Map<string, number>();
  for (const { runId } of world.tables.deliveries.committed()) made.set(runId, (made.get(runId) ?? 0) + 1);
  for (const run of runs) {
    const isWhole = run.status === 'COMPLETED' || run.status === 'COMPLETED_WITH_FAILURES' || run.status === 'RUNNING';
    const count = made.get(run.id) ?? 0;
    if (isWhole && count !== schedule.contactIds.length) {
      found.push(`I7: run ${run.id} has ${count} deliveries for ${schedule.contactIds.length} contacts`);
    }
    if (schedule.endsUs !== null && run.dueUs >= schedule.endsUs) found.push(`I6: run ${run.id} is after the end`);
    if (schedule.startsUs !== null && run.dueUs < schedule.startsUs)
      found.push(`I6: run ${run.id} is before the start`);
  }
  const created = runs.filter((run) => run.status !== 'MISSED' && run.status !== 'SKIPPED');
  if (created.length !== schedule.runCount) {
    found.push(`I6: ${schedule.id} counts ${schedule.runCount} runs and has ${created.length}`);
  }
  return found;
}

/** A schedule with one instant has one row, for that instant. */
function judgeSingle(world: EndedWorld, schedule: ModelSchedule, runs: readonly ModelRun[]): string[] {
  const others = runs.filter((run) => run.dueUs !== schedule.scheduledUs);
  if (others.length > 0) return [`I2: ${schedule.id} has a row for ${others[0]?.dueUs} which nobody asked for`];
  const least = world.isAtRest && !wasStopped(world, schedule) ? 1 : 0;
  if (least <= runs.length && runs.length <= 1) return [];
  return [`I2: ${schedule.id} has ${runs.length} rows for its only instant`];
}

/**
 * By a rule of the tests' own. One row for each occurrence is I2, at the same instants whichever process looked and when
 * is I4, and no row for what the clocks of the zone do not show or pass over is I5.
 */
function judgeOccurrences(
  world: EndedWorld,
  schedule: ModelSchedule,
  expression: string,
  runs: readonly ModelRun[],
): string[] {
  const { scenario, isAtRest } = world;
  const [fromMs, untilMs] = [(schedule.startsUs ?? 0) / 1_000, (schedule.endsUs ?? 0) / 1_000];
  const beganMs = Date.parse(scenario.startsAt);
  const occurrences = occurrencesBetween(expression, schedule.timeZone, Math.max(fromMs, beganMs), untilMs).map(
    (at) => at * 1_000,
  );
  const wanted = new Set(occurrences);
  const found = runs
    .filter((run) => !wanted.has(run.dueUs))
    .map((run) => `I4, I5: ${schedule.id} has a row for ${nameOf(run.dueUs)}, which ${expression} does not name`);
  const lastUs = Math.max(0, ...runs.map((run) => run.missedUntilUs ?? run.dueUs));
  const mayLack = wasStopped(world, schedule);
  for (const us of occurrences.filter((at) => at <= lastUs)) {
    const rows = runs.filter((run) => run.dueUs <= us && us <= (run.missedUntilUs ?? run.dueUs));
    if (rows.length > 1 || (rows.length === 0 && !mayLack))
      found.push(`I2: ${schedule.id} has ${rows.length} rows for ${nameOf(us)}`);
  }
  const isOver = schedule.maxRuns !== null && schedule.runCount >= schedule.maxRuns;
  if (!isOver && !mayLack && isAtRest && occurrences.some((at) => at > lastUs)) {
    found.push(`I2: ${schedule.id} stopped before its last occurrence`);
  }
  return found;
}

/** Somebody paused or cancelled it, and not another. */
function wasStopped({ scenario, scheduleIds }: EndedWorld, { id }: ModelSchedule): boolean {
  return scenario.acts.some(
    ({ kind, target }) => STOPPING.includes(kind) && scheduleIds[target % scheduleIds.length] === id,
  );
}

function nameOf(us: number): string {
  return new Date(us / 1_000).toISOString();
}
