import { Args, ID, Query, Resolver } from '@nestjs/graphql';
import { StatisticsInterval } from '../../../core/statistics/bucket-starts.js';
import type { TenantScope } from '../../../platform/database/tenant-scope.js';
import { Scope } from '../../../platform/graphql/context.js';
import { orRefuse } from '../../../platform/graphql/errors.js';
import { DateTime, TimeZone } from '../../../platform/graphql/scalars.js';
import { ChannelsService } from '../../channels/index.js';
import { TenantsService } from '../../tenants/index.js';
import { DeliveryStatisticsService } from '../application/delivery-statistics.service.js';
import { SchedulerStatusService } from '../application/scheduler-status.service.js';
import { SchedulerStatusType, StatisticsBucketType } from './statistics.types.js';

@Resolver()
export class StatisticsResolver {
  constructor(
    private readonly statistics: DeliveryStatisticsService,
    private readonly scheduler: SchedulerStatusService,
    private readonly channels: ChannelsService,
    private readonly tenants: TenantsService,
  ) {}

  @Query(() => [StatisticsBucketType], {
    description:
      'Deliveries by due time, one bucket for each minute, hour or day of the time zone, those without deliveries included; ' +
      'at most 2,000 buckets. Test sends do not count.',
  })
  async deliveryStatistics(
    @Scope() scope: TenantScope,
    @Args('from', { type: () => DateTime }) from: Date,
    @Args('to', { type: () => DateTime, description: 'Exclusive.' }) to: Date,
    @Args('interval', { type: () => StatisticsInterval }) interval: StatisticsInterval,
    @Args('timeZone', { type: () => TimeZone, nullable: true, description: "Default: the tenant's." })
    timeZone?: string | null,
    @Args('channelId', { type: () => ID, nullable: true }) channelId?: string | null,
    @Args('scheduleId', { type: () => ID, nullable: true }) scheduleId?: string | null,
  ): Promise<StatisticsBucketType[]> {
    const zone = timeZone ?? (await this.tenants.profile(scope)).timeZone;
    return orRefuse(
      await this.statistics.overTime(scope, { from, to, interval, timeZone: zone, channelId, scheduleId }),
    );
  }

  @Query(() => SchedulerStatusType)
  async schedulerStatus(@Scope() scope: TenantScope): Promise<SchedulerStatusType> {
    const [status, channels] = await Promise.all([this.scheduler.status(scope), this.channels.list(scope)]);
    const ids = channels.map((channel) => channel.id);
    const limits = await this.channels.rateLimitStatuses(scope, ids);
    return {
      ...status,
      byStatus: [...status.byStatus],
      byType: [...status.byType],
      rateLimits: ids.flatMap((id) => limits.get(id) ?? []),
    };
  }
}
