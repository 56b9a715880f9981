import type { RetryPolicy, RetryPolicyInput } from '../../../core/retry/retry-policy.js';
import { makeRetryPolicy } from '../../../core/retry/retry-policy.js';
import { parseCron } from '../../../core/recurrence/cron-expression.js';
import { parseTimeZone, type TimeZone } from '../../../core/recurrence/time-zone.js';
import { foldText } from '../../../core/values/search.js';
import type { ScheduleConflictFacts } from '../../../core/scheduling/schedule-conflict.js';
import type { RunFacts } from '../../../core/scheduling/schedule-lifecycle.js';
import type { Violation } from '../../../core/values/violation.js';
import type { AppConfig } from '../../../platform/config/app-config.js';
import type { ScheduleRow } from './schedule-rows.js';

/** The text that searches look into. */
export function searchTextOf(name: string, description: string | null): string {
  return foldText(description === null ? name : `${name}\n${description}`);
}

/** The zone of this name, null when it is not known. */
export function zoneOf(name: string): TimeZone | null {
  const zone = parseTimeZone(name);
  return zone.ok ? zone.value : null;
}

/** The retry policy of an input; without one the installation's. `policy` is null when there are violations. */
export function readRetryPolicy(
  input: RetryPolicyInput | null | undefined,
  config: AppConfig,
): { readonly policy: RetryPolicy | null; readonly violations: readonly Violation[] } {
  const { maxAttempts, factor } = config.retry;
  const made = makeRetryPolicy(input ?? { maxAttempts, factor }, 'input.retryPolicy');
  return made.ok ? { policy: made.value, violations: [] } : { policy: null, violations: made.error };
}

/** What a stored schedule's next run depends on. Throws when the program knows its zone or expression no more. */
export function runFactsOf(
  row: Pick<
    ScheduleRow,
    'cronExpression' | 'timeZone' | 'scheduledAt' | 'startsAt' | 'endsAt' | 'maxRuns' | 'runCount'
  >,
): RunFacts {
  const zone = zoneOf(row.timeZone);
  const expression = row.cronExpression === null ? null : parseCron(row.cronExpression);
  if (zone === null) throw new Error(`a stored time zone is not known to this runtime: ${row.timeZone}`);
  if (expression?.ok === false) throw new Error(`a stored expression cannot be read: ${expression.error.message}`);
  return {
    expression: expression?.value ?? null,
    zone,
    scheduledAt: row.scheduledAt?.getTime() ?? null,
    startsAt: row.startsAt?.getTime() ?? null,
    endsAt: row.endsAt?.getTime() ?? null,
    maxRuns: row.maxRuns,
    runCount: row.runCount,
  };
}

/** What a refusal of a change says of a stored schedule. */
export function conflictFactsOf(row: ScheduleRow, hasUnfinishedRun: boolean): ScheduleConflictFacts {
  const { status, statusReason, version, runCount } = row;
  return {
    status,
    statusReason,
    version,
    runCount,
    hasUnfinishedRun,
    scheduledAt: row.scheduledAt?.getTime() ?? null,
    nextRunAt: row.nextRunAt?.getTime() ?? null,
    lastRunAt: row.lastRunAt?.getTime() ?? null,
    updatedAt: row.updatedAt.getTime(),
  };
}
