import { Injectable } from '@nestjs/common';
import { describeOccurrence, type DescribedOccurrence } from '../../../core/recurrence/describe-occurrence.js';
import type { CronExpression } from '../../../core/recurrence/cron-expression.js';
import { nextRuns } from '../../../core/recurrence/next-occurrence.js';
import type { TimeZone } from '../../../core/recurrence/time-zone.js';
import { readCron } from '../../../core/scheduling/schedule-timing.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import type { EpochMs } from '../../../core/values/time.js';
import { Clock } from '../../../platform/clock/clock.js';
import { zoneOf } from './schedule-columns.js';

/** A question for the next runs of an expression. */
export interface NextRunsQuestion {
  readonly cronExpression: string;
  /** A checked zone name. */
  readonly timeZone: string;
  readonly count?: number | null | undefined;
  readonly after?: Date | null | undefined;
}

const DEFAULT_COUNT = 5;

@Injectable()
export class NextRunsService {
  constructor(private readonly clock: Clock) {}

  /** The instants at which an expression fires next; nothing is stored or read. */
  compute(question: NextRunsQuestion): Result<Date[], Refusal> {
    const runs = this.details(question);
    return runs.ok ? ok(runs.value.map(({ at }) => new Date(at))) : runs;
  }

  /** The same, with what changes of the clock made of them. */
  details({ cronExpression, timeZone, count, after }: NextRunsQuestion): Result<DescribedOccurrence[], Refusal> {
    const { expression, violations } = readCron(cronExpression, 'cronExpression');
    const zone = zoneOf(timeZone);
    if (expression === null) return err(invalid(violations));
    if (zone === null) throw new Error('a zone that was checked is not known');
    const from = after?.getTime() ?? this.clock.nowMs();
    return ok(describeRuns(expression, zone, nextRuns(expression, zone, from, count ?? DEFAULT_COUNT)));
  }
}

/** Runs as a person would want to see them; `expression` is null for a schedule that does not recur. */
export function describeRuns(
  expression: CronExpression | null,
  zone: TimeZone,
  runs: readonly EpochMs[],
): DescribedOccurrence[] {
  return runs.map((at) => describeOccurrence(expression, zone, at));
}
