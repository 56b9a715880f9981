import { Injectable } from '@nestjs/common';
import { nextRuns } from '../../../core/recurrence/next-occurrence.js';
import { readCron } from '../../../core/scheduling/schedule-timing.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
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
  compute({ cronExpression, timeZone, count, after }: NextRunsQuestion): Result<Date[], Refusal> {
    const { expression, violations } = readCron(cronExpression, 'cronExpression');
    const zone = zoneOf(timeZone);
    if (expression === null) return err(invalid(violations));
    if (zone === null) throw new Error('a zone that was checked is not known');
    const from = after?.getTime() ?? this.clock.nowMs();
    return ok(nextRuns(expression, zone, from, count ?? DEFAULT_COUNT).map((at) => new Date(at)));
  }
}
