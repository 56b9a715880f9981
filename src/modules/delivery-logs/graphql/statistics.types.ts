import { Field, Float, Int, ObjectType, registerEnumType } from '@nestjs/graphql';
import { ScheduleStatus, ScheduleType } from '../../../core/scheduling/schedule-words.js';
import { StatisticsInterval } from '../../../core/statistics/bucket-starts.js';
import { DateTime } from '../../../platform/graphql/scalars.js';
import { RateLimitStatusType } from '../../channels/index.js';

registerEnumType(StatisticsInterval, { name: 'StatisticsInterval' });

@ObjectType('DeliveryStatistics', {
  description: 'Deliveries by status; those that wait for a limit or a retry count as pending.',
})
export class DeliveryStatisticsType {
  @Field(() => Int)
  total: number;

  @Field(() => Int)
  pending: number;

  @Field(() => Int)
  sending: number;

  @Field(() => Int)
  sent: number;

  @Field(() => Int)
  delivered: number;

  @Field(() => Int)
  read: number;

  @Field(() => Int)
  failed: number;

  @Field(() => Int)
  uncertain: number;

  @Field(() => Int)
  cancelled: number;

  @Field(() => Int)
  expired: number;

  @Field(() => Int)
  suppressed: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'From 0 to 1: sent, delivered and read among these and the failed, expired and uncertain ones; null while there is none.',
  })
  successRate: number | null;
}

@ObjectType('StatisticsBucket')
export class StatisticsBucketType {
  @Field(() => DateTime)
  start: Date;

  @Field(() => DeliveryStatisticsType)
  statistics: DeliveryStatisticsType;

  @Field(() => Float, { nullable: true, description: 'From dueAt to sentAt, over those that were sent.' })
  averageDelaySeconds: number | null;

  @Field(() => Float, { nullable: true })
  maxDelaySeconds: number | null;
}

@ObjectType('StatusCount')
export class StatusCountType {
  @Field(() => ScheduleStatus)
  status: ScheduleStatus;

  @Field(() => Int)
  count: number;
}

@ObjectType('TypeCount')
export class TypeCountType {
  @Field(() => ScheduleType)
  type: ScheduleType;

  @Field(() => Int)
  count: number;
}

@ObjectType('SchedulerStatus')
export class SchedulerStatusType {
  @Field(() => Boolean, {
    description: 'Some process of this installation sends: this one, or another one that is connected.',
  })
  running: boolean;

  @Field(() => Int)
  totalSchedules: number;

  @Field(() => [StatusCountType])
  byStatus: StatusCountType[];

  @Field(() => [TypeCountType])
  byType: TypeCountType[];

  @Field(() => Int, { description: 'Timers registered in this process.' })
  activeJobs: number;

  @Field(() => Int, { description: 'Due and not yet handed to a gateway, without the deliveries of paused schedules.' })
  queueDepth: number;

  @Field(() => Int, { description: 'Those of them that have been due for more than 60 seconds.' })
  overdue: number;

  @Field(() => DateTime, { nullable: true })
  oldestDueAt: Date | null;

  @Field(() => [RateLimitStatusType])
  rateLimits: RateLimitStatusType[];
}
