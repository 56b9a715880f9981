import { Injectable } from '@nestjs/common';
import { parseTimeZone } from '../../../core/recurrence/time-zone.js';
import {
  bucketStarts,
  MAX_BUCKETS,
  type BucketProblem,
  type StatisticsInterval,
} from '../../../core/statistics/bucket-starts.js';
import {
  NO_DELIVERIES,
  statisticsOf,
  type DeliveryCounts,
  type DeliveryStatistics,
} from '../../../core/statistics/delivery-counts.js';
import { err, ok, type Result } from '../../../core/values/result.js';
import { invalid, type Refusal } from '../../../core/values/refusal.js';
import { isId } from '../../../platform/database/ids.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { StatisticsRepository } from '../persistence/statistics.repository.js';

/** A question for statistics over time; `to` is exclusive. */
export interface StatisticsQuestion {
  readonly from: Date;
  readonly to: Date;
  readonly interval: StatisticsInterval;
  /** IANA zone whose hours and days the buckets are. */
  readonly timeZone: string;
  readonly channelId?: string | null | undefined;
  readonly scheduleId?: string | null | undefined;
}

/** The deliveries that were due between two instants. */
export interface StatisticsBucket {
  readonly start: Date;
  readonly statistics: DeliveryStatistics;
  readonly averageDelaySeconds: number | null;
  readonly maxDelaySeconds: number | null;
}

const PROBLEMS: Record<BucketProblem, { readonly message: string; readonly rule: string }> = {
  empty: { message: 'must be after from', rule: 'after' },
  tooMany: { message: `makes more than ${MAX_BUCKETS} intervals`, rule: 'maxBuckets' },
};

/** Counts deliveries by status, over schedules, runs and time. */
@Injectable()
export class DeliveryStatisticsService {
  constructor(private readonly statistics: StatisticsRepository) {}

  /** By schedule; each id gets an answer. */
  async ofSchedules(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, DeliveryStatistics>> {
    return complete(scheduleIds, await this.statistics.ofSchedules(scope, scheduleIds));
  }

  /** By run; each id gets an answer. */
  async ofRuns(scope: TenantScope, runIds: readonly string[]): Promise<Map<string, DeliveryStatistics>> {
    return complete(runIds, await this.statistics.ofRuns(scope, runIds));
  }

  /** By due time, an answer for every interval from `from` to `to`, those without deliveries included. */
  async overTime(scope: TenantScope, question: StatisticsQuestion): Promise<Result<StatisticsBucket[], Refusal>> {
    const zone = parseTimeZone(question.timeZone);
    if (!zone.ok) throw new Error(`a time zone that was not checked: ${question.timeZone}`);
    const [from, to] = [question.from.getTime(), question.to.getTime()];
    const starts = bucketStarts(from, to, question.interval, zone.value);
    if (!starts.ok) return err(invalid([{ field: 'to', ...PROBLEMS[starts.error] }]));
    const { channelId, scheduleId } = question;
    const canMatch = [channelId, scheduleId].every((id) => typeof id !== 'string' || isId(id));
    const buckets = canMatch
      ? await this.statistics.buckets(scope, {
          starts: starts.value,
          from,
          to,
          ...(typeof channelId === 'string' ? { channelId } : {}),
          ...(typeof scheduleId === 'string' ? { scheduleId } : {}),
        })
      : new Map<number, never>();
    return ok(
      starts.value.map((start, place) => {
        const { counts, averageDelaySeconds, maxDelaySeconds } = buckets.get(place) ?? EMPTY_BUCKET;
        return { start: new Date(start), statistics: statisticsOf(counts), averageDelaySeconds, maxDelaySeconds };
      }),
    );
  }
}

const EMPTY_BUCKET = { counts: NO_DELIVERIES, averageDelaySeconds: null, maxDelaySeconds: null };

function complete(
  ids: readonly string[],
  counts: ReadonlyMap<string, DeliveryCounts>,
): Map<string, DeliveryStatistics> {
  return new Map(ids.map((id) => [id, statisticsOf(counts.get(id) ?? NO_DELIVERIES)]));
}
