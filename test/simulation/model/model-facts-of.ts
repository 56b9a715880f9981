import { parseCron } from '../../../src/core/recurrence/cron-expression.js';
import { parseTimeZone } from '../../../src/core/recurrence/time-zone.js';
import type { RunFacts } from '../../../src/core/scheduling/schedule-lifecycle.js';
import type { ModelSchedule } from './model-rows.js';

/** What the next run of a schedule of the model depends on. */
export function runFactsOf(row: ModelSchedule): RunFacts {
  const zone = parseTimeZone(row.timeZone);
  const expression = row.cronExpression === null ? null : parseCron(row.cronExpression);
  if (!zone.ok || expression?.ok === false)
    throw new Error(`the model has a schedule that cannot be computed: ${row.id}`);
  return {
    expression: expression?.value ?? null,
    zone: zone.value,
    scheduledAt: row.scheduledUs === null ? null : row.scheduledUs / 1_000,
    maxRuns: row.maxRuns,
    runCount: row.runCount,
    startsAt: row.startsUs === null ? null : row.startsUs / 1_000,
    endsAt: row.endsUs === null ? null : row.endsUs / 1_000,
  };
}
