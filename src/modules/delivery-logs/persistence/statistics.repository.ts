import { Injectable } from '@nestjs/common';
import {
  addCount,
  NO_DELIVERIES,
  type CountedStatus,
  type DeliveryCounts,
} from '../../../core/statistics/delivery-counts.js';
import type { EpochMs } from '../../../core/values/time.js';
import { Database } from '../../../platform/database/database.js';
import { Parameters } from '../../../platform/database/sql.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';

/** Deliveries of one bucket, with how late they went to the gateway. */
export interface BucketCounts {
  readonly counts: DeliveryCounts;
  /** Seconds from dueAt to sentAt, over those that were sent; null when none was. */
  readonly averageDelaySeconds: number | null;
  readonly maxDelaySeconds: number | null;
}

/** Which deliveries the buckets are about; `to` is exclusive. */
export interface BucketQuestion {
  readonly starts: readonly EpochMs[];
  readonly from: EpochMs;
  readonly to: EpochMs;
  readonly channelId?: string;
  readonly scheduleId?: string;
}

/** Only a delivery that is being sent needs the queue to tell; every other state is counted as the log has it. */
const COUNTED = `deliveries d LEFT JOIN delivery_queue q
    ON q.tenant_id = d.tenant_id AND q.delivery_id = d.id AND q.state = 'sending'`;
/** NULL while it was not sent; a provider's clock may be behind ours. */
const DELAY = `CASE WHEN d.sent_at IS NOT NULL THEN greatest(0, extract(epoch FROM d.sent_at - d.due_at))::float8 END`;
const STATUS = `CASE WHEN q.delivery_id IS NULL THEN d.status::text ELSE 'sending' END`;

/** Counts deliveries; nothing is counted ahead, so no row grows hot. */
@Injectable()
export class StatisticsRepository {
  constructor(private readonly database: Database) {}

  ofSchedules(scope: TenantScope, scheduleIds: readonly string[]): Promise<Map<string, DeliveryCounts>> {
    return this.grouped(scope, 'schedule_id', scheduleIds);
  }

  ofRuns(scope: TenantScope, runIds: readonly string[]): Promise<Map<string, DeliveryCounts>> {
    return this.grouped(scope, 'run_id', runIds);
  }

  /** By the place of the bucket in `starts`; a bucket without deliveries is missing. Test sends do not count. */
  async buckets(scope: TenantScope, question: BucketQuestion): Promise<Map<number, BucketCounts>> {
    const parameters = new Parameters();
    const starts = parameters.add(question.starts.map((at) => new Date(at)));
    const conditions = [
      `d.tenant_id = ${parameters.add(scope.tenantId)}`,
      `d.due_at >= ${parameters.add(new Date(question.from))}`,
      `d.due_at < ${parameters.add(new Date(question.to))}`,
    ];
    if (question.channelId !== undefined) conditions.push(`d.channel_id = ${parameters.add(question.channelId)}`);
    if (question.scheduleId !== undefined) conditions.push(`d.schedule_id = ${parameters.add(question.scheduleId)}`);
    const rows = await this.database.query<BucketRow>(
      `SELECT width_bucket(d.due_at, ${starts}::timestamptz[]) - 1 AS bucket, ${STATUS} AS status, count(*)::int AS count,
              count(d.sent_at)::int AS "sentCount", sum(${DELAY}) AS "delaySum", max(${DELAY}) AS "delayMax"
         FROM ${COUNTED}
         JOIN schedules s ON s.tenant_id = d.tenant_id AND s.id = d.schedule_id AND NOT s.is_test
        WHERE ${conditions.join(' AND ')} GROUP BY 1, 2`,
      parameters.values,
    );
    return toBuckets(rows);
  }

  private async grouped(
    scope: TenantScope,
    key: 'schedule_id' | 'run_id',
    ids: readonly string[],
  ): Promise<Map<string, DeliveryCounts>> {
    const rows = await this.database.query<{ id: string; status: CountedStatus; count: number }>(
      `SELECT d.${key} AS id, ${STATUS} AS status, count(*)::int AS count FROM ${COUNTED}
        WHERE d.tenant_id = $1 AND d.${key} = ANY ($2::uuid[]) GROUP BY 1, 2`,
      [scope.tenantId, ids],
    );
    const counts = new Map<string, DeliveryCounts>();
    for (const { id, status, count } of rows) counts.set(id, addCount(counts.get(id) ?? NO_DELIVERIES, status, count));
    return counts;
  }
}

interface BucketRow {
  readonly bucket: number;
  readonly status: CountedStatus;
  readonly count: number;
  readonly sentCount: number;
  readonly delaySum: number | null;
  readonly delayMax: number | null;
}

function toBuckets(rows: readonly BucketRow[]): Map<number, BucketCounts> {
  const byBucket = new Map<number, BucketRow[]>();
  for (const row of rows) byBucket.set(row.bucket, [...(byBucket.get(row.bucket) ?? []), row]);
  return new Map([...byBucket].map(([bucket, group]) => [bucket, toBucket(group)]));
}

function toBucket(rows: readonly BucketRow[]): BucketCounts {
  const counts = rows.reduce((sum, row) => addCount(sum, row.status, row.count), NO_DELIVERIES);
  const sent = rows.filter((row) => row.sentCount > 0);
  if (sent.length === 0) return { counts, averageDelaySeconds: null, maxDelaySeconds: null };
  const sentCount = sent.reduce((sum, row) => sum + row.sentCount, 0);
  const delaySum = sent.reduce((sum, row) => sum + (row.delaySum ?? 0), 0);
  return {
    counts,
    averageDelaySeconds: delaySum / sentCount,
    maxDelaySeconds: Math.max(...sent.map((row) => row.delayMax ?? 0)),
  };
}
